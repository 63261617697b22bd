# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The server's metric families: name, kind, help, and where the value comes from.

Names and labels are what dashboards and autoscalers are written against, so they are Triton's; a
family that Triton does not have begins with ``triton_py_``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Model = Mapping[str, Any]

#: Values of the label ``reason``; all four are always shown, so that a rate has a start.
FAILURE_REASONS = ("REJECTED", "CANCELED", "BACKEND", "OTHER")


@dataclass(frozen=True)
class ModelFamily:
    name: str
    kind: str
    help: str
    #: From a model's data: a number, or None if this model has no such value; with ``label`` a
    #: mapping from that label's values to numbers.
    value: Callable[[Model], Any]
    label: str = ""
    #: Values of ``label`` that are shown always; empty: those that there are.
    keys: tuple[str, ...] = ()
    #: Left out where ``counter_latencies`` is off.
    latency: bool = False


@dataclass(frozen=True)
class HistogramFamily:
    """Of each model, where ``histogram_latencies`` is on."""

    name: str
    help: str
    #: Its name in the data plane's statistics.
    key: str
    #: Upper bounds, unless the model's configuration has others.
    buckets: tuple[float, ...]


@dataclass(frozen=True)
class SummaryFamily:
    """Of each model, where ``summary_latencies`` is on."""

    name: str
    help: str
    #: Its name in the data plane's statistics.
    key: str


def _statistic(*path: str, divide: int = 1) -> Callable[[Model], float | None]:
    """A number inside the statistics extension's JSON, divided without a remainder."""

    def value(model: Model) -> float:
        at: Any = model.get("statistics") or {}
        for name in path:
            at = at.get(name) or {}
        return (at or 0) // divide

    return value


def _cache(value: Callable[[Model], float | None]) -> Callable[[Model], float | None]:
    """Only for models that use the response cache."""
    return lambda model: value(model) if model.get("cache") else None


def _failures(model: Model) -> Mapping[str, int]:
    statistics = model.get("statistics") or {}
    return model.get("failures") or statistics.get("failures") or {}


def _batch_closed(model: Model) -> Mapping[str, int]:
    statistics = model.get("statistics") or {}
    return statistics.get("batch_closed") or {}


_NS_IN_US = 1000


def _microseconds(part: str) -> Callable[[Model], float | None]:
    return _statistic("inference_stats", part, "ns", divide=_NS_IN_US)


def _count(part: str) -> Callable[[Model], float | None]:
    return _statistic("inference_stats", part, "count")


MODEL_FAMILIES: tuple[ModelFamily, ...] = (
    ModelFamily("nv_inference_request_success", "counter",
                "Number of successful inference requests, all batch sizes", _count("success")),
    ModelFamily("nv_inference_request_failure", "counter",
                "Number of failed inference requests, all batch sizes", _failures,
                "reason", FAILURE_REASONS),
    ModelFamily("nv_inference_count", "counter",
                "Number of inferences performed (does not include cached requests)",
                _statistic("inference_count")),
    ModelFamily("nv_inference_exec_count", "counter",
                "Number of model executions performed (does not include cached requests)",
                _statistic("execution_count")),
    ModelFamily("nv_inference_request_duration_us", "counter",
                "Cumulative inference request duration in microseconds (includes cached requests)",
                _microseconds("success"), latency=True),
    ModelFamily("nv_inference_queue_duration_us", "counter",
                "Cumulative inference queuing duration in microseconds (includes cached requests)",
                _microseconds("queue"), latency=True),
    ModelFamily("nv_inference_compute_input_duration_us", "counter",
                "Cumulative compute input duration in microseconds (does not include cached "
                "requests)", _microseconds("compute_input"), latency=True),
    ModelFamily("nv_inference_compute_infer_duration_us", "counter",
                "Cumulative compute inference duration in microseconds (does not include cached "
                "requests)", _microseconds("compute_infer"), latency=True),
    ModelFamily("nv_inference_compute_output_duration_us", "counter",
                "Cumulative inference compute output duration in microseconds (does not include "
                "cached requests)", _microseconds("compute_output"), latency=True),
    ModelFamily("nv_inference_pending_request_count", "gauge",
                "Instantaneous number of pending requests awaiting execution per-model.",
                lambda model: model.get("pending") or 0),
    ModelFamily("nv_model_load_duration_secs", "gauge", "Model load time in seconds",
                lambda model: model.get("load_duration_s") or 0),
    ModelFamily("nv_cache_num_hits_per_model", "counter", "Number of cache hits per model",
                _cache(_count("cache_hit")), latency=True),
    ModelFamily("nv_cache_hit_duration_per_model", "counter",
                "Total cache hit duration per model, in microseconds",
                _cache(_microseconds("cache_hit")), latency=True),
    ModelFamily("nv_cache_num_misses_per_model", "counter", "Number of cache misses per model",
                _cache(_count("cache_miss")), latency=True),
    ModelFamily("nv_cache_miss_duration_per_model", "counter",
                "Total cache miss (insert+lookup) duration per model, in microseconds",
                _cache(_microseconds("cache_miss")), latency=True),
    # Not one of Triton's: answers the question why batches are as small as they are.
    ModelFamily("triton_py_batch_closed", "counter",
                "Number of batches closed, by the reason why no further request joined them",
                _batch_closed, "reason"),
)

_MICROSECONDS = (
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 10_000_000,
)

MODEL_HISTOGRAMS: tuple[HistogramFamily, ...] = (
    HistogramFamily("nv_inference_first_response_histogram_ms",
                    "Time from a request to its first response in milliseconds",
                    "first_response", (100, 500, 2000, 5000)),
    # The others are not Triton's.
    HistogramFamily("triton_py_request_histogram_us",
                    "Time of successful requests from end to end in microseconds",
                    "request", _MICROSECONDS),
    HistogramFamily("triton_py_queue_histogram_us",
                    "Time of successful requests in the queue in microseconds",
                    "queue", _MICROSECONDS),
    HistogramFamily("triton_py_compute_input_histogram_us",
                    "Time of successful requests before the backend computes in microseconds",
                    "compute_input", _MICROSECONDS),
    HistogramFamily("triton_py_compute_infer_histogram_us",
                    "Time of successful requests while the backend computes in microseconds",
                    "compute_infer", _MICROSECONDS),
    HistogramFamily("triton_py_compute_output_histogram_us",
                    "Time of successful requests after the backend computed in microseconds",
                    "compute_output", _MICROSECONDS),
    HistogramFamily("triton_py_batch_size_histogram",
                    "Sizes of the batches that were executed",
                    "batch_size", (1, 2, 4, 8, 16, 32, 64, 128, 256)),
)

MODEL_SUMMARIES: tuple[SummaryFamily, ...] = (
    SummaryFamily("nv_inference_request_summary_us",
                  "Summary of the time of successful requests from end to end in microseconds",
                  "request"),
    SummaryFamily("nv_inference_queue_summary_us",
                  "Summary of the time of successful requests in the queue in microseconds",
                  "queue"),
    SummaryFamily("nv_inference_compute_input_summary_us",
                  "Summary of the time before the backend computes in microseconds",
                  "compute_input"),
    SummaryFamily("nv_inference_compute_infer_summary_us",
                  "Summary of the time while the backend computes in microseconds",
                  "compute_infer"),
    SummaryFamily("nv_inference_compute_output_summary_us",
                  "Summary of the time after the backend computed in microseconds",
                  "compute_output"),
)

_MACHINE_KINDS = {
    "nv_pinned_memory_pool_total_bytes": "gauge",
    "nv_pinned_memory_pool_used_bytes": "gauge",
    "nv_cpu_utilization": "gauge",
    "nv_cpu_memory_total_bytes": "gauge",
    "nv_cpu_memory_used_bytes": "gauge",
    "nv_gpu_utilization": "gauge",
    "nv_gpu_memory_total_bytes": "gauge",
    "nv_gpu_memory_used_bytes": "gauge",
    "nv_gpu_power_usage": "gauge",
    "nv_gpu_power_limit": "gauge",
    "nv_energy_consumption": "counter",
}

#: Kind of each family that the server may show itself. A custom one of such a name must be of the
#: same kind, because it becomes part of that family.
OWN_KINDS: dict[str, str] = {
    **{family.name: family.kind for family in MODEL_FAMILIES},
    **{family.name: "histogram" for family in MODEL_HISTOGRAMS},
    **{family.name: "summary" for family in MODEL_SUMMARIES},
    **_MACHINE_KINDS,
}


def histogram_bounds(overrides: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Upper bounds of each of a model's histograms, by its name in the statistics.

    ``overrides`` are those of the model's configuration, by the family's name.
    """
    return {
        family.key: [float(bound) for bound in overrides.get(family.name, family.buckets)]
        for family in MODEL_HISTOGRAMS
    }


def not_histograms(names: Iterable[str]) -> list[str]:
    """Those of the names whose buckets nobody can set: the server has no such histogram."""
    known = {family.name for family in MODEL_HISTOGRAMS}
    return [name for name in names if name not in known]
