# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model's configuration and counters say together: is it batching, where does the time go, and
what could be changed. Plain data in, sentences out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Why a batch was closed, as ``triton_py_batch_closed`` counts it -> what that means.
REASONS = {
    "full": "the next request would not have fitted",
    "preferred": "a preferred batch size was reached",
    "shape": "the next request's inputs had other shapes",
    "delay": "the oldest request had waited for the maximum queue delay",
    "idle": "nothing else waited, and no delay is set",
    "strategy": "the model's own batching strategy left the next request out",
    "drain": "the model was being unloaded",
    "single": "the model takes one request at a time",
}

#: Parts of a request's time in the statistics extension -> what they are.
PARTS = {
    "queue": "waiting in the queue",
    "compute_input": "gathering inputs",
    "compute_infer": "computing",
    "compute_output": "writing outputs",
}


#: Waiting on average that is no more than waking an instance takes says nothing, whatever its share.
WAKING_NS = 50_000


@dataclass(frozen=True)
class Counts:
    """What a model version has counted; over its life, or between two looks."""

    success: int = 0
    total_ns: int = 0
    parts_ns: Mapping[str, int] = field(default_factory=dict)
    #: Batch size -> executions.
    batches: Mapping[int, int] = field(default_factory=dict)
    #: Reason -> batches; empty where the metrics could not be had.
    closed: Mapping[str, int] = field(default_factory=dict)
    #: Reason -> requests that failed.
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def executions(self) -> int:
        return sum(self.batches.values())

    @property
    def mean_batch(self) -> float:
        """0 without executions."""
        inferences = sum(size * count for size, count in self.batches.items())
        return inferences / self.executions if self.executions else 0.0

    def part(self, name: str) -> float:
        """Of the time of successful requests, from 0 to 1."""
        return self.parts_ns.get(name, 0) / self.total_ns if self.total_ns else 0.0

    @property
    def waiting(self) -> float:
        """The part of the time in the queue; 0 where that is only an instance being woken."""
        queued = self.parts_ns.get("queue", 0)
        return self.part("queue") if queued > WAKING_NS * self.success else 0.0

    def share_closed(self, reason: str) -> float:
        total = sum(self.closed.values())
        return self.closed.get(reason, 0) / total if total else 0.0

    def since(self, earlier: Counts) -> Counts:
        """What was counted after ``earlier``, of the same model."""
        def rest(now: Mapping[Any, int], then: Mapping[Any, int]) -> dict[Any, int]:
            left = {key: value - then.get(key, 0) for key, value in now.items()}
            return {key: value for key, value in left.items() if value > 0}

        return Counts(self.success - earlier.success, self.total_ns - earlier.total_ns,
                      rest(self.parts_ns, earlier.parts_ns), rest(self.batches, earlier.batches),
                      rest(self.closed, earlier.closed), rest(self.failures, earlier.failures))


def counts(statistics: Mapping[str, Any], closed: Mapping[str, int],
           failures: Mapping[str, int]) -> Counts:
    """From a model's entry of the statistics extension, and what its metrics say beside it."""
    inference = statistics.get("inference_stats", {})
    success = inference.get("success", {})
    return Counts(
        int(success.get("count", 0)), int(success.get("ns", 0)),
        {part: int(inference.get(part, {}).get("ns", 0)) for part in PARTS},
        {int(row["batch_size"]): int(row["compute_infer"]["count"])
         for row in statistics.get("batch_stats", [])},
        dict(closed), {reason: count for reason, count in failures.items() if count})


def describe(config: Mapping[str, Any], seen: Counts) -> list[str]:
    """The facts, as lines."""
    if not seen.executions:
        return ["No request has been executed."]
    lines = [f"{seen.success:,} requests in {seen.executions:,} executions, {seen.mean_batch:.2f} "
             + "inferences in each", "", "Batch sizes:"]
    lines += _bars([(str(size), count) for size, count in sorted(seen.batches.items())])
    if seen.closed:
        lines += ["", "Why batches were closed:"]
        ordered = sorted(seen.closed.items(), key=lambda item: -item[1])
        lines += [f"{line}  {REASONS.get(reason, '')}".rstrip() for line, (reason, _) in
                  zip(_bars(ordered), ordered, strict=True)]
    if seen.success and seen.total_ns:
        mean = seen.total_ns / seen.success / 1000
        lines += ["", f"Where the time of a request goes, {mean:,.0f} µs on average:"]
        known = [(text, seen.parts_ns.get(part, 0)) for part, text in PARTS.items()]
        rest = seen.total_ns - sum(ns for _, ns in known)
        lines += _bars([*known, ("around it", max(0, rest))], seen.total_ns)
    if seen.failures:
        lines += ["", "Failed: " + ", ".join(
            f"{count:,} {reason}" for reason, count in sorted(seen.failures.items()))]
    return lines


def _bars(items: list[tuple[str, int]], total: int = 0, width: int = 30) -> list[str]:
    total = total or sum(count for _, count in items)
    longest = max((len(name) for name, _ in items), default=0)
    return [f"  {name:>{longest}}  {count / total:6.1%}  {'#' * round(width * count / total):{width}}"
            for name, count in items]


def advise(config: Mapping[str, Any], seen: Counts) -> list[str]:
    """What could be changed, each with its reason; empty where nothing stands out."""
    return list(_advice(config, seen)) if seen.executions else []


def _instances(config: Mapping[str, Any]) -> int:
    return sum(int(group.get("count", 1)) * max(1, len(group.get("gpus", [])))
               for group in config.get("instance_group", [])) or 1


def _variable(config: Mapping[str, Any]) -> list[str]:
    """Inputs whose shapes may keep requests apart."""
    return [tensor["name"] for tensor in config.get("input", [])
            if any(int(dim) < 0 for dim in tensor.get("dims", []))
            and not tensor.get("allow_ragged_batch")]


def _advice(config: Mapping[str, Any], seen: Counts) -> Iterator[str]:
    largest = int(config.get("max_batch_size", 0))
    dynamic = config.get("dynamic_batching")
    waiting = seen.waiting
    if seen.failures.get("REJECTED"):
        yield (f"{seen.failures['REJECTED']:,} requests were refused by the queue: it was full, or they "
               "waited too long. More instances serve more of them; a longer queue only refuses them "
               "later.")
    if "sequence_batching" in config:
        return
    if largest == 0:
        if waiting > 0.3:
            yield (f"Requests wait {waiting:.0%} of their time, and the model takes one at a time. If it "
                   "can batch, max_batch_size and dynamic_batching { } let it; else more instances do "
                   f"(instance_group count, now {_instances(config)}).")
        return
    if dynamic is None:
        yield ("Requests are not joined: max_batch_size is "
               f"{largest}, but dynamic_batching is not set. Add dynamic_batching {{ }}.")
        return
    yield from _batching_advice(config, seen, largest, dynamic, waiting)


def _batching_advice(config: Mapping[str, Any], seen: Counts, largest: int,
                     dynamic: Mapping[str, Any], waiting: float) -> Iterator[str]:
    delay = int(dynamic.get("max_queue_delay_microseconds", 0))
    if seen.share_closed("shape") > 0.2:
        names = ", ".join(f"'{name}'" for name in _variable(config)) or "of the shape tensors"
        yield (f"{seen.share_closed('shape'):.0%} of the batches were closed because shapes differ. The "
               f"inputs {names} may have any size: pad them on the client to a few sizes, or, if the "
               "model can take it, allow_ragged_batch.")
    if seen.share_closed("full") + seen.share_closed("preferred") > 0.5 and waiting > 0.3:
        yield (f"Batches are full and requests still wait {waiting:.0%} of their time: the instances are "
               f"the limit. Raise max_batch_size (now {largest}) if larger batches compute faster per "
               f"inference, or the instance_group count (now {_instances(config)}).")
    elif waiting > 0.5 and seen.mean_batch < largest / 2 and not delay:
        yield (f"Requests wait {waiting:.0%} of their time though batches are not full: an execution "
               f"takes longer than it takes new requests to come. Another instance helps (now "
               f"{_instances(config)}) where the device has room for it.")
    if delay and seen.share_closed("delay") > 0.5 and seen.mean_batch < 1.5:
        yield (f"Most requests wait for the whole delay of {delay} µs and find nobody to share a batch "
               "with: lower max_queue_delay_microseconds, or remove it.")
    if not delay and seen.share_closed("idle") > 0.5 and seen.mean_batch < 1.5 and waiting < 0.2:
        yield ("Requests come one at a time and are executed at once, so batches stay small. That is the "
               "lowest latency. If throughput matters more and clients send concurrently, a "
               "max_queue_delay_microseconds of a few hundred lets batches grow.")
    if waiting < 0.2 and _instances(config) > 1 and seen.mean_batch < 1.5 and not delay:
        yield (f"{_instances(config)} instances share few requests, each takes what it finds: fewer "
               "instances make larger batches.")
