# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Messages of grpc_service.proto: the KServe v2 protocol over gRPC."""

from ._pool import expose

expose("grpc_service.proto", globals())
