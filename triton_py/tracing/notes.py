# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a recording says, as Python objects. Times are nanoseconds of the monotonic clock."""

from __future__ import annotations

import json
from typing import NamedTuple

#: What an activity is called whose own name can't be found.
CUSTOM = "CUSTOM_ACTIVITY"


class Started(NamedTuple):
    """REQUEST_START: a request of a model, and the request that it is part of."""

    trace_id: int
    #: 0: none.
    parent_id: int
    model: str
    version: int
    #: Empty where the client gave none.
    request_id: str
    ns: int
    #: That the backend was told of; 0 where there are no spans.
    span_id: int


class Happened(NamedTuple):
    """An activity, of the core, a backend or a front end."""

    trace_id: int
    name: str
    ns: int
    #: Noted by the front end, before, after or beside what the core does.
    front: bool


class Tensor(NamedTuple):
    """An input or an output."""

    trace_id: int
    activity: str
    name: str
    datatype: str
    shape: tuple[int, ...]
    #: As the protocol's binary format has it.
    data: bytes


class Spans(NamedTuple):
    """Where the spans of a recording belong."""

    #: 32 hexadecimal digits.
    trace_hex: str
    #: The client's span; 0: it named none.
    parent_span: int
    #: W3C's tracestate; empty: none.
    state: str


class Recorded(NamedTuple):
    """One traced request and all that it led to."""

    #: The number of the setting that sampled it.
    tag: int
    trace_id: int
    began_ns: int
    #: The moment of ``began_ns``, since 1970.
    wall_ns: int
    ended_ns: int
    #: In the order in which they were reported.
    notes: list[Started | Happened | Tensor]
    spans: Spans | None
    #: Memory was short: something is missing.
    lossy: bool


def custom_name(context: str, ns: int) -> str:
    """The name of the activity that a backend reported at that time, out of its trace's context."""
    try:
        name = json.loads(context)[str(ns)]
    except (ValueError, KeyError, TypeError):
        return CUSTOM
    return name if isinstance(name, str) else CUSTOM
