# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Custom metrics, which every server of the process publishes with its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triton_py.api.enums import MetricKind, parse
from triton_py.inprocess import NativeMetric, NativeMetricFamily


class MetricFamily:
    """A family of metrics: their kind, name and description.

    Two of the same name and kind are the same family. It is published while it has metrics.
    """

    def __init__(self, kind: MetricKind | int | str, name: str, description: str = "") -> None:
        """Create a family, or join the one that there is.

        Raises:
            InvalidArgumentError: the name is none, or a family of another kind has it.
        """
        self.native = NativeMetricFamily(parse(MetricKind, kind, "kind"), name, description)
        self.name = name

    @property
    def kind(self) -> MetricKind:
        return MetricKind(self.native.kind)

    def __repr__(self) -> str:
        return f"MetricFamily({self.kind.name}, {self.name!r})"


class Metric:
    """A metric of a family. It is published as long as this object lives.

    Two of the same family and labels are the same metric, whose value goes with the last of them.
    """

    def __init__(
        self,
        family: MetricFamily,
        labels: Mapping[str, str] | None = None,
        buckets: Sequence[float] | None = None,
    ) -> None:
        """Create a metric, or join the one that there is.

        Args:
            family: says its name and kind.
            labels: tell it from the family's others.
            buckets: of a histogram, and of no other kind: ascending upper bounds; one above all
                of them is added.

        Raises:
            InvalidArgumentError: a label's name is none, or the buckets are not as they must be.
        """
        self.native = NativeMetric(family.native, dict(labels or {}), buckets)
        self.family = family

    @property
    def kind(self) -> MetricKind:
        return MetricKind(self.native.kind)

    @property
    def value(self) -> float:
        """Of a counter or a gauge; raises UnsupportedError for a histogram."""
        return self.native.value

    def increment(self, value: float) -> None:
        """Add to a counter (what is not negative) or a gauge."""
        self.native.increment(value)

    def set_value(self, value: float) -> None:
        """Set a gauge."""
        self.native.set(value)

    def observe(self, value: float) -> None:
        """Count an observation of a histogram."""
        self.native.observe(value)
