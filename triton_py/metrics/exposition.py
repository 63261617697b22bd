# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The text that ``GET /metrics`` answers: Prometheus text exposition format 0.0.4."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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

    def add_histogram(
        self,
        labels: Mapping[str, str],
        bounds: Sequence[float],
        counts: Sequence[int],
        total: float,
    ) -> None:
        """One series of a histogram; ``counts`` are cumulative, one more than there are bounds."""
        for bound, count in zip((*bounds, math.inf), counts, strict=True):
            self.samples.append(Sample(count, {**labels, "le": format_number(bound)}, "_bucket"))
        self.samples.append(Sample(total, labels, "_sum"))
        self.samples.append(Sample(counts[-1], labels, "_count"))

    def add_summary(
        self,
        labels: Mapping[str, str],
        quantiles: Iterable[tuple[float, float]],
        count: int,
        total: float,
    ) -> None:
        """One series of a summary; ``quantiles`` are pairs of quantile and value."""
        for quantile, value in quantiles:
            self.samples.append(Sample(value, {**labels, "quantile": format_number(quantile)}))
        self.samples.append(Sample(total, labels, "_sum"))
        self.samples.append(Sample(count, labels, "_count"))


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
