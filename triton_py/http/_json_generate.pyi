# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Any

def generate_json(
    metadata: bytes, text: bytes, *, max_input_bytes: int = ...
) -> dict[str, Any]:
    """What the server reads out of a generate request's JSON, as ``describe_json`` has it.

    :raises HttpError: as the server would answer.
    """
