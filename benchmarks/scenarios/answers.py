# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What models that are no identity answer, computed here, so that a wrong answer is seen before anything
is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

#: A tensor's elements, flat.
Values = np.ndarray | list[bytes]

#: From the inputs to the outputs of each response.
Answer = Callable[[Sequence[Values]], list[list[Values]]]

#: Of the model python-stream, by its configuration.
RESPONSES = 1000


def _add_sub(given: Sequence[Values]) -> list[list[Values]]:
    a, b = map(np.asarray, given)
    return [[a + b, a - b]]


def _upper(given: Sequence[Values]) -> list[list[Values]]:
    return [[[bytes(text).upper() for text in one] for one in given]]


def _numbered(given: Sequence[Values]) -> list[list[Values]]:
    (one,) = map(np.asarray, given)
    return [[one + one.dtype.type(number)] for number in range(RESPONSES)]


def _times_eight(given: Sequence[Values]) -> list[list[Values]]:
    return [[np.asarray(one) * 2 * 2 * 2 for one in given]]


#: By the name that a scenario has for it.
ANSWERS: dict[str, Answer] = {
    "identity": lambda given: [list(given)],
    "add-sub": _add_sub,
    "upper": _upper,
    "numbered": _numbered,
    "times-eight": _times_eight,
}
