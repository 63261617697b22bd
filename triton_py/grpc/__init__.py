# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The gRPC front end: KServe's v2 inference protocol with Triton's extensions.

    server = GrpcServer(native_server, GrpcOptions(port=8001))
    address = await server.start()
    ...
    await server.stop(grace_seconds=30)
"""

from __future__ import annotations

import triton_py.core  # noqa: F401  first: it puts the C API into the global symbol scope
from triton_py.grpc.options import CompressionLevel, GrpcOptions, KeepAlive, Tls, Transport
from triton_py.grpc.server import GrpcServer

__all__ = ["CompressionLevel", "GrpcOptions", "GrpcServer", "KeepAlive", "Tls", "Transport"]
