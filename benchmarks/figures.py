# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a sample measures: names, units, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass

MORE = "more"
LESS = "less"


@dataclass(frozen=True)
class Figure:
    """One measured quantity."""

    name: str
    title: str
    unit: str
    #: MORE or LESS: of what there should be.
    better: str
    #: Counts that the same work repeats, whatever else the machine does; held to a margin of
    #: their own.
    exact: bool = False
    #: Decides the verdict of a comparison; the others are shown beside it.
    gates: bool = False


_ALL = [
    Figure("throughput", "throughput", "1/s", MORE, gates=True),
    Figure("p50", "latency, median", "µs", LESS),
    Figure("p90", "latency, 90 %", "µs", LESS),
    Figure("p99", "latency, 99 %", "µs", LESS, gates=True),
    Figure("p999", "latency, 99.9 %", "µs", LESS),
    Figure("cpu", "server's CPU per request", "µs", LESS, gates=True),
    Figure("switches", "context switches per request", "", LESS),
    Figure("copied", "bytes copied per request", "B", LESS, exact=True),
    Figure("allocations", "allocations per request", "", LESS, exact=True),
    Figure("instructions", "instructions per request", "", LESS, exact=True, gates=True),
    Figure("peak", "peak memory", "MiB", LESS),
    Figure("resident", "memory at rest", "MiB", LESS, gates=True),
    Figure("start", "time to ready", "ms", LESS, gates=True),
    Figure("load", "time to load a model", "ms", LESS, gates=True),
    Figure("unload", "time to unload a model", "ms", LESS),
    # Of a function, as pytest-benchmark takes it; there is no server.
    Figure("call", "time per call", "µs", LESS, gates=True),
]

#: By name, in the order in which reports show them.
FIGURES: dict[str, Figure] = {figure.name: figure for figure in _ALL}
