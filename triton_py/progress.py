# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model loading as it happens: the control plane publishes, whoever shows it subscribes.

``TRITONSERVER_ServerNew`` returns only when every start-up model is loaded or has failed, and says
nothing until then. This module belongs to neither side, so that the control plane needn't know
who listens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol


class LoadEvent(Protocol):
    """One model more is through with loading."""

    @property
    def name(self) -> str:
        """The model."""

    @property
    def loaded(self) -> int:
        """Models that are loaded by now, of this batch."""

    @property
    def failed(self) -> int:
        """Models that have failed by now, of this batch."""

    @property
    def total(self) -> int:
        """Models of this batch."""

    @property
    def error(self) -> Exception | None:
        """Why this model failed; ``None`` if it is loaded."""


_lock = threading.Lock()
_subscribers: list[Callable[[LoadEvent], None]] = []


def subscribe(function: Callable[[LoadEvent], None]) -> Callable[[], None]:
    """Calls ``function`` for every event from now on, on a thread that loads; returns the way out.

    The function must be quick and may be called from several threads at once.
    """
    with _lock:
        _subscribers.append(function)

    def unsubscribe() -> None:
        with _lock:
            if function in _subscribers:
                _subscribers.remove(function)

    return unsubscribe


def publish(event: LoadEvent) -> None:
    """Tells the subscribers; costs next to nothing where there are none."""
    with _lock:
        functions = list(_subscribers)
    for function in functions:
        function(event)
