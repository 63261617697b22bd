# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model versions as clients write them."""

from __future__ import annotations

from triton_py.errors import InvalidArgumentError


def parse_version(text: str) -> int:
    """The version number; -1, "the server's choice", for an empty string."""
    if not text:
        return -1
    # Not int(): it takes "1_0", " 1" and other scripts' digits.
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        raise InvalidArgumentError(
            f"failed to get model version from specified version string '{text}', version should "
            "be an integral value > 0"
        )
    version = int(text)
    if not 0 <= version < 2**63:
        raise InvalidArgumentError(
            f"invalid model version specified '{text}' , version should be an integral value > 0"
        )
    return version
