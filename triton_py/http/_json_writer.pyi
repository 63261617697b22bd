# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
def tensor_json(datatype: str, data: bytes, count: int, name: str = "output") -> bytes:
    """A tensor's JSON text as the server writes it.

    :raises HttpError: JSON can't say what the tensor holds, or its bytes don't add up.
    """

def string_json(text: bytes) -> bytes:
    """A string's JSON text as the server writes it."""
