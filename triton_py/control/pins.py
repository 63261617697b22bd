# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Keeping a model open while somebody asks it something."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Pins:
    """Counts who looks at a model, so that it isn't closed under them.

    Requests have a count of their own in the data plane; this one is for questions (health,
    statistics), which may be asked at any time, the moment of an unload included.

    Thread safety: ``_changed``'s lock guards the rest; it isn't held while the questions are
    answered.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._ended = False

    @contextmanager
    def pin(self) -> Iterator[bool]:
        """Inside, the model stays open; yields False when it is closed already."""
        with self._changed:
            is_open = not self._ended
            self._count += is_open
        try:
            yield is_open
        finally:
            if is_open:
                with self._changed:
                    self._count -= 1
                    self._changed.notify_all()

    def end(self) -> None:
        """Let nobody in any more, and wait for those inside."""
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: self._count == 0)
