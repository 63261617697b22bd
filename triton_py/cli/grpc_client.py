# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The same calls as ``http_client``, over gRPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import grpc

from triton_py.cli.access import Access
from triton_py.cli.errors import CliError
from triton_py.cli.tensors import Described, Tensor
from triton_py.proto import grpc_service as pb

_SERVICE = "/inference.GRPCInferenceService/"
_UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class GrpcClient:
    """One channel to a server; close it, or use it in a ``with`` block.

    :param url: ``host:port``, ``grpc://host:port``, ``grpcs://host:port`` or ``unix:PATH``; http
        and https will do as well.
    :param timeout: seconds for each call.
    """

    def __init__(self, url: str, timeout: float, access: Access | None = None) -> None:
        access = access or Access()
        scheme, separator, rest = url.partition("://")
        if not separator or scheme == "unix":
            scheme, rest = "grpc", url
        if scheme not in ("grpc", "grpcs", "http", "https"):
            raise CliError(f"--url {url}: expected host:port, grpcs://host:port or unix:PATH")
        secure = scheme.endswith("s")
        access.check(secure, url)
        self._where = rest.rstrip("/")
        self._timeout = timeout
        self._metadata = [(name.lower(), value) for name, value in access.headers.items()]
        self._channel = (
            grpc.secure_channel(self._where, access.credentials(), _UNLIMITED) if secure
            else grpc.insecure_channel(self._where, _UNLIMITED))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def inputs(self, model: str, version: str) -> list[Described]:
        """The model's inputs, from its metadata and its configuration's batch size."""
        metadata = self._call("ModelMetadata", pb.ModelMetadataRequest(name=model, version=version),
                              pb.ModelMetadataResponse)
        config = self._call("ModelConfig", pb.ModelConfigRequest(name=model, version=version),
                            pb.ModelConfigResponse)
        batched = config.config.max_batch_size > 0
        return [Described(i.name, i.datatype, tuple(i.shape), batched) for i in metadata.inputs]

    def infer(self, model: str, version: str, inputs: Sequence[Tensor], outputs: Sequence[str],
              request_id: str, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], list[Tensor]]:
        """Sends one request; returns the answer's other members and the outputs."""
        request = pb.ModelInferRequest(model_name=model, model_version=version, id=request_id)
        for name, value in parameters.items():
            field = request.parameters[name]
            if isinstance(value, bool):
                field.bool_param = value
            elif isinstance(value, int):
                field.int64_param = value
            elif isinstance(value, float):
                field.double_param = value
            else:
                field.string_param = value
        for tensor in inputs:
            request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
            request.raw_input_contents.append(tensor.data)
        for name in outputs:
            request.outputs.add(name=name)
        answer = self._call("ModelInfer", request, pb.ModelInferResponse)
        if len(answer.raw_output_contents) != len(answer.outputs):
            raise CliError(f"{self._where} answered {len(answer.outputs)} outputs with "
                           f"{len(answer.raw_output_contents)} tensors")
        reply = {"id": answer.id, "model_name": answer.model_name,
                 "model_version": answer.model_version,
                 "parameters": {name: getattr(value, value.WhichOneof("parameter_choice"))
                                for name, value in answer.parameters.items()
                                if value.WhichOneof("parameter_choice")}}
        return ({k: v for k, v in reply.items() if v},
                [Tensor(o.name, o.datatype, tuple(o.shape), raw)
                 for o, raw in zip(answer.outputs, answer.raw_output_contents, strict=True)])

    def _call(self, method: str, request: Any, answer: Any) -> Any:
        call = self._channel.unary_unary(
            _SERVICE + method, request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString)
        try:
            return call(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAVAILABLE and "connect" in error.details():
                raise CliError(f"no answer from {self._where}: {error.details()}; "
                               "is the server running there?") from None
            raise CliError(f"{error.details()} (gRPC {error.code().name})") from None
