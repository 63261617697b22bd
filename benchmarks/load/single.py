# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One gRPC request, for what it answers."""

from __future__ import annotations

from triton_py.errors import UnavailableError
from triton_py.proto import grpc_service as pb

from .bodies import GRPC_STREAM_PATH, Body

#: Of the five bytes that gRPC puts in front of a message.
_PREFIX = 5
_SECONDS = 120


def grpc(port: int, body: Body) -> list[bytes]:
    """The outputs of each response, one behind the other.

    :param body: a call of ModelInfer, or a stream with one request.
    Raises ``UnavailableError``.
    """
    # Half a second; only who measures over gRPC needs it.
    import grpc as grpcio

    options = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
    message = body.data[_PREFIX:]
    with grpcio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        try:
            if body.path == GRPC_STREAM_PATH:
                stream = channel.stream_stream(
                    body.path, response_deserializer=pb.ModelStreamInferResponse.FromString)
                found = []
                for answer in stream(iter([message]), timeout=_SECONDS):
                    if answer.error_message:
                        raise UnavailableError(f"{body.path}: {answer.error_message}")
                    found.append(answer.infer_response)
            else:
                call = channel.unary_unary(
                    body.path, response_deserializer=pb.ModelInferResponse.FromString)
                found = [call(message, timeout=_SECONDS)]
        except grpcio.RpcError as error:
            raise UnavailableError(f"{body.path}: {error.code().name}: {error.details()}") from error
    return [b"".join(answer.raw_output_contents) for answer in found]
