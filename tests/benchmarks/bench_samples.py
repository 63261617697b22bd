# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs made up for the tests."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from triton_py.benchmarks.results import Case, Run, Sample, Subject

ABBA = ("A", "B", "B", "A")
WITH_CONTROL = ("A", "B", "A'", "A'", "B", "A")
MACHINE = {"cpu": "Some CPU", "cores": "8", "kernel": "6.1.0", "governor": "performance"}

Noise = Callable[[random.Random], float]


def gauss(size: float) -> Noise:
    """Logarithms."""
    return lambda source: source.gauss(0, size)


def heavy(size: float) -> Noise:
    """Student's t with two degrees of freedom: its variance is infinite."""
    return lambda source: size * source.gauss(0, 1) / math.sqrt(source.gammavariate(1, 1))


def run(figures: dict[str, Callable[[str], float]] | None = None, *, blocks: int = 6,
        order: Sequence[str] = ABBA, cases: Sequence[Case] = (Case("http", "1"),),
        noise: Noise | None = None, block_noise: Noise | None = None, drift: float = 0.0,
        seed: int = 1, **fields: Any) -> Run:
    """A run; its figures are functions of the subject's key.

    :param noise: of each value; ``block_noise``: shared by all values of a figure in a block.
    :param drift: how much slower each process is than the one before it, as a logarithm.
    """
    figures = figures or {"p99": lambda subject: 100.0}
    source = random.Random(seed)
    fields = {"machine": dict(MACHINE), "complete": True, "plan": {"blocks": blocks}, **fields}
    made = Run("triton-py bench versus old new", "2026-01-02T03:04:05+00:00", 7, **fields)
    for key in dict.fromkeys(order):
        made.subjects.setdefault(key, Subject(f"build {key}"))
    for case in cases:
        ran = 0
        for block in range(blocks):
            shared = {name: block_noise(source) if block_noise else 0.0 for name in figures}
            for position, subject in enumerate(order):
                values = {}
                for name, value in figures.items():
                    log = shared[name] + drift * ran + (noise(source) if noise else 0.0)
                    values[name] = value(subject) * math.exp(log)
                made.samples.append(Sample(
                    case, subject, block, position, 1.0, values, 100,
                    [(80.0, 20), (100.0, 50), (160.0, 29), (1000.0, 1)]))
                ran += 1
    return made


def slower(part: float, base: float = 100.0, only: str = "B") -> Callable[[str], float]:
    """A time that one subject needs ``part`` more of."""
    return lambda subject: base * (1 + part if subject == only else 1)
