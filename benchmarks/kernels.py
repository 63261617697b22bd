# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The inner parts of the data plane, each as a function that does one piece of work: for counting its
instructions (``instructions``), and for timing it
(``pytest tests/benchmarks/test_kernel_times.py``)."""

from __future__ import annotations

import struct
from collections.abc import Callable

from .load import bodies
from .scenarios import Tensor, tensors

#: A kernel's name -> what makes the function. What it needs is made before anything is measured.
Kernel = Callable[[], object]
KERNELS: dict[str, Callable[[], Kernel]] = {}


def _kernel(name: str) -> Callable[[Callable[[], Kernel]], Callable[[], Kernel]]:
    def add(make: Callable[[], Kernel]) -> Callable[[], Kernel]:
        KERNELS[name] = make
        return make

    return add


def _floats(count: int) -> tuple[Tensor, ...]:
    return tensors([f"INPUT0:FP32:{count}"])


@_kernel("http-parse")
def _http_parse() -> Kernel:
    from triton_py.http._parser import RequestParser

    body = bodies.http(_floats(16), ["OUTPUT0"])
    head = "".join(f"{name}: {value}\r\n" for name, value in body.headers().items())
    request = (f"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost:8000\r\n{head}"
               f"Content-Length: {len(body.data)}\r\n\r\n").encode() + body.data
    parser = RequestParser()
    return lambda: parser.feed(request)


@_kernel("json-read-16")
def _json_read() -> Kernel:
    from triton_py.http._json_infer import describe_json

    text = bodies.http(_floats(16), ["OUTPUT0"], "json").data
    return lambda: describe_json(text)


@_kernel("json-read-1024")
def _json_read_many() -> Kernel:
    from triton_py.http._json_infer import describe_json

    text = bodies.http(_floats(1024), ["OUTPUT0"], "json").data
    return lambda: describe_json(text)


@_kernel("json-write-1024")
def _json_write() -> Kernel:
    from triton_py.http._json_writer import tensor_json

    data = bodies.raw(_floats(1024)[0])
    return lambda: tensor_json("FP32", data, 1024)


@_kernel("grpc-decode")
def _grpc_decode() -> Kernel:
    from triton_py.grpc._decode import decode_request

    message = bodies.grpc("m", _floats(16)).data[5:]
    return lambda: decode_request(message)


@_kernel("grpc-decode-64-inputs")
def _grpc_decode_many() -> Kernel:
    from triton_py.grpc._decode import decode_request

    message = bodies.grpc("m", tensors(["INPUT*64:FP32:16"])).data[5:]
    return lambda: decode_request(message)


@_kernel("grpc-typed-1024")
def _grpc_typed() -> Kernel:
    from triton_py.grpc._decode import decode_request
    from triton_py.grpc._typed import typed_bytes

    message = bodies.grpc("m", tensors(["INPUT0:INT64:1024"]), "typed").data[5:]
    return lambda: typed_bytes(decode_request(message), 0)


@_kernel("grpc-encode")
def _grpc_encode() -> Kernel:
    from triton_py.grpc._encode import encode_response

    outputs = [("OUTPUT0", "FP32", (16,), struct.pack("<16f", *range(16)))]
    return lambda: encode_response("m", "1", "", {}, outputs)


def _batches(count: int) -> Kernel:
    """Looks at a queue of so many, as a worker does at each of their arrivals. The requests are made
    beforehand: how long malloc searches for them depends on what it was asked for before.
    """
    from triton_py.core.probe import QueueProbe

    probe = QueueProbe(32, delay_ns=1000, compare=True)
    for number in range(count):
        probe.push(1, number)

    def run() -> object:
        for number in range(count):
            decided = probe.decide(number)
        return decided

    return run


@_kernel("batch-8")
def _batch_few() -> Kernel:
    return _batches(8)


@_kernel("batch-128")
def _batch_many() -> Kernel:
    return _batches(128)


def count(times: int, mark: Callable[[], object]) -> None:
    """Runs each kernel so often, in the order of ``KERNELS``, with a mark before the first, between
    them and after the last."""
    for make in KERNELS.values():
        kernel = make()
        kernel()
        kernel()
        again = range(times)
        mark()
        for _ in again:
            kernel()
        mark()
