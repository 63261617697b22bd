# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers and sentences that all forms share."""

from __future__ import annotations

import math

from ..comparison import Comparison, Row
from ..statistics.decision import FASTER, INCONCLUSIVE, SAME, SLOWER
from ..statistics.power import Detection
from .document import Document

#: In the order in which they are told.
VERDICTS = (SLOWER, INCONCLUSIVE, SAME)

MEANINGS = {
    SLOWER: "a slowdown beyond the margin is shown",
    SAME: "a slowdown beyond the margin is ruled out",
    INCONCLUSIVE: "neither is shown; this is not a pass",
}

_NONE = "-"


def number(value: float | None) -> str:
    """A value with four digits, or with all before the point."""
    if value is None:
        return _NONE
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else _NONE
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 15 or size < -6:
        return f"{value:.3e}"
    return f"{value:,.{max(0, 3 - size)}f}"


def quantity(value: float | None, unit: str) -> str:
    """With its unit."""
    return f"{number(value)} {unit}".rstrip() if value is not None else _NONE


def change(ratio: float | None) -> str:
    """A ratio as what it adds: 1.05 is ``+5.0 %``."""
    if ratio is None:
        return _NONE
    if math.isinf(ratio):
        return "∞"
    if ratio >= 10:
        return f"× {number(ratio)}"
    percent = (ratio - 1) * 100
    # Two digits for what is held to a margin below one percent; and no minus zero.
    text = f"{percent:+.2f}" if abs(percent) < 1 else f"{percent:+.1f}"
    return ("0" if float(text) == 0 else text) + " %"


def interval(row: Row) -> str:
    """``+1.2 % to +3.4 %``."""
    if row.lower is None or row.upper is None:
        return _NONE
    if row.lower == row.upper:
        return "exact"
    return f"{change(row.lower)} to {change(row.upper)}"


def part(value: float | None) -> str:
    """A part as a percentage: 0.05 is ``5 %``."""
    if value is None:
        return _NONE
    if not math.isfinite(value) or value >= 10:
        return "> 1000 %"
    if 0 < value < 1e-4:
        return "< 0.01 %"
    return f"{value * 100:.2g} %"


def verdict(row: Row) -> str:
    """With its note: ``same, faster``."""
    return f"{row.verdict}, {row.note}" if row.note else row.verdict


def why(row: Row) -> str:
    """The reason, with what the second opinion has against it."""
    text = row.reason
    low = row.minimum_ratio
    if row.verdict == SLOWER and low is not None and low <= 1:
        text += "; the best samples do not show it"
    if row.one_sided and "lack" not in text:
        text += f"; {plural(row.one_sided, 'block')} missing on one side"
    return text


def found(detection: tuple[Detection, ...]) -> str:
    """``2 %: 10 %, 5 %: 48 %``: injected, and how much of it is called slower."""
    return ", ".join(f"{part(d.size)}: {d.called:.0%}" for d in detection) or _NONE


def plural(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def summary(comparison: Comparison) -> str:
    """The verdict in a sentence."""
    counts = {v: sum(row.verdict == v for row in comparison.gated) for v in VERDICTS}
    faster = sum(row.note == FASTER for row in comparison.gated)
    said = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts[v]) or "nothing"
    if faster:
        said += f" ({faster} of them faster)"
    unfinished = ", incomplete" if comparison.incomplete else ""
    return f"{plural(len(comparison.gated), 'deciding figure')}: {said}{unfinished}"


def method(comparison: Comparison) -> str:
    """What stands behind the numbers, in one sentence."""
    rules = comparison.rules
    how = ("blocks of one interleaved run, paired" if comparison.paired
           else "two runs that were NOT interleaved, unpaired, and "
           f"{part(rules.between_runs)} allowed for between them")
    return (f"{how}; margin {part(rules.margin)}, for counts {part(rules.exact_margin)}; alpha "
            f"{part(rules.alpha)} over {plural(comparison.tests, 'test')} (Holm); intervals of "
            f"{part(1 - 2 * rules.alpha)}")


def subjects(document: Document) -> list[str]:
    """``A: triton-py 0.1.0``, the baseline first."""
    compared = document.comparison
    if compared is not None and not compared.paired:
        keys = list(dict.fromkeys(row.subject for row in compared.rows))
        return [f"baseline: {compared.baseline_label}",
                *(f"compared: {compared.label(key)}" for key in keys)]
    return [f"{key}: {subject.label}" for key, subject in document.run.subjects.items()]
