# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Load and unload operations: one at a time per model, in the order they were asked for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from typing import Self

from triton_py.errors import CancelledError, InvalidArgumentError, TritonError, UnavailableError

OUTDATED = (
    "Newer operation has been applied to the model lifecycle, current load operation is out-dated."
)


class Kind(Enum):
    LOAD = auto()
    UNLOAD = auto()


class Operation:
    """A place in a model's queue; used as a context manager around the work.

    Entering waits for the operations before it. A load gives up (``check`` raises) once an unload
    of the same model has been asked for, or the server stops; past ``commit`` it can't be given
    up any more.
    """

    def __init__(self, operations: Operations, name: str, kind: Kind) -> None:
        self.name = name
        self.kind = kind
        self._operations = operations
        self._given_up: TritonError | None = None
        self._committed = False

    def __enter__(self) -> Self:
        self._operations._wait_turn(self)
        return self

    def __exit__(self, *error: object) -> None:
        self.done()

    def done(self) -> None:
        """Leave the queue; the next operation's turn comes."""
        self._operations._leave(self)

    def abandon(self) -> None:
        """Whoever asked for this operation has gone: have it give up, and leave the queue."""
        self._operations._abandon(self)

    def check(self) -> None:
        """Raise when this operation is to give up.

        Raises:
            InvalidArgumentError: a newer unload.
            UnavailableError: the server stops.
            CancelledError: nobody waits for it any more.
        """
        self._operations._check(self)

    def given_up(self) -> bool:
        """Whether ``check`` raises."""
        with self._operations._changed:
            return self._given_up is not None

    def commit(self) -> None:
        """From here on the operation carries through; raises as ``check`` where it is too late."""
        self._operations._check(self, commit=True)


class Operations:
    """The queues of operations, one per model name that has any.

    Thread safety: ``_changed``'s lock guards everything here and in every ``Operation``; it is held
    for a few assignments only, and no other lock is taken under it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queues: dict[str, deque[Operation]] = {}
        self._closed = False

    def begin(self, names: Sequence[str], kind: Kind) -> list[Operation]:
        """Queue one operation for each name, all at once, so that two callers can't interlock.

        Every operation must be entered, or ended by ``done``.

        Raises:
            UnavailableError: the server stops.
        """
        with self._changed:
            if self._closed:
                raise UnavailableError("Server exiting")
            return [self._queue(name, kind) for name in names]

    def close(self) -> None:
        """Accept no more operations; loads in progress give up at their next step."""
        with self._changed:
            self._closed = True
            for queue in self._queues.values():
                for operation in queue:
                    _give_up(operation, UnavailableError("Server exiting"))
            self._changed.notify_all()

    def active(self) -> int:
        """How many operations are queued or under way."""
        with self._changed:
            return sum(len(queue) for queue in self._queues.values())

    def wait_idle(self, timeout: float) -> bool:
        """Wait until no operation is left, at most ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queues, timeout)

    def _queue(self, name: str, kind: Kind) -> Operation:
        queue = self._queues.setdefault(name, deque())
        if kind is Kind.UNLOAD:
            for older in queue:
                _give_up(older, InvalidArgumentError(OUTDATED))
            self._changed.notify_all()
        operation = Operation(self, name, kind)
        queue.append(operation)
        return operation

    def _wait_turn(self, operation: Operation) -> None:
        with self._changed:
            queue = self._queues[operation.name]
            self._changed.wait_for(lambda: queue[0] is operation or operation._given_up is not None)
            if operation._given_up is not None:
                self._remove(operation)
                raise operation._given_up

    def _leave(self, operation: Operation) -> None:
        with self._changed:
            self._remove(operation)

    def _abandon(self, operation: Operation) -> None:
        with self._changed:
            _give_up(operation, CancelledError("the load was interrupted"))
            self._remove(operation)

    def _remove(self, operation: Operation) -> None:
        queue = self._queues.get(operation.name)
        if queue is None or operation not in queue:
            return
        queue.remove(operation)
        if not queue:
            del self._queues[operation.name]
        self._changed.notify_all()

    def _check(self, operation: Operation, commit: bool = False) -> None:
        with self._changed:
            if operation._given_up is not None:
                raise operation._given_up
            operation._committed = operation._committed or commit


def _give_up(operation: Operation, error: TritonError) -> None:
    if operation.kind is Kind.LOAD and not operation._committed and operation._given_up is None:
        operation._given_up = error
