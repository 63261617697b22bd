# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which category of calls a path belongs to, and who may make them (``--http-restricted-api``)."""

from __future__ import annotations

from collections.abc import Mapping

from triton_py.frontend.restriction import Restriction
from triton_py.http.message import Request

_BY_PLACE = {"health": "health", "repository": "model-repository", "trace": "trace",
             "logging": "logging", "systemsharedmemory": "shared-memory",
             "cudasharedmemory": "shared-memory", "debug": "statistics"}
_BY_ACTION = {"ready": "health", "config": "model-config", "stats": "statistics",
              "infer": "inference", "generate": "inference", "generate_stream": "inference",
              "trace": "trace"}


#: What the status page asks for again and again tells of all of these.
_STATUS = ("health", "metadata", "model-repository", "statistics")


def categories(path: str) -> tuple[str, ...]:
    """All that a path as it was sent belongs to."""
    return _STATUS if path == "/status" else (category(path),)


def category(path: str) -> str:
    """The category of a path of the protocol; ``metadata`` where no other claims it."""
    place, *rest = path.removeprefix("/v2/").split("/")
    if place != "models":
        return _BY_PLACE.get(place, "metadata")
    if rest == ["stats"]:
        return "statistics"
    after_name = rest[1:]
    if after_name[:1] == ["versions"]:
        after_name = after_name[2:]
    return _BY_ACTION.get(after_name[0], "metadata") if after_name else "metadata"


def refusal(restriction: Restriction) -> str:
    """What a client hears that lacks the header, in Triton's words."""
    return f"This API is restricted, expecting header '{restriction.header}'"


def refused(request: Request, restricted: Mapping[str, Restriction]) -> str:
    """Why the request may not be made; empty if it may."""
    for name in categories(request.path):
        restriction = restricted.get(name)
        if restriction is None:
            continue
        value = request.headers.get(restriction.header.lower())
        given = [] if value is None else [value.encode("latin-1")]
        if not restriction.admits(given):
            return refusal(restriction)
    return ""
