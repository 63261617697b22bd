# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A comparison: a row for each figure of each case, and the verdict of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from .figures import Figure
from .results import BASELINE, Case, Run
from .statistics.decision import INCONCLUSIVE, SAME, SLOWER
from .statistics.power import Detection
from .statistics.rules import Rules

#: Exit statuses by verdict. What could not be said is no pass.
EXIT_CODES = {SAME: 0, SLOWER: 1, INCONCLUSIVE: 2}


@dataclass(frozen=True)
class Noise:
    """What the control shows, which is the baseline once more: ratios that should be 1."""

    #: None where there is no ratio, as for zeros.
    ratio: float | None
    lower: float | None
    upper: float | None
    #: How far from 1 its interval reaches, as a part: what differs less can't be told from noise.
    floor: float | None
    #: ``slower`` or ``faster`` where it is so beyond the margin; "" where it is as it should be.
    called: str = ""
    #: The share of injected slowdowns that would have been found.
    detection: tuple[Detection, ...] = ()


@dataclass(frozen=True)
class Row:
    """One figure of one case of one subject, beside the baseline's. Ratios are above 1 where the
    subject is worse, whichever way is better for the figure."""

    case: Case
    #: The subject's key in ``Run.subjects``.
    subject: str
    figure: Figure
    verdict: str
    reason: str = ""
    #: ``faster``, beside the verdict ``same``.
    note: str = ""
    #: 0 or infinite where only one of them is zero; None where there is none.
    ratio: float | None = None
    #: Of the interval whose ends are each wrong in the part ``Rules.alpha`` of cases.
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    #: Corrected for the number of figures that were tested.
    adjusted_p: float | None = None
    #: Medians of the samples, in the figure's unit; None where there are none.
    value: float | None = None
    baseline: float | None = None
    samples: int = 0
    baseline_samples: int = 0
    #: That are in the ratio; unpaired: of the side that has fewer.
    blocks: int = 0
    #: That one of the two has and the other has not.
    one_sided: int = 0
    #: Times only: best sample by best sample.
    minimum_ratio: float | None = None
    #: The slowdown, as a part, that would have been called in 80 % of such runs.
    detectable: float | None = None
    noise: Noise | None = None

    @property
    def gates(self) -> bool:
        return self.figure.gates


@dataclass
class Comparison:
    """Rows, and what they were made from."""

    rules: Rules
    #: One run whose subjects were interleaved, or two runs: the baseline's and the subject's.
    runs: list[Run]
    rows: list[Row] = field(default_factory=list)
    #: Why the run is not whole; each makes the verdict inconclusive, unless it is ``slower``.
    incomplete: list[str] = field(default_factory=list)
    #: What has to be known to read it, and decides nothing.
    warnings: list[str] = field(default_factory=list)

    @property
    def paired(self) -> bool:
        return len(self.runs) == 1

    @property
    def gated(self) -> list[Row]:
        return [row for row in self.rows if row.gates]

    @property
    def verdict(self) -> str:
        """Slower before inconclusive before same."""
        verdicts = {row.verdict for row in self.gated}
        if SLOWER in verdicts:
            return SLOWER
        if not verdicts or INCONCLUSIVE in verdicts or self.incomplete:
            return INCONCLUSIVE
        return SAME

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    @property
    def tests(self) -> int:
        """How many gated figures were tested, which is what the p-values are corrected for."""
        return sum(row.p_value is not None for row in self.gated)

    def label(self, key: str) -> str:
        """A subject's name for people."""
        for run in reversed(self.runs):
            if key in run.subjects:
                return run.subjects[key].label
        return key

    @property
    def baseline_label(self) -> str:
        subject = self.runs[0].subjects.get(BASELINE)
        return subject.label if subject else BASELINE
