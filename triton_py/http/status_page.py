# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The status page for people: ``GET /``, and ``GET /status`` that it asks again and again.

The page is one file without outside resources; what it shows is what the protocol's own end points tell.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triton_py.errors import TritonError
from triton_py.http.message import Answer

if TYPE_CHECKING:
    from triton_py.inprocess import NativeServer

_PAGE = Path(__file__).with_name("status_page.html")
_HEADERS = {
    # Nothing from elsewhere, and nobody frames it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src "
                               "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_PENDING = re.compile(r"nv_inference_pending_request_count\{(.*)\} (\d+)")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def page() -> Answer:
    return Answer(200, _PAGE.read_bytes(), "text/html; charset=utf-8", _HEADERS)


def state(server: NativeServer, control_mode: str) -> Answer:
    """What the page shows, as JSON."""
    return Answer(200, json.dumps({
        "server": server.metadata(),
        "live": server.is_live(),
        "ready": server.is_ready(),
        "control": control_mode,
        "models": server.model_index(),
        "statistics": server.model_statistics()["model_stats"],
        "pending": pending(_metrics(server)),
    }).encode(), headers={"Cache-Control": "no-store"})


def _metrics(server: NativeServer) -> str:
    try:
        return server.metrics_text()
    except TritonError:
        return ""  # they are turned off; the page goes without


def pending(metrics: str) -> dict[str, int]:
    """Queued requests by ``name/version``, from the text of the metrics."""
    found: dict[str, Any] = {}
    for labels, value in _PENDING.findall(metrics):
        have = dict(_LABEL.findall(labels))
        name = have.get("model", "").replace('\\"', '"').replace("\\\\", "\\")
        found[f"{name}/{have.get('version', '')}"] = int(value)
    return found
