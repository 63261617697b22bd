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
from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """What happened to a model."""

    #: It is going to be loaded; ``planned`` comes for every model of a batch before any other step.
    PLANNED = "planned"
    LOADING = "loading"
    LOADED = "loaded"
    FAILED = "failed"


@dataclass(frozen=True)
class LoadEvent:
    """One step of one model; ``reason`` is the sentence that goes with ``FAILED``."""

    step: Step
    model: str
    reason: str = ""


_lock = threading.Lock()
_subscribers: list[Callable[[LoadEvent], None]] = []


def subscribe(function: Callable[[LoadEvent], None]) -> Callable[[], None]:
    """Calls ``function`` for every event from now on, on the thread that loads; returns the way out.

    The function must be quick, must not raise, and may be called from several threads at once.
    """
    with _lock:
        _subscribers.append(function)

    def unsubscribe() -> None:
        with _lock:
            if function in _subscribers:
                _subscribers.remove(function)

    return unsubscribe


def publish(step: Step, model: str, reason: str = "") -> None:
    """Tells the subscribers; costs next to nothing where there are none."""
    with _lock:
        functions = list(_subscribers)
    for function in functions:
        function(LoadEvent(step, model, reason))
