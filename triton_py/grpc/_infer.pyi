# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.grpc._decode import InferRequest
from triton_py.inprocess.request import NativeRequest
from triton_py.inprocess.response import NativeResponse

def fill(
    request: NativeRequest, message: InferRequest, received_ns: int = 0
) -> tuple[bool, dict[str, int]]: ...
def response_bytes(
    response: NativeResponse, stream: bool = False, final: bool | None = None
) -> bytes: ...
