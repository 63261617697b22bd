# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests that Python answers, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """What a port's application is called with."""

    method: str
    #: Still percent-encoded, without the query.
    path: str
    query: str
    #: Names in lower case; fields of one name joined by commas.
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """What an application returns; without a body there is no Content-Type either."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
