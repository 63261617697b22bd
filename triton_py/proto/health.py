# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Messages of health.proto: gRPC's own health checks."""

from ._pool import expose

expose("health.proto", globals())
