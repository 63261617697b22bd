# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs to a comparison: paired for one run of several subjects, unpaired for two runs of one.

``paired`` and ``unpaired`` correct the p-values over all gated figures that were tested, and over
the others as a family of their own, so that what decides nothing costs what decides no power.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import median

from triton_py.errors import InvalidArgumentError

from .comparison import Comparison, Noise, Row
from .figures import FIGURES, Figure
from .fingerprints import same_machine
from .results import BASELINE, CANDIDATE, CONTROL, Case, Run, Sample
from .statistics import decision, holm, power, ratios
from .statistics.decision import INCONCLUSIVE, SAME, Finding
from .statistics.rules import LEAST_BLOCKS, Rules

NOT_INTERLEAVED = (
    "The two were not interleaved: what changed on the machine between the runs is in the ratios. "
    "The intervals hold the noise within each run, and an allowance for that between runs which is "
    "assumed, not measured."
)


def paired(run: Run, rules: Rules) -> Comparison:
    """One run that holds the baseline and other subjects.

    Raises ``InvalidArgumentError`` where it has nothing to compare.
    """
    names = {sample.subject for sample in run.samples} | set(run.subjects)
    candidates = sorted(names - {BASELINE, CONTROL})
    if BASELINE not in names or not candidates:
        raise InvalidArgumentError(
            f"nothing to compare: the run has {', '.join(sorted(names)) or 'no subjects'}; it takes "
            f"{BASELINE}, the baseline, and {CANDIDATE}")
    found: list[tuple[Row, Finding]] = []
    noise: dict[tuple[Case, str], tuple[ratios.Pair, Noise]] = {}
    for case in run.cases():
        base = run.of(case, BASELINE)
        control = run.of(case, CONTROL)
        for key in candidates:
            samples = run.of(case, key)
            for figure in _figures([*base, *samples]):
                found.append(_paired_row(case, key, figure, samples, base, rules, run.seed))
                if control and (case, figure.name) not in noise:
                    noise[case, figure.name] = _noise(figure, control, base, rules, run.seed)
    out = Comparison(rules, [run], incomplete=_incomplete([run]))
    out.rows = _decided(found, rules)
    tests = out.tests
    out.rows = [_with_noise(row, noise.get((row.case, row.figure.name)), tests, rules, run.seed)
                for row in out.rows]
    out.warnings += _crashes(run, lambda key: key not in candidates)
    # Its figures are those of the processes that lived: no pass.
    out.incomplete += _crashes(run, lambda key: key in candidates)
    if not noise:
        out.warnings.append(f"There is no control ({CONTROL}): nothing shows this machine's noise.")
    return out


def unpaired(baseline: Run, subject: Run, rules: Rules, across_machines: bool = False
             ) -> Comparison:
    """Two runs of one subject each, measured at different times.

    Raises ``InvalidArgumentError`` where a run holds several subjects, where they have no case in
    common, and where the machines differ in what matters, unless that is wanted.
    """
    warnings = [NOT_INTERLEAVED, *same_machine(baseline.machine, subject.machine, across_machines)]
    keys = [_only_subject(run, name) for run, name in ((baseline, "first"), (subject, "second"))]
    cases = list(dict.fromkeys([*baseline.cases(), *subject.cases()]))
    if not set(baseline.cases()) & set(subject.cases()):
        raise InvalidArgumentError("the two files have no case in common: "
                                   f"{_few(baseline.cases())} and {_few(subject.cases())}")
    found = []
    for case in cases:
        y, x = baseline.of(case, keys[0]), subject.of(case, keys[1])
        for figure in _figures([*y, *x]):
            found.append(_unpaired_row(case, keys[1], figure, x, y, rules, baseline.seed))
    out = Comparison(rules, [baseline, subject], incomplete=_incomplete([baseline, subject]),
                     warnings=warnings)
    out.warnings += _crashes(baseline, lambda key: True)
    out.incomplete += _crashes(subject, lambda key: True)
    out.rows = _decided(found, rules)
    return out


def _figures(samples: Iterable[Sample]) -> list[Figure]:
    """Those that any of the samples has, in the order of reports."""
    names = {name for sample in samples for name in sample.figures}
    return [figure for name, figure in FIGURES.items() if name in names]


def _paired_row(case: Case, key: str, figure: Figure, samples: list[Sample], base: list[Sample],
                rules: Rules, seed: int) -> tuple[Row, Finding]:
    pair = ratios.pair(figure, samples, base)
    row = _row(case, key, figure, samples, base)
    row = replace(row, blocks=len(pair.blocks), one_sided=len(pair.one_sided),
                  minimum_ratio=pair.minimum_ratio)
    return row, _one_sided(row) or decision.judge(pair, rules, seed)


def _unpaired_row(case: Case, key: str, figure: Figure, samples: list[Sample], base: list[Sample],
                  rules: Rules, seed: int) -> tuple[Row, Finding]:
    (x, x_all), (y, y_all) = (ratios.by_block(figure, side) for side in (samples, base))
    row = _row(case, key, figure, samples, base)
    row = replace(
        row, blocks=min(len(x), len(y)), one_sided=len(x_all - x.keys()) + len(y_all - y.keys()),
        minimum_ratio=ratios.minimum_ratio(figure, *(
            [v for values in side.values() for v in values] for side in (x, y))))
    return row, _one_sided(row) or decision.judge_unpaired(figure, x, y, rules, seed)


def _row(case: Case, key: str, figure: Figure, samples: list[Sample], base: list[Sample]) -> Row:
    x, y = (_values(side, figure) for side in (samples, base))
    return Row(case, key, figure, INCONCLUSIVE, value=median(x) if x else None,
               baseline=median(y) if y else None, samples=len(x), baseline_samples=len(y))


def _values(samples: list[Sample], figure: Figure) -> list[float]:
    return [v for sample in samples if (v := ratios.usable(sample, figure)) is not None]


def _one_sided(row: Row) -> Finding | None:
    """Where one of the two has nothing."""
    if row.samples and row.baseline_samples:
        return None
    if not row.samples and not row.baseline_samples:
        why = "no sample of either can be used"
    else:
        why = f"only {'the baseline' if row.baseline_samples else row.subject} has it"
    return Finding(None, verdict=INCONCLUSIVE, reason=why)


def _decided(found: list[tuple[Row, Finding]], rules: Rules) -> list[Row]:
    """The rows with their verdicts, corrected for how many there are."""
    corrected: dict[int, float] = {}
    for gates in (True, False):
        family = [(i, f.p_value) for i, (row, f) in enumerate(found)
                  if row.gates == gates and f.p_value is not None]
        corrected |= zip((i for i, _ in family), holm.adjusted([p for _, p in family]), strict=True)
    tests = {gates: sum(row.gates == gates and f.p_value is not None for row, f in found)
             for gates in (True, False)}
    return [_decide(row, finding, corrected.get(i), tests[row.gates], rules)
            for i, (row, finding) in enumerate(found)]


def _decide(row: Row, finding: Finding, adjusted: float | None, tests: int, rules: Rules) -> Row:
    made = decision.decide(row.figure, finding, adjusted, rules)
    verdict, reason, note = made.verdict, made.reason, made.note
    if verdict == SAME and row.one_sided:
        # Samples may be missing because they were slow: those that are left can't pass for all.
        verdict, note = INCONCLUSIVE, ""
        reason = f"{row.one_sided} blocks lack it on one side"
    row = replace(row, verdict=verdict, reason=reason, note=note, ratio=finding.ratio,
                  p_value=finding.p_value, adjusted_p=adjusted)
    estimate = finding.estimate
    if estimate is None:
        return row
    return replace(
        row, ratio=_exp(estimate.center), lower=_exp(estimate.lower), upper=_exp(estimate.upper),
        detectable=power.detectable(estimate, tests, rules.log_margin(row.figure)))


def _noise(figure: Figure, control: list[Sample], base: list[Sample], rules: Rules, seed: int
           ) -> tuple[ratios.Pair, Noise]:
    pair = ratios.pair(figure, control, base)
    finding = decision.judge(pair, rules, seed)
    called = decision.beyond_margin(figure, finding, rules)
    estimate = finding.estimate
    if estimate is None:
        return pair, Noise(finding.ratio, None, None, None, called)
    floor = math.expm1(min(700.0, max(abs(estimate.lower), abs(estimate.upper))))
    return pair, Noise(_exp(estimate.center), _exp(estimate.lower), _exp(estimate.upper), floor,
                       called)


def _with_noise(row: Row, found: tuple[ratios.Pair, Noise] | None, tests: int, rules: Rules,
                seed: int) -> Row:
    """The control's word on a row: what it can't measure, it does not decide."""
    if found is None:
        return row
    pair, noise = found
    if row.p_value is not None and noise.floor is not None and len(pair.blocks) >= LEAST_BLOCKS:
        # What decides nothing is shown as if it were tested alone.
        curve = power.detection_curve(pair.log_ratios(), row.blocks, tests if row.gates else 1,
                                      rules.alpha, rules.log_margin(row.figure), seed)
        noise = replace(noise, detection=tuple(curve))
    row = replace(row, noise=noise)
    if noise.called:
        said = "" if noise.ratio is None else f" ({noise.ratio:.3g} times the baseline)"
        return replace(row, verdict=INCONCLUSIVE, note="",
                       reason=f"the control itself is {noise.called} beyond the margin{said}")
    return row


def _incomplete(runs: list[Run]) -> list[str]:
    """Why what was planned was not all done."""
    out = []
    for number, run in enumerate(runs, 1):
        which = f"run {number}" if len(runs) > 1 else "the run"
        if not run.complete:
            out.append(f"{which} was stopped before its plan was carried out")
        out += [f"{name} did not run: {why}" for name, why in run.not_run.items()]
    return out


def _crashes(run: Run, of: Callable[[str], bool]) -> list[str]:
    """A line for each subject whose servers crashed, by its key."""
    out = []
    for key, count in Counter(crash.subject for crash in run.crashes if of(crash.subject)).items():
        where = ", ".join(dict.fromkeys(c.scenario for c in run.crashes if c.subject == key))
        label = run.subjects[key].label if key in run.subjects else key
        out.append(f"{label} ({key}) ended by itself {count} time{'' if count == 1 else 's'} under load "
                   f"({where}); its process was run again, and what it did until then is not in the "
                   "figures.")
    return out


def _only_subject(run: Run, which: str) -> str:
    names = list(dict.fromkeys(sample.subject for sample in run.samples))
    if len(names) == 1:
        return names[0]
    if not names:
        raise InvalidArgumentError(f"the {which} file has no samples")
    raise InvalidArgumentError(f"the {which} file holds {', '.join(names)}: compare takes runs of "
                               "one subject each; triton-py bench report shows a comparison")


def _few(cases: list[Case]) -> str:
    names = ", ".join(str(case) for case in cases[:3])
    return (names + (", ..." if len(cases) > 3 else "")) or "none"


def _exp(value: float) -> float:
    """A logarithm's ratio; infinite where it is beyond all numbers."""
    return math.exp(value) if value < 700 else math.inf
