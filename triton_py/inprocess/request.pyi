# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from collections.abc import Sequence
from typing import Any

from triton_py.inprocess.queue import CompletionQueue
from triton_py.inprocess.server import NativeServer

#: ``flags`` bits (TRITONSERVER_RequestFlag).
SEQUENCE_START: int
SEQUENCE_END: int

class NativeRequest:
    """One inference request. Sent once; to send again, make another."""

    def __init__(self, server: NativeServer, model: str, version: int = -1) -> None: ...
    id: str
    flags: int
    priority: int  #: unsigned 64 bit; 0 is the model's default
    timeout_us: int
    correlation_id: int | str
    @property
    def in_flight(self) -> bool: ...
    @property
    def released(self) -> bool:
        """The core gave the request back, and the draining side has seen that."""
    @property
    def cancelled(self) -> bool: ...
    def set_parameter(self, name: str, value: str | bool | float) -> None: ...
    def add_input(self, name: str, datatype: str, shape: Sequence[int]) -> None: ...
    def add_raw_input(self, name: str) -> None:
        """The request's single input, whose type and shape the model's config gives."""
    def append_input_data(self, name: str, buffer: Any) -> None:
        """Appends the bytes of a C-contiguous buffer without a copy. The buffer is held until the
        core has released the request."""
    def append_input_pointer(
        self,
        name: str,
        address: int,
        byte_size: int,
        memory_type: int = 0,
        memory_type_id: int = 0,
        owner: Any = None,
    ) -> None:
        """Appends memory by address; ``owner`` is kept alive until the core has released the request."""
    def add_requested_output(self, name: str) -> None: ...
    def submit(self, queue: CompletionQueue, cookie: Any = None) -> None:
        """TRITONSERVER_ServerInferAsync. After an error the request is as before and no response
        comes; after success its responses arrive at ``queue`` with ``cookie`` (the request itself
        if None)."""
    def cancel(self) -> None:
        """Asks for cancellation. The responses still come. Nothing happens to a request that is not
        in flight."""
