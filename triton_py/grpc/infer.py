# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``ModelInfer``, and what it shares with ``ModelStreamInfer``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from triton_py.errors import InternalError, InvalidArgumentError, UnsupportedError
from triton_py.grpc._decode import InferRequest, decode_request
from triton_py.grpc._infer import fill, response_bytes
from triton_py.grpc._received import Received
from triton_py.grpc.options import GrpcOptions
from triton_py.grpc.versions import parse_version
from triton_py.inprocess import AsyncBridge, NativeRequest, NativeResponse, NativeServer
from triton_py.tracing._tracer import Tracer, TraceSample, now

#: Bit of ``NativeServer.transaction_properties``.
DECOUPLED = 2
#: Bit of ``NativeServer.batch_properties``.
FIRST_DIMENSION = 2

RESERVED = frozenset({
    "sequence_id", "sequence_start", "sequence_end", "priority", "timeout", "headers",
    "binary_data_output",
})

Metadata = Iterable[tuple[str, "str | bytes"]]


class Inference:
    """Turns received bytes into requests of the core, and its responses into bytes to send."""

    def __init__(self, server: NativeServer, bridge: AsyncBridge, options: GrpcOptions,
                 tracer: Tracer | None = None) -> None:
        self.server = server
        self.bridge = bridge
        self.tracer = tracer
        self._max_tensors = options.max_tensors
        self._max_parameters = options.max_parameters
        pattern = options.header_forward_pattern
        self._forward = re.compile(pattern, re.IGNORECASE) if pattern else None

    def decode(self, data: bytes | Received) -> InferRequest:
        return decode_request(data, self._max_tensors, self._max_parameters)

    def is_decoupled(self, message: InferRequest) -> bool:
        properties = self.server.transaction_properties(
            message.name, parse_version(message.version)
        )
        return bool(properties & DECOUPLED)

    def build(
        self, message: InferRequest, metadata: Metadata, since: int
    ) -> tuple[NativeRequest, bool, dict[str, int]]:
        """The core's request, whether the client wants a decoupled model's empty final response,
        and the number of classes it wants of which outputs.

        ``since``: when the message began to be received, in nanoseconds on the monotonic clock.
        """
        request = NativeRequest(self.server, message.name, parse_version(message.version))
        empty_final, classes = fill(request, message, since)
        if self._forward is not None:
            for name, value in self.forwarded(metadata):
                request.set_parameter(name, value)
        return request, empty_final, classes

    def encode(self, response: NativeResponse, classes: dict[str, int],
               stream: bool = False, final: bool | None = None) -> bytes:
        """A response without error as the bytes to send."""
        if not classes:
            return response_bytes(response, stream, final)
        properties = self.server.batch_properties(response.model_name, response.model_version)
        batched = bool(properties & FIRST_DIMENSION)
        # numpy, which only this needs, is a fifth of a server's memory at rest.
        from triton_py.grpc.classify import classified_bytes

        return classified_bytes(response, classes, batched, stream, final)

    @property
    def forwards(self) -> bool:
        """Whether any metadata becomes parameters."""
        return self._forward is not None

    def forwarded(self, metadata: Metadata) -> Iterator[tuple[str, str]]:
        """The parameters that metadata become. Raises for names and values that can't."""
        assert self._forward is not None
        for name, value in metadata:
            if not self._forward.search(name):
                continue
            if name in RESERVED or name.startswith("triton_"):
                raise InvalidArgumentError(
                    f"Header '{name}' is reserved for Triton usage and cannot be forwarded."
                )
            if isinstance(value, bytes):
                raise InvalidArgumentError(
                    f"Header '{name}' is binary and cannot be forwarded as a parameter."
                )
            yield name, value

    def trace(self, request: NativeRequest, model: str, metadata: Metadata, since: int
              ) -> TraceSample | None:
        """Begins the trace of a request that is sent next, if it is to be traced.

        ``since``: when the wait for it began. Whoever sends the request closes the sample when its
        answer is sent.
        """
        if self.tracer is None or not self.tracer.is_on:
            return None
        given: Mapping[str, str | bytes] = (
            dict(metadata) if self.tracer.is_propagating else {})
        parent, state = given.get("traceparent"), given.get("tracestate")
        sample = self.tracer.begin(model, parent if isinstance(parent, str) else None,
                                   state if isinstance(state, str) else None)
        if sample is not None:
            sample.stamp("GRPC_WAITREAD_START", since)
            sample.stamp("GRPC_WAITREAD_END")
            sample.attach(request)
        return sample

    async def unary(self, data: bytes, metadata: Metadata) -> bytes:
        """One request, one response. Raises the error that the status shall carry."""
        since = now()
        message = self.decode(data)
        if self.is_decoupled(message):
            raise UnsupportedError(
                "ModelInfer RPC doesn't support models with decoupled transaction policy"
            )
        request, _, classes = self.build(message, metadata, since)
        sample = self.trace(request, message.name, metadata, since)
        if sample is None:
            return self._answer(await self.bridge.infer(request), classes)
        try:
            responses = await self.bridge.infer(request)
            sample.stamp("INFER_RESPONSE_COMPLETE")
            sample.stamp("GRPC_SEND_START")
            try:
                return self._answer(responses, classes)
            finally:
                # What sends it is out of sight from here.
                sample.stamp("GRPC_SEND_END")
        finally:
            sample.close()

    def _answer(self, responses: list[NativeResponse], classes: dict[str, int]) -> bytes:
        if len(responses) != 1:
            raise InternalError(f"expected a single response, got {len(responses)}")
        error = responses[0].error
        if error is not None:
            raise error
        return self.encode(responses[0], classes)
