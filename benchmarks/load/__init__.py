# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What makes requests: ``wrk`` and ``h2load`` for closed loops, programs of ours for the rest.

All of them are processes of their own, written in C, which repeat one request that was encoded
beforehand: on a small machine, what the client does is time that the server does not have.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triton_py.errors import InternalError

from ..scenarios import Tensor
from . import counts
from .bodies import Body
from .programs import program, run, tool

_HERE = Path(__file__).parent

@dataclass
class Load:
    """What a client has seen."""

    requests: int
    seconds: float
    #: (upper bound in µs, count), ascending.
    histogram: list[tuple[float, int]]
    #: What else it reported.
    more: dict[str, Any] = field(default_factory=dict)


def _from_json(text: str, what: str) -> Load:
    """From the last line of a client's output."""
    data = json.loads(text.strip().splitlines()[-1])
    if data.get("failed"):
        raise InternalError(f"{what}: {data['failed']} of {data['requests']} requests failed")
    if not data["requests"]:
        raise InternalError(f"{what}: no request was answered in {data['seconds']:.1f} s")
    histogram = [(float(upper), int(count)) for upper, count in data.pop("histogram")]
    return Load(data.pop("requests"), data.pop("seconds"), histogram, data)


@dataclass(frozen=True)
class Work:
    """A closed loop of requests to one model, inside one process."""

    repository: Path
    #: A folder with ``<name>/libtriton_<name>.so``.
    backends: Path
    model: str
    #: Of each request.
    inputs: tuple[Tensor, ...]
    in_flight: int
    seconds: float
    warmup: float
    #: The outputs are held against the inputs.
    identity: bool = True
    #: Elements, of an integer type, count from 0 up to below it; 0: they may have any value.
    below: int = 0
    #: What is allocated and copied is counted, and the times are none.
    counted: bool = False


def inprocess(library: str, work: Work, preload: str = "",
              env: dict[str, str] | None = None) -> Load:
    """Over the C API of ``library``, in a process of its own."""
    command = [program("inprocess_client"), "--server", library,
               "--repository", str(work.repository), "--backends", str(work.backends),
               "--model", work.model, "--in-flight", str(work.in_flight),
               "--seconds", str(work.seconds), "--warmup", str(work.warmup),
               "--below", str(work.below)]
    for tensor in work.inputs:
        command += ["--input", str(tensor)]
    if preload:
        command += ["--preload", preload]
    if work.identity:
        command.append("--check-identity")
    if work.counted:
        env = {**(env or os.environ), **counts.preload()}
    return _from_json(run(command, work.seconds + work.warmup, env), "in process")


def session(python: str, model: Path, threads: int, work: Work) -> Load:
    """By ``onnxruntime.InferenceSession.run`` alone, in a process of its own of that interpreter.

    The requests in flight are one run, joined along their first dimension.

    :param threads: within an operator; 0: as many as ONNX Runtime takes by itself.
    """
    command = [python, str(_HERE / "session_loop.py"), str(model), str(threads), str(work.in_flight),
               str(work.seconds), str(work.warmup), str(work.below), *map(str, work.inputs)]
    said = json.loads(run(command, work.seconds + work.warmup))
    buckets: Counter[float] = Counter()
    for nanoseconds in said.pop("latencies_ns"):
        buckets[bucket(nanoseconds / 1000)] += work.in_flight
    return Load(sum(buckets.values()), said.pop("seconds"), sorted(buckets.items()), said)


def http(port: int, model: str, body: Body, connections: int, seconds: float) -> Load:
    """A closed loop by wrk, one request at a time on each connection."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body.data)
        file.flush()
        command = [tool("wrk"), "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s",
                   "--timeout", "30s", "-s", str(_HERE / "infer.lua"),
                   f"http://127.0.0.1:{port}{body.path or f'/v2/models/{model}/infer'}", "--",
                   file.name]
        if body.header_length:
            command.append(str(body.header_length))
        return _from_json(run(command, seconds), "wrk")


def grpc(port: int, body: Body, connections: int, streams: int, seconds: float) -> Load:
    """A closed loop by h2load, ``streams`` requests at a time on each connection."""
    with tempfile.TemporaryDirectory() as folder:
        message, log = Path(folder, "message"), Path(folder, "log")
        message.write_bytes(body.data)
        run([tool("h2load"), "-t1", f"-c{connections}", f"-m{streams}",
             f"-D{math.ceil(seconds)}", "-d", str(message), "--log-file", str(log),
             "-H", "content-type: application/grpc", "-H", "te: trailers",
             f"http://127.0.0.1:{port}{body.path}"], seconds)
        buckets: Counter[float] = Counter()
        failed = 0
        begin, end = math.inf, 0
        with log.open() as lines:
            for line in lines:
                started, status, duration = map(int, line.split())
                failed += status != 200
                begin, end = min(begin, started), max(end, started + duration)
                buckets[bucket(duration)] += 1
    requests = sum(buckets.values())
    if not requests:
        raise InternalError(f"h2load: no request was answered in {math.ceil(seconds)} s")
    if failed:
        raise InternalError(f"h2load: {failed} of {requests} requests failed")
    return Load(requests, (end - begin) / 1e6, sorted(buckets.items()))


def bucket(microseconds: float) -> float:
    """The upper bound of the histogram's bucket, as latency.h has them."""
    return round(2 ** (math.ceil(math.log2(max(microseconds, 0.1) * 10) * 64) / 64) / 10, 3)


def at_rate(protocol: str, port: int, model: str, body: Body, connections: int, rate: int,
            seconds: float, warmup: float) -> Load:
    """An open loop of ``rate`` requests a second; latencies count from when each was due."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body.data)
        file.flush()
        path = body.path or f"/v2/models/{model}/infer"
        command = [program("rate_client"), "--protocol", protocol, "--port", str(port),
                   "--path", path, "--body", file.name, "--rate", str(rate),
                   "--connections", str(connections), "--seconds", str(seconds),
                   "--warmup", str(warmup)]
        for name, value in body.headers().items():
            command += ["--header", f"{name}: {value}"]
        return _from_json(run(command, seconds + warmup), "rate_client")
