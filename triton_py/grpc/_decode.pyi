# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Any

from triton_py.errors import InvalidArgumentError
from triton_py.grpc._received import Received

class MalformedMessage(InvalidArgumentError): ...

class InferRequest:
    message: bytes | Received | None
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    def describe(self) -> dict[str, Any]: ...

def decode_request(
    message: bytes | Received, max_tensors: int = 4096, max_parameters: int = 1024
) -> InferRequest: ...
