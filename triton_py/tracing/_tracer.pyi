# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from collections.abc import Iterable
from typing import Protocol

from triton_py.inprocess import NativeRequest
from triton_py.tracing.notes import Recorded, Spans

class Owner(Protocol):
    """Who decides what is traced."""

    def decide(
        self, model: str, traceparent: str | None, tracestate: str | None
    ) -> tuple[int, int, Spans | None, int] | None:
        """Whether one more request of a model is traced: the tag and level of its recording, where its
        spans belong and a random seed for their ids (``state`` as JSON that follows a
        ``traceparent`` member); None: it is not."""
    def lost(self, tag: int) -> None:
        """What was decided came to nothing. Does not block."""

class Tracer:
    """The gate that front ends ask, and the way back for recordings."""

    def __init__(self, owner: Owner) -> None: ...
    @property
    def is_on(self) -> bool: ...
    @property
    def is_propagating(self) -> bool: ...
    def switch(self, on: bool, propagates: bool) -> None: ...
    def set_models(self, models: Iterable[str]) -> None:
        """Those with settings of their own, which are counted on their own; nothing passes yet. All
        other requests, and settings by the name "", go together."""
    def skip_next(self, model: str, count: int) -> None:
        """So many requests without a trace context need no decision: none is traced."""
    def look(self, model: str) -> int:
        """How many passed without a decision since the last look. The next one needs one."""
    @property
    def backlog(self) -> int:
        """Bytes of complete recordings that were not taken yet."""
    def begin(
        self, model: str, traceparent: str | None = None, tracestate: str | None = None
    ) -> TraceSample | None:
        """For front ends in Python: None where the request isn't traced."""
    def take(self) -> Recorded | None:
        """Blocks, without the GIL, until a recording is complete or ``wake`` was called; the oldest
        one, or None. For one thread."""
    def wake(self) -> None: ...

class TraceSample:
    """The recording of one request, as long as its front end holds it."""

    def stamp(self, name: str, ns: int | None = None) -> None:
        """Notes that the front end did something, now or then. KeyError: not one of its names."""
    def attach(self, request: NativeRequest) -> None:
        """The request's ``submit`` will trace it."""
    def close(self) -> None:
        """The front end is done with the request. May be called more than once."""

def now() -> int:
    """Nanoseconds of the clock that traces are by."""
