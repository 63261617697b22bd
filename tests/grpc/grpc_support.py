# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A gRPC front end in this process, on an event loop of its own."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
import uvloop

import triton_py
from triton_py.grpc import GrpcOptions, GrpcServer, Transport
from triton_py.inprocess import NativeServer, Options, live_objects
from triton_py.proto import grpc_service as pb

T = TypeVar("T")

SCRIPTED = Path(__file__).resolve().parents[1] / "inprocess" / "scripted.c"

ECHO = """backend: "identity"
input { name: "INPUT0" data_type: TYPE_UINT8 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_UINT8 dims: [ -1 ] }
parameters { key: "echo_parameters" value { string_value: "true" } }
instance_group { count: 2 }
"""

SCRIPTED_CONFIG = """backend: "scripted"
input { name: "IN" data_type: TYPE_UINT8 dims: [ -1 ] }
output [ { name: "COPY" data_type: TYPE_UINT8 dims: [ -1 ] },
         { name: "ADDRESSES" data_type: TYPE_UINT64 dims: [ 2 ] } ]
instance_group { count: 2 }
"""

REPEAT = """backend: "repeat"
model_transaction_policy { decoupled: true }
input [ { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
        { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
        { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
         { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] } ]
"""


def write_repository(place: Path) -> Path:
    """echo, repeat, and the scripted backend twice: ``decoupled`` and ``single``."""
    library = place / "libtriton_scripted.so"
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-pthread",
         f"-I{triton_py.get_include()}", str(SCRIPTED), "-o", str(library)],
        check=True,
    )
    policy = "model_transaction_policy { decoupled: true }\n"
    for name, config in (("echo", ECHO), ("repeat", REPEAT),
                         ("single", SCRIPTED_CONFIG), ("decoupled", SCRIPTED_CONFIG + policy)):
        (place / name / "1").mkdir(parents=True)
        (place / name / "config.pbtxt").write_text(config)
        if name in ("single", "decoupled"):
            (place / name / library.name).write_bytes(library.read_bytes())
    library.unlink()
    return place


class Loop:
    """An event loop in a thread, as the command line's is in the main thread."""

    def __init__(self, transport: Transport = Transport.NGHTTP2) -> None:
        #: Of the front ends that start on it, unless they ask for another.
        self.transport = transport
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def native_server(repository: Path) -> Iterator[NativeServer]:
    options = Options()
    options.set_model_repository_path(str(repository))
    options.set_log_info(False)
    server = NativeServer(options)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def front_end(loop: Loop, server: NativeServer, *, access_log: Any = None, **options: Any
              ) -> Iterator[tuple[GrpcServer, str]]:
    """A started front end and its address; it is stopped at the end, if it isn't by then."""
    async def make() -> tuple[GrpcServer, str]:
        front = GrpcServer(server, GrpcOptions(**{"port": 0, "transport": loop.transport, **options}),
                           access_log=access_log)
        return front, await front.start()

    front, address = loop.run(make())
    try:
        yield front, address
    finally:
        loop.run(front.stop(5))


def requests_now() -> int:
    """Live requests that stay: neither what garbage holds, nor lone answers, which are sent without the
    loop. It learns of those within a second, and lets go of their requests then."""
    gc.collect()
    count, since = live_objects()["request"], time.monotonic()
    while count and time.monotonic() - since < 1.5:
        time.sleep(0.01)
        if live_objects()["request"] != count:
            count, since = live_objects()["request"], time.monotonic()
    return count


def request(model: str, data: bytes = b"abc", name: str = "INPUT0", **parameters: Any) -> Any:
    message = pb.ModelInferRequest(model_name=model, id=parameters.pop("id", ""))
    message.inputs.add(name=name, datatype="UINT8", shape=[len(data)])
    message.raw_input_contents.append(data)
    for key, value in parameters.items():
        kind = "bool_param" if isinstance(value, bool) else (
            "int64_param" if isinstance(value, int) else "string_param")
        setattr(message.parameters[key], kind, value)
    return message


def scripted(model: str, *, outputs: tuple[str, ...] = ("COPY",), **parameters: Any) -> Any:
    message = request(model, name="IN", **parameters)
    for output in outputs:
        message.outputs.add(name=output)
    return message


def infer(channel: grpc.Channel, message: Any, **kwargs: Any) -> Any:
    method = pb.METHODS["ModelInfer"]
    return channel.unary_unary(
        method.path, method.request.SerializeToString, method.response.FromString
    )(message, **{"timeout": 30, **kwargs})


def stream(channel: grpc.Channel, messages: Iterator[Any], **kwargs: Any) -> Any:
    method = pb.METHODS["ModelStreamInfer"]
    return channel.stream_stream(
        method.path, method.request.SerializeToString, method.response.FromString
    )(messages, **{"timeout": 30, **kwargs})
