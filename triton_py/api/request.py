# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests as the user writes them."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from triton_py.api.enums import MemoryType
from triton_py.api.memory import DeviceOrMemoryType, parse_device
from triton_py.api.tensor import Tensor
from triton_py.errors import InvalidArgumentError, TritonError
from triton_py.inprocess import SEQUENCE_END, SEQUENCE_START, NativeRequest

if TYPE_CHECKING:
    from triton_py.api.model import Model

__all__ = ["InferenceRequest"]


@dataclass(kw_only=True)
class InferenceRequest:
    """One inference request; may be sent several times.

    The memory of the inputs is borrowed, not copied: don't change it before the responses are
    there.
    """

    model: Model = field(kw_only=False)
    request_id: str | None = None
    #: TRITONSERVER_RequestFlag bits; sequence_start and sequence_end add theirs.
    flags: int = 0
    sequence_start: bool = False
    sequence_end: bool = False
    correlation_id: int | str | None = None
    priority: int = 0
    #: Microseconds; 0 for the model's default.
    timeout: int = 0
    #: Input name -> anything Tensor.from_object takes.
    inputs: Mapping[str, Any] = field(default_factory=dict)
    #: The outputs to compute; all when None or empty.
    outputs: Sequence[str] | None = None
    parameters: Mapping[str, str | int | bool | float] = field(default_factory=dict)
    output_memory_type: DeviceOrMemoryType | None = None
    #: Receives every response too: a queue.SimpleQueue for infer, an asyncio.Queue for async_infer.
    response_queue: queue.SimpleQueue[Any] | asyncio.Queue[Any] | None = None

    def native(self) -> NativeRequest:
        """The C API's request, with this one's content, ready to be sent."""
        if self.output_memory_type is not None:
            memory_type, _ = parse_device(self.output_memory_type)
            if memory_type == MemoryType.GPU:
                raise InvalidArgumentError(
                    f"Memory type {self.output_memory_type} not supported: outputs are CPU memory"
                )
        request = NativeRequest(self.model.native_server, self.model.name, self.model.version)
        if self.request_id is not None:
            request.id = self.request_id
        flags = self.flags
        flags |= SEQUENCE_START if self.sequence_start else 0
        flags |= SEQUENCE_END if self.sequence_end else 0
        if flags:
            request.flags = flags
        if self.correlation_id is not None:
            request.correlation_id = self.correlation_id
        if self.priority:
            request.priority = self.priority
        if self.timeout:
            request.timeout_us = self.timeout
        for name, value in self.inputs.items():
            self._add_input(request, name, value)
        for name in self._requested_outputs():
            request.add_requested_output(name)
        for name, parameter in self.parameters.items():
            request.set_parameter(name, parameter)
        return request

    def _requested_outputs(self) -> Sequence[str]:
        if isinstance(self.outputs, str):
            raise InvalidArgumentError(
                f"outputs must be a list of names, not the string {self.outputs!r}"
            )
        return self.outputs or ()

    def _add_input(self, request: NativeRequest, name: str, value: Any) -> None:
        try:
            tensor = Tensor.from_object(value, self.model.expected_type(name, value))
        except TritonError as error:
            raise type(error)(f"input '{name}': {error.message}") from error
        request.add_input(name, tensor.data_type.name, tensor.shape)
        buffer = tensor.memory_buffer
        # The owner is held by the request until the core has released it.
        request.append_input_pointer(
            name,
            buffer.data_ptr,
            buffer.size,
            int(buffer.memory_type),
            buffer.memory_type_id,
            buffer.owner,
        )
