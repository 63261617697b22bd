# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One figure of one case: slower, same or inconclusive, and why.

In two steps: ``judge`` finds what the values show by themselves, ``decide`` makes the verdict of it
once it is known how many cases were looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..figures import LESS, MORE, Figure
from .interval import Estimate, of_difference, of_mean
from .ratios import Blocks, Pair, oriented
from .rules import LEAST_BLOCKS, Rules

SLOWER = "slower"
SAME = "same"
INCONCLUSIVE = "inconclusive"

#: A note beside ``same``.
FASTER = "faster"

#: The reason of ``slower`` where a test shows it.
BEYOND = "shown, and beyond the margin"

#: Counts agree where all samples of a subject lie within this part of the margin of each other:
#: then nothing is left that a test could tell from chance.
AGREEMENT = 0.1
_LEAST_AGREEING = 3

#: The least standard deviation of a block's log ratio: no time is known better than 0.1 %, also
#: where coarse rounding makes all values alike.
RESOLUTION = 1e-3


@dataclass(frozen=True)
class Finding:
    """What the values show by themselves."""

    #: How much worse, as a logarithm; None where no ratio is to be had.
    estimate: Estimate | None
    #: To be corrected for the number of cases; None where nothing was tested.
    p_value: float | None = None
    #: A verdict that no test stands behind: counts that agree, zeros, missing samples.
    verdict: str = ""
    note: str = ""
    reason: str = ""
    #: Where there is no estimate but the direction is known: 0 or infinity.
    ratio: float | None = None


@dataclass(frozen=True)
class Decision:
    verdict: str
    reason: str = ""
    note: str = ""


def judge(pair: Pair, rules: Rules, seed: int) -> Finding:
    """Paired: the blocks of one run."""
    figure, blocks = pair.figure, pair.blocks
    settled = _without_a_test(figure, pair.subject, pair.baseline, rules, len(blocks))
    if settled is not None:
        return settled
    floor = 0.0 if figure.exact else RESOLUTION
    estimate = of_mean(pair.log_ratios(), rules.alpha, seed, floor)
    return Finding(estimate, estimate.p_above)


def judge_unpaired(figure: Figure, subject: Blocks, baseline: Blocks, rules: Rules,
                   seed: int) -> Finding:
    """Two runs that were not interleaved: their blocks have nothing to do with each other."""
    blocks = min(len(subject), len(baseline))
    settled = _without_a_test(figure, subject, baseline, rules, blocks)
    if settled is not None:
        return settled
    x, y = ([sum(map(math.log, v)) / len(v) for v in side.values()] for side in (subject, baseline))
    if figure.better == MORE:
        x, y = y, x
    floor = 0.0 if figure.exact else RESOLUTION
    # Counts are the same another day.
    between = 0.0 if figure.exact else math.log1p(rules.between_runs)
    estimate = of_difference(x, y, rules.alpha, seed, floor, between)
    return Finding(estimate, estimate.p_above)


def decide(figure: Figure, finding: Finding, adjusted_p: float | None, rules: Rules) -> Decision:
    """The verdict.

    :param adjusted_p: ``finding.p_value``, corrected for the number of cases.

    *slower*: the slowdown is shown, ``adjusted_p`` <= alpha, and the estimate is beyond the margin.
    *same*: the upper end of the interval stays below the margin. *inconclusive*: neither; never a
    pass.
    """
    estimate = finding.estimate
    if finding.verdict or estimate is None or adjusted_p is None:
        return Decision(finding.verdict or INCONCLUSIVE, finding.reason, finding.note)
    margin = rules.log_margin(figure)
    if adjusted_p <= rules.alpha and estimate.center > margin:
        return Decision(SLOWER, BEYOND)
    if estimate.upper < margin:
        faster = estimate.upper < 0 and estimate.center < -margin
        return Decision(SAME, "the interval stays below the margin", FASTER if faster else "")
    if estimate.center > margin:
        why = "looks slower, which these blocks do not show"
    elif adjusted_p <= rules.alpha:
        why = "a slowdown is shown, that it stays within the margin is not"
    else:
        why = "the interval reaches past the margin"
    return Decision(INCONCLUSIVE, why)


def beyond_margin(figure: Figure, finding: Finding, rules: Rules) -> str:
    """For the control, which differs in nothing from the baseline: what it is called all the same,
    ``slower``, ``faster`` or "". Not corrected for the number of cases: the less it takes to
    distrust a case, the better."""
    estimate, margin = finding.estimate, rules.log_margin(figure)
    if estimate is None:
        return {None: "", 1.0: "", 0.0: FASTER}.get(finding.ratio, SLOWER)
    if estimate.lower > 0 and estimate.center > margin:
        return SLOWER
    if estimate.upper < 0 and estimate.center < -margin:
        return FASTER
    return ""


def _without_a_test(figure: Figure, subject: Blocks, baseline: Blocks, rules: Rules,
                    blocks: int) -> Finding | None:
    """What is known before any test; None where one is needed."""
    x, y = ([value for values in side.values() for value in values] for side in (subject, baseline))
    if not x or not y or not blocks:
        return Finding(None, verdict=INCONCLUSIVE, reason="no block has it for both")
    if 0 in x or 0 in y:
        return _zeros(figure, x, y, blocks)
    if figure.exact and min(len(x), len(y)) >= _LEAST_AGREEING and _agree(x, rules) and _agree(
            y, rules):
        center = oriented(figure, _mean_log(x) - _mean_log(y))
        return _agreeing(figure, center, rules)
    if blocks < LEAST_BLOCKS:
        return Finding(None, verdict=INCONCLUSIVE,
                       reason=f"too few blocks: {blocks}; {LEAST_BLOCKS} are the least")
    return None


def _agreeing(figure: Figure, center: float, rules: Rules) -> Finding:
    estimate = Estimate(center, 0.0, 1.0, rules.alpha)
    margin = rules.log_margin(figure)
    if center > margin:
        return Finding(estimate, verdict=SLOWER, reason="all samples agree, beyond the margin")
    return Finding(estimate, verdict=SAME, reason="all samples agree, within the margin",
                   note=FASTER if center < -margin else "")


def _agree(values: Sequence[float], rules: Rules) -> bool:
    return max(values) <= min(values) * (1 + AGREEMENT * rules.exact_margin)


def _mean_log(values: Sequence[float]) -> float:
    return sum(map(math.log, values)) / len(values)


def _zeros(figure: Figure, x: Sequence[float], y: Sequence[float], blocks: int) -> Finding:
    """A ratio needs both to be above 0; where one is not, some things can be said all the same."""
    none_x, none_y = not any(x), not any(y)
    if none_x and none_y:
        if figure.better == LESS:
            return Finding(None, verdict=SAME, ratio=1.0, reason="zero for both")
        return Finding(None, verdict=INCONCLUSIVE, reason="zero for both: nothing was done")
    whole = blocks >= LEAST_BLOCKS or (figure.exact and min(len(x), len(y)) >= _LEAST_AGREEING)
    if figure.better == MORE and none_x and 0 not in y and whole:
        return Finding(None, verdict=SLOWER, ratio=math.inf, reason="zero, the baseline is not")
    if figure.exact and figure.better == LESS and whole:
        if none_y and 0 not in x:
            return Finding(None, verdict=SLOWER, ratio=math.inf,
                           reason="above zero, the baseline is zero")
        if none_x and 0 not in y:
            return Finding(None, verdict=SAME, ratio=0.0, note=FASTER,
                           reason="zero, the baseline is not")
    zeros = sum(value == 0 for value in (*x, *y))
    return Finding(None, verdict=INCONCLUSIVE,
                   reason=f"{zeros} of {len(x) + len(y)} samples are zero: there is no ratio")
