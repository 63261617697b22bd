# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is traced: the global settings, those of single models over them, and how they change.

Pure functions of values; ``manager`` has the ones that are in force.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Level(enum.IntFlag):
    """``TRITONSERVER_InferenceTraceLevel``, without the deprecated bits."""

    OFF = 0
    TIMESTAMPS = 4
    TENSORS = 8

    @property
    def names(self) -> list[str]:
        """As the trace extension lists them."""
        return [one.name or "" for one in (Level.TIMESTAMPS, Level.TENSORS) if one & self] or ["OFF"]


class Mode(enum.Enum):
    """What becomes of traces."""

    #: A file of Triton's JSON.
    TRITON = "triton"
    #: Spans, exported.
    OPENTELEMETRY = "opentelemetry"


@dataclass(frozen=True)
class OpenTelemetryOptions:
    """Where spans go, and how they are batched on the way."""

    #: None: as the exporter has it by default or by its environment.
    url: str | None = None
    #: Resource attributes; ``service.name`` has a default.
    resource: tuple[tuple[str, str], ...] = ()
    #: Spans that wait at most; more are lost.
    bsp_max_queue_size: int = 2048
    #: Milliseconds between two exports.
    bsp_schedule_delay: int = 5000
    bsp_max_export_batch_size: int = 512


@dataclass(frozen=True)
class TraceOptions:
    """What ``--trace-config`` says; the start of the global settings."""

    level: Level = Level.OFF
    #: One of so many requests is traced; 0: only those of clients that trace themselves.
    rate: int = 1000
    #: Traces that are still to be made; -1: any number.
    count: int = -1
    #: Traces to a numbered file; 0: all of them to one file.
    log_frequency: int = 0
    #: Empty: none.
    file: str = ""
    mode: Mode = Mode.TRITON
    open_telemetry: OpenTelemetryOptions = dataclasses.field(default_factory=OpenTelemetryOptions)


class Values(NamedTuple):
    """What can be set at run time, globally and for a model."""

    level: Level
    rate: int
    count: int  # type: ignore[assignment]  # not the method of tuples, which nobody calls
    log_frequency: int


#: New values by name; None takes a value back to what it would be without; a name that isn't there
#: stays as it is.
Change = Mapping[str, "int | None"]


class Layer(NamedTuple):
    """Values, and which of them were set here and not taken from the layer below."""

    values: Values
    specified: frozenset[str] = frozenset()


def changed(current: Layer | None, below: Values, change: Change) -> Layer:
    """A layer after a change; None: it was not there before."""
    values: dict[str, int] = {}
    specified = set()
    for name, value in below._asdict().items():
        values[name] = value
        if name in change:
            given = change[name]
            if given is None:
                continue
            values[name] = given
        elif current is not None and name in current.specified:
            values[name] = getattr(current.values, name)
        else:
            continue
        specified.add(name)
    return Layer(Values(Level(values["level"]), values["rate"], values["count"],
                        values["log_frequency"]), frozenset(specified))


def why_idle(values: Values, mode: Mode, file: str) -> str:
    """Why nothing is sampled by these values, in Triton's words; empty: it is."""
    if not values.level:
        return "tracing is disabled"
    if values.rate == 0:
        return "sample rate must be non-zero"
    if mode is Mode.TRITON and not file:
        return "trace file name is not given"
    if values.count == 0:
        return "trace count must be non-zero"
    return ""
