# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is wrong with a model configuration, and where."""

from __future__ import annotations

from triton_py.errors import InvalidArgumentError

_MAX_LENGTH = 1000


def _one_line(text: str) -> str:
    """Names and paths may be long and hold anything; an error is one printable line."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:_MAX_LENGTH])
    return f"{shown}..." if len(text) > _MAX_LENGTH else shown


class ConfigError(InvalidArgumentError):
    """A model configuration that can't be used.

    `reason` is the sentence alone. `file`, `line`, `column` (both counted from 1) and `field` (a
    path such as `input[0].dims[1]`) are None where they aren't known; those that are stand in front
    of the reason in the error's text.
    """

    def __init__(
        self,
        reason: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
        prefix: str = "",
    ) -> None:
        reason = self.reason = _one_line(reason)
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        if file is not None:
            parts = (_one_line(file), line, column)
            place = ":".join(str(part) for part in parts if part is not None)
        else:
            place = f"line {line}, column {column}" if line is not None else ""
        super().__init__(f"{prefix}{place}: {reason}" if place else f"{prefix}{reason}")
