# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The plots of a page. Each returns SVG, or "" where there is nothing to draw."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from ..comparison import Row
from ..figures import FIGURES
from ..results import Case, Run, Sample
from . import words
from .document import Document, Values, values
from .svg import COLOURS, Drawing, Scale, axes, scale

_WIDTH, _HEIGHT = 520, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 30, 44

#: Of a distribution, to a doubling of the latency.
_STEPS = 8

_ROW = 22
#: The forest plot shows no ratio beyond this: a wild one would hide all others.
_FARTHEST = math.log(2)


def latency_by_throughput(rows: Sequence[Values], scenario: str, keys: Sequence[str]) -> str:
    """Median (dashed) and 99 % latency over throughput, a dot for each level."""
    found = {(v.case.level, v.subject, v.figure.name): v.median
             for v in rows if v.case.scenario == scenario}
    levels = list(dict.fromkeys(v.case.level for v in rows if v.case.scenario == scenario))
    curves: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for key in keys:
        for name in ("p50", "p99"):
            points = [(found.get((level, key, "throughput"), 0.0),
                       found.get((level, key, name), 0.0), level) for level in levels]
            curves[key, name] = [p for p in points if p[0] > 0 and p[1] > 0]
    points = [p for curve in curves.values() for p in curve]
    if len({level for _, _, level in points}) < 2:
        return ""
    drawing = Drawing(_WIDTH, _HEIGHT, f"{scenario}: latency over throughput")
    x = scale([p[0] for p in points], _LEFT, _WIDTH - _RIGHT, zero=True)
    y = scale([p[1] for p in points], _HEIGHT - _BOTTOM, _TOP, log=True)
    axes(drawing, x, y, "requests per second", "latency, µs: 99 %, and median (dashed)")
    for (key, name), curve in curves.items():
        kind = _colour(keys.index(key))
        dashed = " dashed" if name == "p50" else ""
        drawing.path([(x(t), y(v)) for t, v, _ in curve], f"curve {kind}{dashed}")
        for t, v, level in curve:
            drawing.dot((x(t), y(v)), f"dot {kind}", f"{key} at {level}: {words.number(t)} 1/s, "
                        f"{FIGURES[name].title} {words.number(v)} µs")
    return drawing.svg()


def distribution(run: Run, case: Case, keys: Sequence[str]) -> str:
    """The share of requests by latency, all samples of a subject together."""
    shapes = {key: _density(run.of(case, key)) for key in keys}
    shapes = {key: shape for key, shape in shapes.items() if shape}
    if not shapes:
        return ""
    drawing = Drawing(_WIDTH, _HEIGHT, f"{case}: distribution of latencies")
    corners = [p for shape in shapes.values() for p in shape]
    x = scale([c[0] for c in corners], _LEFT, _WIDTH - _RIGHT, log=True)
    y = scale([c[1] for c in corners], _HEIGHT - _BOTTOM, _TOP, zero=True)
    axes(drawing, x, y, "latency, µs", "% of requests per doubling of the latency")
    for key, shape in shapes.items():
        drawing.path([(x(v), y(share)) for v, share in shape], f"curve {_colour(keys.index(key))}")
    return drawing.svg()


def _density(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Corners of a stair: latency, and percent of requests per doubling.

    Samples may have buckets of their own; each bucket's requests are spread over the steps of one
    stair that it covers.
    """
    weights: defaultdict[int, float] = defaultdict(float)
    total = 0
    for sample in samples:
        buckets = [(u, c) for u, c in sample.histogram if u > 0 and math.isfinite(u)]
        for lower, upper, count in _bounded(buckets):
            if count > 0:
                low = math.log2(lower) * _STEPS
                high = max(math.log2(upper) * _STEPS, low + 1e-9)
                for step in range(math.floor(low), math.ceil(high)):
                    part = (min(high, step + 1) - max(low, step)) / (high - low)
                    weights[step] += count * part
                total += count
    if len(weights) < 2 or not total:
        return []
    corners = []
    for step in range(min(weights), max(weights) + 1):
        share = 100 * weights.get(step, 0.0) / total * _STEPS
        corners += [(2 ** (step / _STEPS), share), (2 ** ((step + 1) / _STEPS), share)]
    return [(corners[0][0], 0.0), *corners, (corners[-1][0], 0.0)]


def _bounded(buckets: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    """Buckets with their lower bounds. Where the first begins isn't known: as wide as a step."""
    lowers = [buckets[0][0] * 2 ** (-1 / _STEPS), *(u for u, _ in buckets[:-1])] if buckets else []
    return [(low, up, count) for low, (up, count) in zip(lowers, buckets, strict=True)]


def forest(rows: Sequence[Row], log_margins: Sequence[float]) -> str:
    """Ratios with their intervals, over the margin and the noise that the control shows."""
    shown = [(row, margin) for row, margin in zip(rows, log_margins, strict=True)
             if row.ratio is not None and math.isfinite(row.ratio) and row.ratio > 0]
    if not shown:
        return ""
    left, width = 290, 900
    height = _ROW * len(shown) + 62
    drawing = Drawing(width, height, "Ratios to the baseline, with intervals")
    ends = [0.0]
    for row, margin in shown:
        ends += [margin * 1.5, -margin * 1.5]
        ends += [math.log(v) for v in (row.lower, row.ratio, row.upper) if v is not None and v > 0]
    reach = min(max(map(abs, ends)) * 1.05, _FARTHEST)
    x = Scale(-reach, reach, left, width - 90)
    bottom = height - 38
    for percent in _percents(reach):
        at = x(math.log1p(percent / 100))
        drawing.line((at, 22), (at, bottom), "axis" if percent == 0 else "grid")
        drawing.label((at, bottom + 14), f"{percent:+g} %" if percent else "0", "middle")
    drawing.label((width - 90, bottom + 30), "worse than the baseline →", "end", "title")
    drawing.label((left, bottom + 30), "← better", "start", "title")
    for number, (row, margin) in enumerate(shown):
        _branch(drawing, x, 24 + _ROW * number, row, min(margin, reach))
    return drawing.svg()


def _branch(drawing: Drawing, x: Scale, top: float, row: Row, margin: float) -> None:
    """One row of the forest."""
    middle = top + _ROW / 2

    def at(ratio: float | None, instead: float) -> float:
        value = math.log(ratio) if ratio is not None and ratio > 0 else instead
        return x(min(max(value, x.low), x.high))

    drawing.box(x(-margin), top + 1, x(margin) - x(-margin), _ROW - 2, "margin")
    if row.noise is not None and row.noise.floor is not None:
        reach = math.log1p(row.noise.floor)
        low, high = (x(min(max(v, x.low), x.high)) for v in (-reach, reach))
        drawing.box(low, middle - 3, high - low, 6, "noise")
    center = at(row.ratio, 0.0)
    drawing.line((at(row.lower, 0.0), middle), (at(row.upper, 0.0), middle),
                 f"whisker v-{row.verdict}")
    tip = f"{row.case} {row.figure.title}: {words.change(row.ratio)} ({words.interval(row)})"
    drawing.dot((center, middle), f"mark v-{row.verdict}", tip)
    name = f"{row.case}  {row.figure.name}"
    drawing.label((x.start - 10, middle + 4), name if len(name) < 46 else name[:43] + "...", "end")
    drawing.label((x.end + 10, middle + 4), words.change(row.ratio), "start", f"v-{row.verdict}")


def _percents(reach: float) -> list[float]:
    """Round percentages on both sides of zero."""
    most = math.expm1(reach) * 100
    step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if most / s <= 5), 50)
    steps = [round(n * step, 6) for n in range(-5, 6)]
    return [p for p in steps if p > -100 and abs(math.log1p(p / 100)) <= reach]


def history(document: Document, case: Case, figure: str) -> str:
    """A figure of one case over the runs: medians of the baseline, least to most."""
    found = []
    for number, run in enumerate(document.history):
        v = next((v for v in values(run) if v.case == case and v.figure.name == figure), None)
        if v is not None:
            found.append((number, run, v))
    if len(found) < 2:
        return ""
    drawing = Drawing(_WIDTH, 220, f"{case}: {FIGURES[figure].title} over the runs")
    x = Scale(-0.5, len(document.history) - 0.5, _LEFT + 20, _WIDTH - _RIGHT)
    y = scale([e for _, _, v in found for e in (v.least, v.most)], 220 - _BOTTOM, _TOP)
    for value in y.ticks():
        drawing.line((x.start, y(value)), (x.end, y(value)), "grid")
        drawing.label((x.start - 6, y(value) + 4), words.number(value), "end")
    unit = f", {FIGURES[figure].unit}" if FIGURES[figure].unit else ""
    drawing.label((8, _TOP - 12), f"{FIGURES[figure].title}{unit}", "start", "title")
    # As many dates as there is room for, the last one among them.
    every = math.ceil(len(document.history) / 5)
    for number, run, v in found:
        drawing.line((x(number), y(v.least)), (x(number), y(v.most)), f"whisker {_colour(0)}")
        tip = f"{run.started}: {words.quantity(v.median, v.figure.unit)}"
        drawing.dot((x(number), y(v.median)), f"dot {_colour(0)}", tip)
        if (len(document.history) - 1 - number) % every == 0:
            drawing.label((x(number), 220 - _BOTTOM + 14), run.started[:10] or str(number + 1),
                          "middle")
    drawing.path([(x(n), y(v.median)) for n, _, v in found], f"curve {_colour(0)}")
    return drawing.svg()


def _colour(number: int) -> str:
    return f"s{number % COLOURS}"
