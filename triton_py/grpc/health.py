# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``grpc.health.v1.Health``, as load balancers and Kubernetes ask for it.

Two messages of one field each: written by hand, they need no further dependency. The service's
name in the request is ignored, as in Triton: there is one server to ask about.
"""

from __future__ import annotations

SERVICE = "grpc.health.v1.Health"

SERVING = b"\x08\x01"
NOT_SERVING = b"\x08\x02"

#: Seconds between two looks at the server's state on behalf of ``Watch``.
WATCH_INTERVAL = 1.0


def status_bytes(ready: bool) -> bytes:
    """An encoded ``HealthCheckResponse``."""
    return SERVING if ready else NOT_SERVING
