# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the gRPC front end can be told. Defaults are Triton's where Triton has the setting."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc

from triton_py.frontend.address import unix_path
from triton_py.frontend.restriction import Restriction
from triton_py.frontend.tls import Tls
from triton_py.grpc.restricted import check_restricted

INT32_MAX = 2**31 - 1


class CompressionLevel(enum.Enum):
    """Of responses, as ``--grpc-infer-response-compression-level`` names them.

    gRPC's public interface chooses an algorithm, not a level: low and medium are deflate, high is
    gzip, as gRPC's own table maps them where a peer accepts both.
    """

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def algorithm(self) -> grpc.Compression:
        return {
            CompressionLevel.NONE: grpc.Compression.NoCompression,
            CompressionLevel.LOW: grpc.Compression.Deflate,
            CompressionLevel.MEDIUM: grpc.Compression.Deflate,
            CompressionLevel.HIGH: grpc.Compression.Gzip,
        }[self]


    @property
    def coding(self) -> str:
        """The algorithm as grpc-encoding names it."""
        return {
            CompressionLevel.NONE: "identity",
            CompressionLevel.LOW: "deflate",
            CompressionLevel.MEDIUM: "deflate",
            CompressionLevel.HIGH: "gzip",
        }[self]


class Transport(enum.Enum):
    """What carries the calls, as ``--grpc-transport`` names it."""

    #: nghttp2 where it can be had, else grpcio with a warning.
    AUTO = "auto"
    NGHTTP2 = "nghttp2"
    GRPCIO = "grpcio"


@dataclass(frozen=True)
class KeepAlive:
    """gRPC's keep-alive and connection-age settings; times in milliseconds."""

    time_ms: int = 7_200_000
    timeout_ms: int = 20_000
    permit_without_calls: bool = False
    http2_max_pings_without_data: int = 2
    http2_min_recv_ping_interval_without_data_ms: int = 300_000
    http2_max_ping_strikes: int = 2
    #: 0: a connection may grow as old as it likes.
    max_connection_age_ms: int = 0
    #: 0: calls on a connection that is too old have as long as they need.
    max_connection_age_grace_ms: int = 0

    def channel_arguments(self) -> list[tuple[str, Any]]:
        arguments: list[tuple[str, Any]] = [
            ("grpc.keepalive_time_ms", self.time_ms),
            ("grpc.keepalive_timeout_ms", self.timeout_ms),
            ("grpc.keepalive_permit_without_calls", int(self.permit_without_calls)),
            ("grpc.http2.max_pings_without_data", self.http2_max_pings_without_data),
            ("grpc.http2.min_recv_ping_interval_without_data_ms",
             self.http2_min_recv_ping_interval_without_data_ms),
            ("grpc.http2.max_ping_strikes", self.http2_max_ping_strikes),
        ]
        if self.max_connection_age_ms:
            arguments.append(("grpc.max_connection_age_ms", self.max_connection_age_ms))
        if self.max_connection_age_grace_ms:
            arguments.append(
                ("grpc.max_connection_age_grace_ms", self.max_connection_age_grace_ms)
            )
        return arguments


@dataclass(frozen=True)
class GrpcOptions:
    """One field per setting; the command line's flags overlay it."""

    #: A host, or ``unix:PATH``, to which the port means nothing.
    address: str = "127.0.0.1"
    #: 0: any free port; ``GrpcServer.start`` returns the one that was taken.
    port: int = 8001
    reuse_port: bool = False
    #: Permissions of a Unix socket.
    unix_socket_mode: int = 0o600
    transport: Transport = Transport.AUTO
    #: Bytes of one received or sent message.
    max_message_bytes: int = INT32_MAX
    #: Calls at a time, above which new ones are answered RESOURCE_EXHAUSTED; None: no limit.
    max_concurrent_calls: int | None = None
    #: Inputs, requested outputs or raw contents of one request.
    max_tensors: int = 4096
    #: Parameters of one request or of one of its tensors.
    max_parameters: int = 1024
    #: Requests of one stream that are in flight or whose responses wait to be sent, above which
    #: no more are read from it.
    max_stream_backlog: int = 1024
    #: Bytes of one stream's responses that wait to be sent, above which no more requests are read
    #: from it; a request of a decoupled model whose next response would go beyond is cancelled.
    max_stream_backlog_bytes: int = 64 * 1024 * 1024
    compression: CompressionLevel = CompressionLevel.NONE
    keep_alive: KeepAlive = field(default_factory=KeepAlive)
    tls: Tls | None = None
    #: By category of calls (``frontend.restriction.CATEGORIES``), the metadata that a client needs;
    #: ``frontend.restriction.grpc_restriction`` makes it.
    restricted: Mapping[str, Restriction] = field(default_factory=dict)
    #: Serves gRPC's server reflection.
    reflection: bool = True
    #: Connections beyond this are closed at once. nghttp2 only.
    max_connections: int = 8192
    #: Calls of one connection at a time; its further ones wait at the client. nghttp2 only.
    max_streams: int = 1024
    #: Bytes of a request's header fields, as HTTP/2 counts them. nghttp2 only.
    max_header_size: int = 16 * 1024
    #: Seconds without a client taking a byte of an answer, after which its connection is closed;
    #: 0: never. nghttp2 only.
    send_timeout: float = 60.0
    #: Client metadata whose name contains a match of this (case-insensitive) regular expression
    #: become string parameters of the request; empty: none do.
    header_forward_pattern: str = ""

    def __post_init__(self) -> None:
        unix_path(self.address)
        check_restricted(self.restricted)
        if not 0 <= self.port <= 65535:
            raise ValueError(f"gRPC port {self.port} is not in 0..65535")
        if not 0 < self.max_message_bytes <= INT32_MAX:
            raise ValueError(
                f"gRPC message size limit {self.max_message_bytes} is not in 1..{INT32_MAX}"
            )
        if not 1024 <= self.max_header_size <= 60 * 1024:
            raise ValueError(
                f"gRPC option max_header_size is {self.max_header_size}, not in 1024..61440")
        if self.send_timeout < 0:
            raise ValueError(f"gRPC option send_timeout is {self.send_timeout}, expected >= 0")
        for name in ("max_tensors", "max_parameters", "max_stream_backlog", "max_streams",
                     "max_connections", "max_stream_backlog_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"gRPC option {name} is {getattr(self, name)}, expected >= 1")
        if self.max_concurrent_calls is not None and self.max_concurrent_calls < 1:
            raise ValueError(
                f"gRPC option max_concurrent_calls is {self.max_concurrent_calls}, expected >= 1"
            )

    @property
    def where(self) -> str:
        """``address:port``, an IPv6 address in brackets; or ``unix:PATH``."""
        path = unix_path(self.address)
        if path is not None:
            return f"unix:{path}"
        if ":" in self.address and not self.address.startswith("["):
            return f"[{self.address}]:{self.port}"
        return f"{self.address}:{self.port}"

    def channel_arguments(self) -> list[tuple[str, Any]]:
        return [
            ("grpc.max_receive_message_length", self.max_message_bytes),
            ("grpc.max_send_message_length", self.max_message_bytes),
            # Two servers on one port would share its connections without a word.
            ("grpc.so_reuseport", int(self.reuse_port)),
            *self.keep_alive.channel_arguments(),
        ]
