# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Triton's per-model metric families: name, kind, help, and where the value comes from.

Names and labels are what dashboards and autoscalers are written against, so they are Triton's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
                _microseconds("success")),
    ModelFamily("nv_inference_queue_duration_us", "counter",
                "Cumulative inference queuing duration in microseconds (includes cached requests)",
                _microseconds("queue")),
    ModelFamily("nv_inference_compute_input_duration_us", "counter",
                "Cumulative compute input duration in microseconds (does not include cached "
                "requests)", _microseconds("compute_input")),
    ModelFamily("nv_inference_compute_infer_duration_us", "counter",
                "Cumulative compute inference duration in microseconds (does not include cached "
                "requests)", _microseconds("compute_infer")),
    ModelFamily("nv_inference_compute_output_duration_us", "counter",
                "Cumulative inference compute output duration in microseconds (does not include "
                "cached requests)", _microseconds("compute_output")),
    ModelFamily("nv_inference_pending_request_count", "gauge",
                "Instantaneous number of pending requests awaiting execution per-model.",
                lambda model: model.get("pending") or 0),
    ModelFamily("nv_model_load_duration_secs", "gauge", "Model load time in seconds",
                lambda model: model.get("load_duration_s") or 0),
    ModelFamily("nv_cache_num_hits_per_model", "counter", "Number of cache hits per model",
                _cache(_count("cache_hit"))),
    ModelFamily("nv_cache_hit_duration_per_model", "counter",
                "Total cache hit duration per model, in microseconds",
                _cache(_microseconds("cache_hit"))),
    ModelFamily("nv_cache_num_misses_per_model", "counter", "Number of cache misses per model",
                _cache(_count("cache_miss"))),
    ModelFamily("nv_cache_miss_duration_per_model", "counter",
                "Total cache miss (insert+lookup) duration per model, in microseconds",
                _cache(_microseconds("cache_miss"))),
    # Not one of Triton's: answers the question why batches are as small as they are.
    ModelFamily("triton_py_batch_closed", "counter",
                "Number of batches closed, by the reason why no further request joined them",
                _batch_closed, "reason"),
)
