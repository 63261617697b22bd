# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The page as a whole: which families there are, and which samples they have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from triton_py.metrics.exposition import Family, Sample, format_families
from triton_py.metrics.families import MODEL_FAMILIES, MODEL_HISTOGRAMS, MODEL_SUMMARIES
from triton_py.metrics.settings import MetricsSettings

#: (name, kind, help, [(labels, value), ...]); a histogram's value is a dict, see
#: ``custom_families``.
CustomMetrics = Iterable[tuple[str, str, str, Iterable[tuple[Mapping[str, str], Any]]]]


def tag_labels(tags: Mapping[str, str]) -> dict[str, str]:
    """A configuration's ``metric_tags`` as labels: each name behind an underscore, as in Triton."""
    return {"_" + re.sub(r"[^a-zA-Z0-9_]", "_", name): str(value) for name, value in tags.items()}


def model_labels(model: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a model version's series."""
    labels: dict[str, str] = {}
    if model.get("namespace"):
        labels["namespace"] = str(model["namespace"])
    labels["model"] = str(model["model"])
    labels["version"] = str(model["version"])
    if model.get("gpu_uuid"):
        labels["gpu_uuid"] = str(model["gpu_uuid"])
    return labels | tag_labels(model.get("tags") or {})


def model_families(
    models: Iterable[Mapping[str, Any]], settings: MetricsSettings | None = None
) -> list[Family]:
    """The families of models from the statistics of each model version.

    Each mapping has ``model``, ``version``, ``statistics`` (one entry of the statistics
    extension's ``model_stats``), ``failures`` (by reason; if absent, those that the statistics
    hold), ``pending`` (requests waiting for execution now), ``load_duration_s``, and optionally
    ``tags``, ``gpu_uuid``, ``namespace`` and ``cache`` (the model uses the response cache). A
    missing number counts as 0, a missing histogram or summary is not shown.
    """
    settings = settings or MetricsSettings()
    models = list(models)
    labels = [model_labels(model) for model in models]
    families = []
    for source in MODEL_FAMILIES:
        if source.latency and not settings.counter_latencies:
            continue
        family = Family(source.name, source.kind, source.help)
        for model, own in zip(models, labels, strict=True):
            value = source.value(model)
            if source.label:
                keys = source.keys or sorted(value)
                family.samples += [
                    Sample(value.get(key, 0), {**own, source.label: key}) for key in keys
                ]
            elif value is not None:
                family.samples.append(Sample(value, own))
        families.append(family)
    if settings.histogram_latencies:
        families += _histograms(models, labels)
    if settings.summary_latencies:
        families += _summaries(models, labels)
    return families


def _histograms(
    models: list[Mapping[str, Any]], labels: list[dict[str, str]]
) -> Iterable[Family]:
    for source in MODEL_HISTOGRAMS:
        family = Family(source.name, "histogram", source.help)
        for model, own in zip(models, labels, strict=True):
            found = (model.get("statistics") or {}).get("histograms", {}).get(source.key)
            if found is not None:
                family.add_histogram(own, found["bounds"], found["counts"], found["sum"])
        yield family


def _summaries(
    models: list[Mapping[str, Any]], labels: list[dict[str, str]]
) -> Iterable[Family]:
    for source in MODEL_SUMMARIES:
        family = Family(source.name, "summary", source.help)
        for model, own in zip(models, labels, strict=True):
            # Triton's rule: a request that the cache answered was not computed, and one time for
            # both kinds would say nothing.
            if source.key == "request" and model.get("cache"):
                continue
            found = (model.get("statistics") or {}).get("summaries", {}).get(source.key)
            if found is not None:
                family.add_summary(own, found["quantiles"], found["count"], found["sum"])
        yield family


def custom_families(metrics: CustomMetrics) -> list[Family]:
    """Custom metrics as the data plane tells of them.

    A value is a number, or for a histogram a dict of ``bounds``, ``counts`` (cumulative, one more)
    and ``sum``.
    """
    families = []
    for name, kind, text, series in metrics:
        family = Family(name, kind, text)
        for labels, value in series:
            if kind == "histogram":
                family.add_histogram(labels, value["bounds"], value["counts"], value["sum"])
            else:
                family.samples.append(Sample(value, labels))
        families.append(family)
    return families


def _joined(own: list[Family], extra: Iterable[Family]) -> list[Family]:
    """``extra`` behind ``own``; one that is there already becomes part of it.

    Of two series with the same labels the first is shown: a page may have each only once.
    """
    families = {family.name: family for family in own}
    for family in extra:
        there = families.get(family.name)
        if there is None:
            families[family.name] = family
            continue
        if there.kind != family.kind:
            raise ValueError(
                f"metric family '{family.name}' is a {there.kind} and a {family.kind}"
            )
        taken = {_series(family.kind, sample) for sample in there.samples}
        more = [s for s in family.samples if _series(family.kind, s) not in taken]
        # A new one: the family that is there may be shown again.
        families[family.name] = Family(
            there.name, there.kind, there.help, [*there.samples, *more]
        )
    return list(families.values())


def _series(kind: str, sample: Sample) -> frozenset[tuple[str, str]]:
    """The labels that tell one series from another: not those of the samples in one."""
    inside = {"histogram": "le", "summary": "quantile"}.get(kind)
    return frozenset(item for item in sample.labels.items() if item[0] != inside)


def render(
    models: Iterable[Mapping[str, Any]],
    extra: Iterable[Family] = (),
    machine: Iterable[Family] = (),
    settings: MetricsSettings | None = None,
) -> str:
    """The whole page: per-model families, the machine's, then ``extra`` (custom) ones.

    Raises ``ValueError`` if two families have one name and not the same kind.
    """
    return format_families(_joined([*model_families(models, settings), *machine], extra))
