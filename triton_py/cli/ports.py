# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The front ends that ``triton-py serve`` runs, as one thing to open, drain and close."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triton_py.cli.errors import CliError
from triton_py.cli.settings import Settings
from triton_py.errors import TritonError
from triton_py.frontend.access_log import AccessLog
from triton_py.frontend.address import check_unix, unix_path
from triton_py.frontend.tls import Certificates, Tls

if TYPE_CHECKING:
    from triton_py.cli.values import Restricted
    from triton_py.frontend.restriction import Restriction
    from triton_py.grpc.options import GrpcOptions
    from triton_py.http.options import HttpOptions
    from triton_py.inprocess import NativeServer
    from triton_py.tracing import TraceManager


@dataclass
class _Port:
    name: str
    flag: str
    address: str
    port: int
    reuse: bool
    #: Requests for inference come in here: drained before the models stop.
    inference: bool
    front_end: Any = None
    bound: str = ""


class Ports:
    """HTTP, gRPC and metrics, those of them that are allowed."""

    def __init__(self, settings: Settings) -> None:
        s = self._settings = settings
        self._tracing: TraceManager | None = None
        self._ports = [
            port for allowed, port in (
                (s.allow_grpc, _Port("gRPC", "grpc", s.grpc_address, s.grpc_port,
                                     s.reuse_grpc_port, True)),
                (s.allow_http, _Port("HTTP", "http", s.http_address, s.http_port,
                                     s.reuse_http_port, True)),
                (s.allow_metrics, _Port("Metrics", "metrics", s.metrics_address, s.metrics_port,
                                        False, False)),
            ) if allowed
        ]
        self._log: AccessLog | None = None

    def check_free(self) -> None:
        """Binds each port for a moment, and reads the certificates.

        :raises CliError: a port is taken, an address is not this machine's, or a certificate can't
            be used.
        """
        for port in self._ports:
            path = unix_path(port.address)
            tls = _tls(self._settings, port.flag)
            try:
                if path is not None:
                    check_unix(path)
                else:
                    _bound_socket(port).close()
                if tls is not None:
                    Certificates(tls, port.name).context()
            except OSError as error:
                raise CliError(_bind_failure(port, error)) from None
            except TritonError as error:
                raise CliError(error.message) from None

    def prepare_tracing(self) -> None:
        """Makes what the front ends trace by.

        :raises CliError: a package that the trace mode needs is missing.
        """
        from triton_py.cli.trace_flags import trace_options
        from triton_py.tracing import TraceManager

        try:
            self._tracing = TraceManager(trace_options(self._settings.trace_config, os.environ))
        except TritonError as error:
            raise CliError(str(error)) from None

    def finish_tracing(self) -> None:
        """Writes what is traced, once no request is in flight; blocks for some seconds at most."""
        if self._tracing is not None:
            self._tracing.close()

    async def open(self, server: NativeServer) -> None:
        """Starts the front ends; when it returns all of them answer.

        :raises CliError: one could not be started, or the access log can't be written.
        """
        s = self._settings
        if s.access_log:
            try:
                self._log = AccessLog(s.access_log, s.access_log_format == "json")
            except OSError as error:
                raise CliError(f"--access-log={s.access_log}: {error.strerror}") from None
        for port in self._ports:
            port.front_end = _front_end(port.name, server, s, self._tracing, self._log)
            try:
                port.bound = _text(await port.front_end.start())
            except (OSError, RuntimeError, TritonError) as error:
                raise CliError(_bind_failure(port, error)) from None

    @property
    def can_reload(self) -> bool:
        """Whether there is something that ``reload`` would read or open again."""
        s = self._settings
        return s.http_use_ssl or s.grpc_use_ssl or s.access_log not in ("", "-")

    async def reload(self) -> None:
        """Reads certificates again, for connections from now on, and opens the access log again."""
        if self._log is not None:
            self._log.reopen()
        for port in self._ports:
            if port.inference and port.bound:
                await port.front_end.reload()

    def address(self, name: str) -> str:
        """``host:port`` at which anybody reaches a front end; empty if there is none, or TLS."""
        return next((p.bound for p in self._ports if p.name == name and unix_path(p.address) is None
                     and _tls(self._settings, p.flag) is None), "")

    def lines(self) -> list[str]:
        """One line for each open port, in Triton's words."""
        words = {"gRPC": "Started GRPCInferenceService at {}", "HTTP": "Started HTTPService at {}",
                 "Metrics": "Started Metrics Service at {}"}
        return [words[p.name].format(p.bound) for p in self._ports if p.bound]

    async def drain(self, left: Callable[[], float]) -> bool:
        """Stops HTTP and gRPC: no new requests, those in flight within ``left()`` seconds.

        Returns whether all of them were answered.
        """
        inference = [p for p in self._ports if p.inference and p.bound]
        # At the same time: one that waits must not leave the other taking requests.
        results = await asyncio.gather(*(p.front_end.stop(left()) for p in inference),
                                       return_exceptions=True)
        drained = left() > 0
        for port, result in zip(inference, results, strict=True):
            port.bound = ""
            if isinstance(result, BaseException):
                print(f"failed to stop {port.name}: {result}", file=sys.stderr, flush=True)
                drained = False
        if self._log is not None:
            self._log.close()
        return drained

    async def close(self) -> None:
        """Stops what is left: metrics are served until the models are gone."""
        for port in self._ports:
            if port.bound:
                port.bound = ""
                await port.front_end.stop(0)


def _text(bound: Any) -> str:
    if isinstance(bound, tuple):
        host, port = bound[0], bound[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return str(bound)


def _bound_socket(port: _Port) -> socket.socket:
    family, kind, proto, _, where = socket.getaddrinfo(
        port.address, port.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    sock = socket.socket(family, kind, proto)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port.reuse:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(where)
    except OSError:
        sock.close()
        raise
    return sock


def _bind_failure(port: _Port, error: Exception) -> str:
    if unix_path(port.address) is not None:
        reason = (error.strerror or error) if isinstance(error, OSError) else error
        return f"cannot serve {port.name} at {port.address}: {reason}"
    where = f"{port.address}:{port.port}"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (f"cannot serve {port.name} at {where}: the port is in use; give another with "
                f"--{port.flag}-port (0 for a free one) or turn it off with "
                f"--allow-{port.flag}=false")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"cannot serve {port.name} at {where}: {reason}"


def _front_end(name: str, server: NativeServer, s: Settings, tracing: TraceManager | None,
               log: AccessLog | None) -> Any:
    """Each front end is imported only if it is wanted."""
    if name == "gRPC":
        from triton_py.grpc.server import GrpcServer

        return GrpcServer(server, _grpc_options(s), tracing, log)
    if name == "HTTP":
        from triton_py.http.server import HttpServer

        return HttpServer(server, _http_options(s), tracing, log)
    from triton_py.http.metrics_app import MetricsServer
    from triton_py.http.options import MetricsOptions

    return MetricsServer(server, MetricsOptions(s.metrics_address, s.metrics_port,
                                                unix_socket_mode=s.unix_socket_mode))


def _tls(s: Settings, flag: str) -> Tls | None:
    """What the flags that begin with ``flag`` say; metrics have none."""
    if flag == "metrics" or not getattr(s, f"{flag}_use_ssl"):
        return None
    cert, key, root, mutual = (getattr(s, f"{flag}_{name}") for name in (
        "server_cert", "server_key", "root_cert", "use_ssl_mutual"))
    return Tls(cert, key, root, mutual)


def _restrictions(groups: list[Restricted]) -> dict[str, Restriction]:
    return {category: group.restriction for group in groups for category in group.categories}


def _http_options(s: Settings) -> HttpOptions:
    from triton_py.http.options import HttpOptions

    return HttpOptions(
        address=s.http_address, port=s.http_port, reuse_port=s.reuse_http_port,
        unix_socket_mode=s.unix_socket_mode,
        tls=_tls(s, "http"),
        restricted=_restrictions(s.http_restricted_api),
        max_input_size=s.http_max_input_size, max_body_size=s.http_max_body_size,
        max_header_size=s.http_max_header_size, max_headers=s.http_max_headers,
        max_chunks=s.http_max_chunks, max_inputs=s.http_max_inputs, max_outputs=s.http_max_outputs,
        max_pipelined=s.http_max_pipelined, max_stream_backlog=s.http_max_stream_backlog,
        max_connections=s.http_max_connections,
        header_timeout=s.http_header_timeout, body_timeout=s.http_body_timeout,
        idle_timeout=s.http_idle_timeout, send_timeout=s.http_send_timeout,
        header_forward_pattern=s.http_header_forward_pattern,
        status_page=s.allow_status_page, model_control_mode=s.model_control_mode,
        debug_endpoints=s.debug_endpoints)


def _grpc_options(s: Settings) -> GrpcOptions:
    from triton_py.grpc.options import CompressionLevel, GrpcOptions, KeepAlive, Transport

    return GrpcOptions(
        address=s.grpc_address, port=s.grpc_port, reuse_port=s.reuse_grpc_port,
        unix_socket_mode=s.unix_socket_mode,
        restricted=_restrictions(s.grpc_restricted_protocol), reflection=s.grpc_reflection,
        transport=Transport(s.grpc_transport),
        max_message_bytes=s.grpc_max_message_size,
        max_concurrent_calls=s.grpc_max_concurrent_calls or None,
        max_tensors=s.grpc_max_tensors, max_parameters=s.grpc_max_parameters,
        max_stream_backlog=s.grpc_max_stream_backlog,
        max_stream_backlog_bytes=s.grpc_max_stream_backlog_bytes,
        max_connections=s.grpc_max_connections, max_streams=s.grpc_max_streams,
        max_header_size=s.grpc_max_header_size, send_timeout=s.grpc_send_timeout,
        compression=CompressionLevel(s.grpc_infer_response_compression_level),
        header_forward_pattern=s.grpc_header_forward_pattern,
        keep_alive=KeepAlive(
            time_ms=s.grpc_keepalive_time, timeout_ms=s.grpc_keepalive_timeout,
            permit_without_calls=s.grpc_keepalive_permit_without_calls,
            http2_max_pings_without_data=s.grpc_http2_max_pings_without_data,
            http2_min_recv_ping_interval_without_data_ms=(
                s.grpc_http2_min_recv_ping_interval_without_data),
            http2_max_ping_strikes=s.grpc_http2_max_ping_strikes,
            max_connection_age_ms=s.grpc_max_connection_age,
            max_connection_age_grace_ms=s.grpc_max_connection_age_grace),
        tls=_tls(s, "grpc"),
    )
