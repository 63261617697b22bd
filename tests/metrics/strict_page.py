# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A strict reader of Prometheus' text format: what ``prometheus_client`` reads leniently is refused.

Each family stands once, HELP before TYPE before its samples; each series once; a histogram's and a
summary's samples fit together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = frozenset[tuple[str, str]]

_HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)")
_TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)")
_VALUE = re.compile(r"NaN|[+-]Inf|-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


def labels(**values: str) -> Labels:
    return frozenset(values.items())


@dataclass
class Read:
    """One family. ``samples`` by the whole name (with ``_sum`` and so on) and the labels."""

    name: str
    kind: str
    help: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)
    #: The names of each sample's labels, as they stand on the page.
    label_order: list[list[str]] = field(default_factory=list)

    def value(self, suffix: str = "", **values: str) -> float:
        """The sample with that suffix and exactly these labels."""
        return self.samples[self.name + suffix, labels(**values)]


def number(text: str) -> float:
    return float(text.replace("Inf", "inf"))


def _unescape(text: str, escapes: Mapping[str, str]) -> str:
    out, rest = "", iter(text)
    for c in rest:
        out += escapes[next(rest)] if c == "\\" else c
    return out


def _labels(text: str) -> tuple[list[str], Labels]:
    names, found, at = [], {}, 0
    while at < len(text):
        match = _LABEL.match(text, at)
        assert match, f"no label at {text[at:]!r}"
        name, value = match.groups()
        assert name not in found, f"label {name} stands twice"
        names.append(name)
        found[name] = _unescape(value, {"\\": "\\", '"': '"', "n": "\n"})
        at = match.end()
        if at < len(text):
            assert text[at] == "," and at + 1 < len(text), f"no comma at {text[at:]!r}"
            at += 1
    return names, frozenset(found.items())


def _sample(line: str) -> tuple[str, list[str], Labels, float]:
    name = _NAME.match(line)
    assert name, f"no sample: {line!r}"
    rest = line[name.end():]
    names: list[str] = []
    found: Labels = frozenset()
    if rest.startswith("{"):
        # The last one: a label's value may have both brackets in it.
        end = rest.rindex("} ")
        names, found = _labels(rest[1:end])
        rest = rest[end + 1:]
    assert rest.startswith(" ") and _VALUE.fullmatch(rest[1:]), f"no value: {line!r}"
    return name.group(), names, found, number(rest[1:])


def _without(given: Labels, name: str) -> Labels:
    return frozenset(item for item in given if item[0] != name)


def _check_histogram(name: str, family: Read) -> None:
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    for (sample, given), value in family.samples.items():
        if sample == f"{name}_bucket":
            bound = number(dict(given)["le"])
            buckets.setdefault(_without(given, "le"), []).append((bound, value))
    for given, rows in buckets.items():
        bounds, counts = zip(*rows, strict=True)
        assert list(bounds) == sorted(set(bounds)) and bounds[-1] == math.inf, (name, bounds)
        assert list(counts) == sorted(counts), (name, counts)
        assert family.samples[f"{name}_count", given] == counts[-1], name
        assert (f"{name}_sum", given) in family.samples, name
    series = {given for (sample, given) in family.samples if sample == f"{name}_count"}
    assert series == set(buckets), name


def _check_summary(name: str, family: Read) -> None:
    quantiles = {_without(given, "quantile") for (sample, given) in family.samples
                 if sample == name}
    for given in quantiles:
        assert (f"{name}_sum", given) in family.samples, name
        assert (f"{name}_count", given) in family.samples, name


_SUFFIXES = {
    "counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}


def read(text: str) -> dict[str, Read]:
    """The families of a page, by name; fails an assertion where it isn't as it must be."""
    assert text.endswith("\n") or not text
    families: dict[str, Read] = {}
    current, helped, text_of_help = "", "", ""
    for line in text.split("\n")[:-1]:
        if match := _HELP.fullmatch(line):
            helped, text_of_help = match.group(1), _unescape(match.group(2), {"\\": "\\", "n": "\n"})
            continue
        if match := _TYPE.fullmatch(line):
            current, kind = match.groups()
            assert helped == current, f"{current}: TYPE without HELP"
            assert current not in families, f"{current} stands twice"
            families[current] = Read(current, kind, text_of_help)
            continue
        assert helped == current, f"{helped}: HELP without TYPE"
        name, order, given, value = _sample(line)
        assert current in families, f"no TYPE before {line!r}"
        family = families[current]
        assert name in {current + suffix for suffix in _SUFFIXES[family.kind]}, (current, line)
        assert (name, given) not in family.samples, f"twice: {line!r}"
        family.samples[name, given] = value
        family.label_order.append(order)
    for name, family in families.items():
        if family.kind == "histogram":
            _check_histogram(name, family)
        if family.kind == "summary":
            _check_summary(name, family)
    return families
