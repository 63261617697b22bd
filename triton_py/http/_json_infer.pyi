# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Any

def describe_json(
    text: bytes,
    *,
    max_input_bytes: int = ...,
    max_inputs: int = 1024,
    max_outputs: int = 1024,
) -> dict[str, Any]:
    """What the server reads out of an inference request's JSON.

    :raises HttpError: as the server would answer.
    """
