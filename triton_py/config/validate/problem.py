# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A finding of validation, and what all rules share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

MAX_ELEMENTS = (1 << 63) - 1
VARIABLE = -1


class Problem(NamedTuple):
    """One rule that a configuration breaks: a full sentence, and the path of the field to blame.

    `detail` is said after the sentence, in brackets: what Triton's sentence leaves out.
    """

    reason: str
    field: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


Problems = Iterator[Problem]


def problem(reason: str, field: str, value: Any) -> Problem:
    """A problem whose sentence, often Triton's, doesn't say the field's value."""
    return Problem(reason, field, f"{field} is {value}")


def duplicates(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Index and name of each name that came before; missing names are another rule's business."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            yield index, name
        seen.add(name)


def element_count(dims: Sequence[int]) -> int:
    """Elements of a shape, of those dimensions alone that aren't variable; 1 for an empty shape."""
    count = 1
    for dim in dims:
        count *= dim if dim != VARIABLE else 1
    return count


def enum_name(message: Any, field: str) -> str:
    """The name of an enum field's value, or its number where it has none."""
    descriptor = message.DESCRIPTOR.fields_by_name[field]
    number = getattr(message, field)
    known = descriptor.enum_type.values_by_number.get(number)
    return known.name if known is not None else str(number)


def escapes(path: str) -> bool:
    """Whether a path relative to the model's folder leads out of it."""
    normal = os.path.normpath(path)
    return os.path.isabs(normal) or normal == ".." or normal.startswith("../")
