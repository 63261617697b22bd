# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""W3C Trace Context: what a client says of the span that a request is part of."""

from __future__ import annotations

import json
import random
import re
from typing import NamedTuple

from triton_py.tracing.notes import Spans

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Parent(NamedTuple):
    """A client's span."""

    trace_hex: str
    span: int


def parent_of(traceparent: str) -> Parent | None:
    """The client's span; None for what names none, which the request then goes without."""
    found = _PARENT.fullmatch(traceparent.strip())
    if found is None:
        return None
    version, trace_hex, span, _, more = found.groups()
    if version == "ff" or (version == "00" and more):
        return None
    if not int(trace_hex, 16) or not int(span, 16):
        return None
    return Parent(trace_hex, int(span, 16))


def spans_of(parent: Parent | None, tracestate: str | None) -> Spans:
    """Where a request's spans belong; its own trace where the client has none.

    ``state`` is the member that follows ``traceparent`` in a trace's context, or empty.
    """
    if parent is None:
        return Spans(f"{random.getrandbits(128) or 1:032x}", 0, "")
    state = f',"tracestate":{json.dumps(tracestate)}' if tracestate else ""
    return Spans(parent.trace_hex, parent.span, state)


def tracestate_of(spans: Spans) -> str:
    """The client's tracestate, out of what ``spans_of`` made of it."""
    if not spans.state:
        return ""
    return str(json.loads("{" + spans.state[1:] + "}")["tracestate"])
