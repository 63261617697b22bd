# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One fresh process of one subject under one scenario: what it does at each level of load."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from triton_py.errors import InternalError, UnavailableError

from .. import load
from ..load import bodies
from ..load.counts import Counts, new_file, preload, read
from ..machine import usage
from ..peers import Peer, Served
from ..results import Case, quantile
from ..scenarios import Scenario


@dataclass(frozen=True)
class Timing:
    """How long to measure, in seconds."""

    seconds: float
    warmup: float


@dataclass(frozen=True)
class Measured:
    """A case's figures, as a sample has them."""

    case: Case
    seconds: float
    figures: dict[str, float]
    requests: int = 0
    histogram: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a scenario finds its model and its backend, and leaves its log."""

    repository: Path
    backends: Path
    log: Path


def measure(scenario: Scenario, peer: Peer, place: Place, timing: Timing) -> Iterator[Measured]:
    """Yields each case of ``scenario`` as it is done.

    Raises ``triton_py.errors`` for a peer that can't do it, and for requests that failed.
    """
    if scenario.kind == "inprocess":
        yield from _inprocess(scenario, peer, place, timing)
    elif scenario.kind == "start":
        yield _start(scenario, peer, place)
    elif scenario.kind == "reload":
        yield _reload(scenario, peer, place)
    else:
        flags = list(scenario.settings.get("flags", []))
        with peer.serve(place.repository, place.backends, place.log, flags) as served:
            for case in scenario.cases():
                yield _front_end(scenario, case, served, timing)


def _latencies(made: load.Load) -> dict[str, float]:
    return {name: quantile(made.histogram, part)
            for name, part in (("p50", .5), ("p90", .9), ("p99", .99), ("p999", .999))}


def _work(scenario: Scenario, case: Case, place: Place, timing: Timing) -> load.Work:
    return load.Work(
        place.repository, place.backends, scenario.model, scenario.inputs, int(case.level),
        timing.seconds, timing.warmup, bool(scenario.settings.get("identity", True)),
        int(scenario.settings.get("below", 0)))


def _inprocess(scenario: Scenario, peer: Peer, place: Place, timing: Timing) -> Iterator[Measured]:
    for case in scenario.cases():
        made = peer.closed_loop(_work(scenario, case, place, timing))
        more = made.more
        figures = {
            "throughput": made.requests / made.seconds,
            **_latencies(made),
            "cpu": more["cpu_seconds"] / made.requests * 1e6,
            "switches": more["switches"] / made.requests,
            "peak": more["peak_kib"] / 1024,
        }
        yield Measured(case, made.seconds, figures, made.requests, tuple(made.histogram))


# --- front ends ------------------------------------------------------------------------------


def _stream(scenario: Scenario) -> int:
    """Requests on each stream of a gRPC scenario; 1 for calls of their own."""
    return int(scenario.settings.get("stream", 1))


def check_answer(scenario: Scenario, served: Served) -> None:
    """One request, whose answer has to be right: nobody wants to know how fast errors are.

    Raises ``InternalError``.
    """
    expected = bodies.expected(scenario)
    if expected is None:
        return
    found = served.answers(scenario)
    if found != expected:
        what = scenario.settings.get("answer", "its input")
        raise InternalError(
            f"the answer of '{scenario.model}' is not {what}: {sum(map(len, found))} bytes in "
            f"{len(found)} responses, expected {sum(map(len, expected))} in {len(expected)}")


def _once(scenario: Scenario, case: Case, served: Served, body: bodies.Body, seconds: float
          ) -> load.Load:
    """The case's load, for so many seconds."""
    if case.level.endswith("/s"):
        connections = int(scenario.settings.get("connections", 8))
        return load.at_rate(scenario.kind, served.grpc if scenario.kind == "grpc" else served.http,
                            scenario.model, body, connections, int(case.level[:-2]), seconds, 0)
    in_flight = int(case.level)
    if scenario.kind == "grpc":
        # All on one connection, as one client has them, unless the scenario says otherwise.
        connections = min(in_flight, int(scenario.settings.get("connections", 1)))
        return load.grpc(served.grpc, body, connections, -(-in_flight // connections), seconds)
    return load.http(served.http, scenario.model, body, in_flight, seconds)


def _done(scenario: Scenario, case: Case, served: Served, before: tuple[int, int] | None,
          made: load.Load) -> int:
    """How many requests the server has done since ``before``: what was under way when the client
    left was worked for, too. Where the server does not count, what the client saw. Raises
    ``InternalError`` where the two differ."""
    after = served.successes(scenario.model)
    if before is None or after is None:
        return made.requests * _stream(scenario)
    succeeded, failed = after[0] - before[0], after[1] - before[1]
    # A client that leaves cancels what is under way, no more than it has in flight.
    cancelled = int(case.level) * _stream(scenario) if case.level.isdigit() else 0
    if failed > cancelled or succeeded < made.requests * _stream(scenario):
        raise InternalError(
            f"{case}: the client counts {made.requests * _stream(scenario)} answers, the server "
            f"{succeeded} successes and {failed} failures")
    return succeeded


def _front_end(scenario: Scenario, case: Case, served: Served, timing: Timing) -> Measured:
    check_answer(scenario, served)
    body = served.request(scenario)
    if timing.warmup:
        _once(scenario, case, served, body, timing.warmup)
    succeeded = served.successes(scenario.model)
    before = usage(served.pid)
    made = _once(scenario, case, served, body, timing.seconds)
    after = usage(served.pid)
    requests = _done(scenario, case, served, succeeded, made)
    figures = {
        "throughput": made.requests * _stream(scenario) / made.seconds,
        **_latencies(made),
        "cpu": (after.cpu_seconds - before.cpu_seconds) / requests * 1e6,
        "switches": (after.switches - before.switches) / requests,
        "peak": after.peak_mib,
    }
    if case.level.endswith("/s"):
        # What was asked for is no result.
        del figures["throughput"]
    return Measured(case, made.seconds, figures, made.requests, tuple(made.histogram))


# --- counted ---------------------------------------------------------------------------------

#: What is counted is the same from one request to the next, but for how many share a batch.
COUNTED_SECONDS = 1.0
#: The kinds that have requests to count for.
COUNTABLE = ("inprocess", "http", "grpc")


def count(scenario: Scenario, peer: Peer, place: Place) -> Iterator[Measured]:
    """Yields for each closed loop what a request allocates and copies, in one fresh process, whose
    times are none.

    :param scenario: of a kind in ``COUNTABLE``.
    Raises as ``measure``.
    """
    cases = [case for case in scenario.cases() if case.level.isdigit()]
    if scenario.kind == "inprocess":
        for case in cases:
            work = _work(scenario, case, place, Timing(COUNTED_SECONDS, 0.1))
            made = peer.closed_loop(replace(work, counted=True))
            seen = Counts(made.more["allocations"], made.more["copied"])
            yield _counted(case, made, made.requests, Counts(0, 0), seen)
    else:
        flags = list(scenario.settings.get("flags", []))
        file = new_file(place.log.with_suffix(".counts"))
        with peer.serve(place.repository, place.backends, place.log, flags, preload(file)) as served:
            for case in cases:
                yield _counted_case(scenario, case, served, file)


def _counted_case(scenario: Scenario, case: Case, served: Served, file: Path) -> Measured:
    check_answer(scenario, served)
    body = served.request(scenario)
    succeeded = served.successes(scenario.model)
    before = read(file)
    made = _once(scenario, case, served, body, COUNTED_SECONDS)
    after = read(file)
    return _counted(case, made, _done(scenario, case, served, succeeded, made), before, after)


def _counted(case: Case, made: load.Load, requests: int, before: Counts, after: Counts) -> Measured:
    return Measured(case, made.seconds, {
        "allocations": (after.allocations - before.allocations) / requests,
        "copied": (after.copied - before.copied) / requests}, requests)


# --- without load ----------------------------------------------------------------------------

#: After a start, for what it does in the background, in seconds.
SETTLE = 1.0


def _start(scenario: Scenario, peer: Peer, place: Place) -> Measured:
    began = time.monotonic()
    flags = list(scenario.settings.get("flags", []))
    with peer.serve(place.repository, place.backends, place.log, flags) as served:
        time.sleep(SETTLE)
        used = usage(served.pid)
        return Measured(Case(scenario.name), time.monotonic() - began,
                        {"start": served.start_ms, "resident": used.resident_mib,
                         "peak": used.peak_mib})


def _until_unloaded(served: Served, model: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        index: list[dict[str, Any]] = served.post_json("repository/index", {"ready": True})
        if all(entry["name"] != model for entry in index):
            return
        if time.monotonic() > deadline:
            raise UnavailableError(f"'{model}' was still ready 30 s after its unload")
        time.sleep(0.001)


def _reload(scenario: Scenario, peer: Peer, place: Place) -> Measured:
    cycles = int(scenario.settings.get("cycles", 20))
    model = scenario.model
    flags = ["--model-control-mode=explicit", *scenario.settings.get("flags", [])]
    began = time.monotonic()
    loads, unloads = [], []
    with peer.serve(place.repository, place.backends, place.log, flags) as served:
        for _ in range(cycles):
            start = time.monotonic()
            served.post_json(f"repository/models/{model}/load", {})
            loaded = time.monotonic()
            check_answer(scenario, served)
            unload = time.monotonic()
            served.post_json(f"repository/models/{model}/unload", {})
            _until_unloaded(served, model)
            loads.append((loaded - start) * 1e3)
            unloads.append((time.monotonic() - unload) * 1e3)
        peak = usage(served.pid).peak_mib
    return Measured(Case(scenario.name), time.monotonic() - began,
                    {"load": float(np.median(loads)), "unload": float(np.median(unloads)),
                     "peak": peak}, cycles)
