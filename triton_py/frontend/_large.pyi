# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Self

def kept() -> tuple[int, int]:
    """How many buffers wait to be used again, and how many bytes they have."""

def tick(now: float) -> None:
    """As a front end says that it is so late."""

class Opened:
    """A front end that is open, as a context manager."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

class Large:
    """A buffer, filled with one byte from its start to its end."""

    size: int
    def __init__(self, size: int) -> None: ...
    @property
    def address(self) -> int: ...
    def fill(self, byte: int) -> None: ...
    def holds(self, byte: int, count: int) -> bool:
        """Whether the first ``count`` bytes are that."""
    def grow(self, larger: int) -> None: ...
