# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The text that ``GET /metrics`` answers: Prometheus text exposition format 0.0.4."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from triton_py.metrics.families import MODEL_FAMILIES

#: For the ``Content-Type`` header.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

KINDS = ("counter", "gauge", "histogram", "summary", "untyped")

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


@dataclass(frozen=True)
class Sample:
    """One line. ``suffix`` is for histograms and summaries: ``_bucket``, ``_sum``, ``_count``."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass
class Family:
    """A metric with its kind, help text and samples."""

    name: str
    kind: str
    help: str
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"'{self.name}' is no metric name")
        if self.kind not in KINDS:
            raise ValueError(f"metric '{self.name}' has unknown kind '{self.kind}'")

    def add(self, value: float, **labels: str) -> None:
        self.samples.append(Sample(value, labels))


def escape_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def escape_value(text: str) -> str:
    """A label's value as it stands between the quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def format_number(value: float) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _line(name: str, sample: Sample) -> str:
    if sample.labels:
        for label in sample.labels:
            if not _LABEL.match(label):
                raise ValueError(f"metric '{name}' has a label '{label}', which is no label name")
        inside = ",".join(f'{k}="{escape_value(v)}"' for k, v in sample.labels.items())
        return f"{name}{sample.suffix}{{{inside}}} {format_number(sample.value)}"
    return f"{name}{sample.suffix} {format_number(sample.value)}"


def format_families(families: Iterable[Family]) -> str:
    """The families as text, in their order; one without samples shows its HELP and TYPE only."""
    lines = []
    for family in families:
        lines.append(f"# HELP {family.name} {escape_help(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += [_line(family.name, sample) for sample in family.samples]
    return "\n".join(lines) + "\n" if lines else ""


def tag_labels(tags: Mapping[str, str]) -> dict[str, str]:
    """A configuration's ``metric_tags`` as labels: each name behind an underscore, as in Triton."""
    return {"_" + re.sub(r"[^a-zA-Z0-9_]", "_", name): str(value) for name, value in tags.items()}


def model_families(models: Iterable[Mapping[str, Any]]) -> list[Family]:
    """Triton's per-model families from the statistics of each model version.

    Each mapping has ``model``, ``version``, ``statistics`` (one entry of the statistics
    extension's ``model_stats``), ``failures`` (by reason; if absent, those that the statistics
    hold), ``pending`` (requests waiting for execution now), ``load_duration_s``, and optionally
    ``tags``, ``gpu_uuid``, ``namespace`` and ``cache`` (the model uses the response cache). A
    missing number counts as 0.
    """
    families = [Family(f.name, f.kind, f.help) for f in MODEL_FAMILIES]
    for model in models:
        labels: dict[str, str] = {}
        if model.get("namespace"):
            labels["namespace"] = str(model["namespace"])
        labels["model"] = str(model["model"])
        labels["version"] = str(model["version"])
        if model.get("gpu_uuid"):
            labels["gpu_uuid"] = str(model["gpu_uuid"])
        labels.update(tag_labels(model.get("tags") or {}))
        for family, source in zip(families, MODEL_FAMILIES, strict=True):
            if source.label:
                values = source.value(model)
                for key in source.keys or sorted(values):
                    family.samples.append(
                        Sample(values.get(key, 0), {**labels, source.label: key}))
                continue
            value = source.value(model)
            if value is not None:
                family.samples.append(Sample(value, labels))
    return families


def render(
    models: Iterable[Mapping[str, Any]],
    extra: Iterable[Family] = (),
    machine: Iterable[Family] = (),
) -> str:
    """The whole page: per-model families, the machine's, then ``extra`` (custom) ones.

    Raises ``ValueError`` if two families have one name, which no Prometheus would take.
    """
    families = [*model_families(models), *machine, *extra]
    seen: set[str] = set()
    for family in families:
        if family.name in seen:
            raise ValueError(f"metric family '{family.name}' is defined twice")
        seen.add(family.name)
    return format_families(families)
