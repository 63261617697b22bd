# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A server in this process, on a uvloop loop of its own thread, over identity models."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64",
             "FP16", "FP32", "FP64", "BYTES", "BF16"]


def config_type(datatype: str) -> str:
    return "TYPE_STRING" if datatype == "BYTES" else f"TYPE_{datatype}"


def tensor(kind: str, name: str, datatype: str, dims: str = "-1") -> str:
    return f'{kind} [ {{ name: "{name}" data_type: {config_type(datatype)} dims: [ {dims} ] }} ]\n'


STREAMING = """model_transaction_policy { decoupled: true }
instance_group { count: 4 kind: KIND_CPU }
input [ { name: "PROMPT" data_type: TYPE_STRING dims: [ 1 ] optional: true } ]
output [ { name: "TEXT" data_type: TYPE_STRING dims: [ -1 ] } ]
"""

REPEAT = """model_transaction_policy { decoupled: true }
input [ { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
        { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
        { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
         { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] } ]
"""


def write_model(repository: Path, name: str, body: str, backend: str = "identity") -> None:
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "config.pbtxt").write_text(
        f'name: "{name}"\nbackend: "{backend}"\n{body}')


def write_streaming(repository: Path) -> None:
    """repeat; streaming, of the backend that streaming.c is."""
    import triton_py

    write_model(repository, "repeat", REPEAT, "repeat")
    write_model(repository, "streaming", STREAMING, "streaming")
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", f"-I{triton_py.get_include()}",
         str(Path(__file__).with_name("streaming.c")), "-o",
         str(repository / "streaming" / "libtriton_streaming.so")], check=True)


def write_models(repository: Path) -> None:
    """identity_<type>: one tensor of any length; mixed: three; batched; delayed; echo; and those
    that stream."""
    write_streaming(repository)
    for datatype in DATATYPES:
        write_model(repository, f"identity_{datatype.lower()}", "max_batch_size: 0\n"
                    + tensor("input", "INPUT0", datatype)
                    + tensor("output", "OUTPUT0", datatype))
    write_model(repository, "matrix", "max_batch_size: 0\n"
                + tensor("input", "INPUT0", "FP32", "-1, -1")
                + tensor("output", "OUTPUT0", "FP32", "-1, -1"))
    write_model(repository, "one_string", "max_batch_size: 0\n"
                + tensor("input", "INPUT0", "BYTES", "1")
                + tensor("output", "OUTPUT0", "BYTES", "1"))
    write_model(repository, "mixed", "max_batch_size: 0\n"
                + tensor("input", "INPUT0", "FP32") + tensor("input", "INPUT1", "BYTES")
                + tensor("input", "INPUT2", "INT64")
                + tensor("output", "OUTPUT0", "FP32") + tensor("output", "OUTPUT1", "BYTES")
                + tensor("output", "OUTPUT2", "INT64"))
    write_model(repository, "batched", "max_batch_size: 8\ndynamic_batching { }\n"
                + tensor("input", "INPUT0", "INT32") + tensor("output", "OUTPUT0", "INT32"))
    write_model(repository, "echo", "max_batch_size: 0\n"
                'parameters { key: "echo_parameters" value { string_value: "true" } }\n'
                + tensor("input", "INPUT0", "INT32") + tensor("output", "OUTPUT0", "INT32"))


class Running:
    """A server and its HTTP port, driven from other threads.

    ``client_tls``, an ``ssl.SSLContext``, is what ``connect`` speaks TLS with.
    """

    def __init__(self, repository: Path, *, access_log: Any = None, client_tls: Any = None,
                 **options: Any) -> None:
        import uvloop

        import triton_py
        from triton_py.http.metrics_app import MetricsServer
        from triton_py.http.options import HttpOptions, MetricsOptions
        from triton_py.http.server import HttpServer
        from triton_py.inprocess import NativeServer, Options

        settings = Options()
        settings.set_server_id("triton")
        settings.set_model_repository_path(str(repository))
        settings.set_backend_directory(triton_py.get_backend_dir())
        settings.set_strict_readiness(True)
        settings.set_model_control_mode(2)
        settings.set_startup_model("*")
        settings.set_exit_timeout(10)
        settings.set_log_info(False)
        self.native = NativeServer(settings)
        self.loop = uvloop.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.client_tls = client_tls
        self.http = HttpServer(self.native, HttpOptions(port=0, debug_endpoints=True, **options),
                               access_log=access_log)
        self.metrics = MetricsServer(self.native, MetricsOptions(port=0))
        self.url = self.run(self.http.start())
        self.metrics_url = self.run(self.metrics.start())
        self.address: Any = self.url.removeprefix("unix:")
        if not self.url.startswith("unix:"):
            host, port = self.url.rsplit(":", 1)
            self.address = (host, int(port))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def connect(self, timeout: float = 20) -> socket.socket:
        if isinstance(self.address, str):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(timeout)
            sock.connect(self.address)
        else:
            sock = socket.create_connection(self.address, timeout)
        if self.client_tls is None:
            return sock
        return self.client_tls.wrap_socket(sock, server_hostname="localhost")

    def close(self) -> None:
        assert self.run(self.http.stop(10)) is True
        self.run(self.metrics.stop(1))
        self.native.stop(10)
        self.native.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
