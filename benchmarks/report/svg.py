# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Axes and marks of a plot, as SVG inside a page. Colours are the page's, by class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from triton_py.conformance.report.html_parts import text

Point = tuple[float, float]

#: Subjects and runs have so many colours, then they begin again.
COLOURS = 6


@dataclass(frozen=True)
class Scale:
    """Values to places between two pixels; ``log`` takes values above 0 only."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (at - low) / (high - low)

    def ticks(self) -> list[float]:
        """Round values between the ends."""
        return _decades(self.low, self.high) if self.log else _steps(self.low, self.high)


def scale(values: Sequence[float], start: float, end: float, log: bool = False,
          zero: bool = False) -> Scale:
    """A scale that holds all values, with some room.

    :param zero: begins at 0, where it is not logarithmic.
    """
    low, high = min(values), max(values)
    if log:
        room = max((high / low) ** 0.06, 1.02)
        return Scale(low / room, high * room, start, end, True)
    if zero:
        low = min(0.0, low)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return Scale(low if zero and low == 0 else low - room, high + room, start, end)


@dataclass
class Drawing:
    """Elements of one SVG, in the order in which they are drawn."""

    width: int
    height: int
    title: str
    parts: list[str] = field(default_factory=list)

    def line(self, a: Point, b: Point, kind: str) -> None:
        self.parts.append(f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" '
                          f'class="{kind}"/>')

    def path(self, points: Sequence[Point], kind: str) -> None:
        at = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{at}" class="{kind}"/>')

    def dot(self, at: Point, kind: str, tip: str = "") -> None:
        inside = f"<title>{text(tip)}</title>" if tip else ""
        self.parts.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.5" class="{kind}">'
                          f"{inside}</circle>")

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
                          f'height="{max(height, 0):.1f}" class="{kind}"/>')

    def label(self, at: Point, said: str, anchor: str = "start", kind: str = "") -> None:
        self.parts.append(f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" '
                          f'class="{kind}">{text(said)}</text>')

    def svg(self) -> str:
        return (f'<svg viewBox="0 0 {self.width} {self.height}" role="img" class="plot" '
                f'aria-label="{text(self.title)}"><title>{text(self.title)}</title>'
                f'{"".join(self.parts)}</svg>')


def axes(drawing: Drawing, x: Scale, y: Scale, x_title: str, y_title: str) -> None:
    """Grid lines with their values, and the titles of both axes."""
    for value in x.ticks():
        drawing.line((x(value), y.start), (x(value), y.end), "grid")
        drawing.label((x(value), y.start + 14), short(value), "middle")
    for value in y.ticks():
        drawing.line((x.start, y(value)), (x.end, y(value)), "grid")
        drawing.label((x.start - 6, y(value) + 4), short(value), "end")
    drawing.line((x.start, y.start), (x.end, y.start), "axis")
    drawing.line((x.start, y.start), (x.start, y.end), "axis")
    drawing.label((x.end, y.start + 30), x_title, "end", "title")
    drawing.label((8, y.end - 8), y_title, "start", "title")


def short(value: float) -> str:
    """A tick's value: ``20k``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def _steps(low: float, high: float) -> list[float]:
    """About five round values."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    size = 10 ** math.floor(math.log10(span / 5))
    step = next(size * m for m in (1, 2, 5, 10) if span / (size * m) <= 6)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [n * step for n in range(first, last + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten, with their halves and fifths where there is room."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    digits = (1, 2, 5) if last - first <= 3 else (1,)
    found = [d * 10.0**n for n in range(first, last + 1) for d in digits]
    shown = [v for v in found if low <= v <= high]
    return shown if len(shown) > 1 else _steps(low, high)
