# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the nghttp2 transport share."""

from __future__ import annotations

import time
from typing import Any

from grpc_support import request

from triton_py.proto import grpc_service as pb

OK, CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 0, 1, 3, 4, 5
RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 8, 12, 13, 14

KINDS = ("request", "response", "error", "output_buffer")


def wait_until(done: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def echo(data: bytes = b"abc", **parameters: Any) -> bytes:
    return request("echo", data, **parameters).SerializeToString()


def output(message: bytes) -> bytes:
    return pb.ModelInferResponse.FromString(message).raw_output_contents[0]
