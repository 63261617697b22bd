# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What can be set about the HTTP front end; every limit of it is here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from triton_py.frontend.address import unix_path
from triton_py.frontend.restriction import Restriction, check_categories
from triton_py.frontend.tls import Tls

MIB = 1024 * 1024


@dataclass(frozen=True)
class HttpOptions:
    """Settings of :class:`triton_py.http.server.HttpServer`; sizes in bytes, times in seconds."""

    #: A host, or ``unix:PATH``, to which the port means nothing.
    address: str = "127.0.0.1"
    #: 0: any free port.
    port: int = 8000
    reuse_port: bool = False
    #: Permissions of a Unix socket.
    unix_socket_mode: int = 0o600
    tls: Tls | None = None
    #: By category of calls (``frontend.restriction.CATEGORIES``), the header that a client needs.
    restricted: Mapping[str, Restriction] = field(default_factory=dict)
    #: ``--http-max-input-size``: the JSON of a request, one tensor that came as JSON, a raw input,
    #: a body after decompression.
    max_input_size: int = 64 * MIB
    #: A request body as it is sent, binary tensors and all.
    max_body_size: int = 2**31 - 1
    #: The request line and the header fields together.
    max_header_size: int = 64 * 1024
    max_headers: int = 100
    #: Non-empty chunks of a chunked request body.
    max_chunks: int = 65536
    max_inputs: int = 1024
    max_outputs: int = 1024
    #: Requests of one connection that may wait for their answers at a time.
    max_pipelined: int = 64
    #: Bytes of the responses of generate_stream that may wait on one connection for a client that
    #: reads slower than they come; beyond it the request is cancelled.
    max_stream_backlog: int = 64 * MIB
    #: Connections beyond this are answered 503 and closed.
    max_connections: int = 8192
    #: From the first byte of a request to the end of its header.
    header_timeout: float = 30.0
    #: Without a further byte of a request's body.
    body_timeout: float = 60.0
    #: Without a request on a kept-alive connection; 0: for ever.
    idle_timeout: float = 0.0
    #: Without the client taking a byte of an answer.
    send_timeout: float = 60.0
    #: Answers shorter than this are sent as they are, whatever Accept-Encoding says.
    min_compress_size: int = 512
    #: Headers whose name holds a match of this regular expression, in any case, become parameters
    #: of inference requests; "": none do.
    header_forward_pattern: str = ""
    #: Serves ``GET /``, a page for people.
    status_page: bool = True
    #: What that page may say of loading and unloading: ``none``, ``poll`` or ``explicit``.
    model_control_mode: str = "none"
    #: Serves ``GET /v2/debug/objects``.
    debug_endpoints: bool = False

    def __post_init__(self) -> None:
        for name in ("max_input_size", "max_body_size", "max_header_size", "max_headers",
                     "max_chunks", "max_inputs", "max_outputs", "max_pipelined",
                     "max_stream_backlog", "max_connections"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0, got {getattr(self, name)}")
        for name in ("header_timeout", "body_timeout", "idle_timeout", "send_timeout",
                     "min_compress_size"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        unix_path(self.address)
        check_categories(self.restricted)
        try:
            re.compile(self.header_forward_pattern)
        except re.error as error:
            raise ValueError(f"header_forward_pattern is no regular expression: {error}") from None
        if self.max_headers > 128:
            raise ValueError(f"max_headers is at most 128, got {self.max_headers}")
        if not 256 <= self.max_header_size <= 16 * MIB:
            raise ValueError(
                f"max_header_size is from 256 to {16 * MIB}, got {self.max_header_size}")


@dataclass(frozen=True)
class MetricsOptions:
    """Settings of :class:`triton_py.http.metrics_app.MetricsServer`."""

    address: str = "127.0.0.1"
    #: 0: any free port.
    port: int = 8002
    reuse_port: bool = False
    #: Permissions of a Unix socket.
    unix_socket_mode: int = 0o600
