# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of the form NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

from triton_py.cli.errors import UsageError


def pairs(items: Sequence[str], what: str) -> dict[str, str]:
    """
    :param what: what they are, for the errors: "--shape".
    :raises UsageError: without a name or a sign, or with one name twice.
    """
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError(f"{what} '{item}': expected name=value")
        if name in found:
            raise UsageError(f"{what} '{name}' is given twice")
        found[name] = value
    return found
