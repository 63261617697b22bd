# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Any

from triton_py.inprocess.response import NativeResponse

#: Bit of ``flags`` that marks the last response of a request.
FINAL: int

class CompletionQueue:
    """Where the responses of submitted requests arrive.

    Filled by backend threads without the GIL. One wake-up per burst: the eventfd becomes readable
    when the queue stops being empty, not once per response.
    """

    def __init__(self) -> None: ...
    def fileno(self) -> int:
        """An eventfd for an event loop's ``add_reader``, owned by the queue; made on first use."""
    def wait(self, timeout: float | None = None) -> bool:
        """Blocks without the GIL until something is there (True) or the seconds are over (False)."""
    def drain(self) -> list[tuple[Any, NativeResponse | None, int]]:
        """All that arrived, oldest first, as (cookie, response, flags).

        A response of None with FINAL in flags ends a request that sent no (further) data. Released
        requests are settled in passing: their inputs' buffers are let go.
        """
    def __len__(self) -> int:
        """Events (responses and releases) waiting to be drained."""
    @property
    def in_flight(self) -> int:
        """Requests submitted to this queue that are not settled yet."""
    @property
    def wakeups(self) -> int:
        """How often a burst woke the owner; for tests and metrics."""
    def close(self) -> None:
        """Drops what is waiting. What is still in flight is settled later, and not reported."""

def collect() -> None:
    """Settles requests whose queue is gone."""
