# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether what was found shows again in a fresh process, and what has to be run before it if not.

A reproducer that reproduces nothing is worse than none: each violation is looked at once more before it
is written down, alone, and where that shows nothing after the cases that its process had run before.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from .cases import Case
from .examiner import Examiner, Violated
from .pool import HarnessError, Pool
from .replay import replay
from .results import Violation
from .target import Target

#: How many earlier cases are tried, one after the other; -1: all.
_EARLIER = (0, 2, 8, 32, -1)
#: For one violation, and for all.
_EACH_S = 20.0
_ALL_S = 60.0


def confirm(ex: Examiner, target: Target) -> None:
    """Fills ``again`` of each violation, and ``before`` of its origin where that is needed."""
    end = time.monotonic() + _ALL_S
    for violated, violation in ex.noted:
        if time.monotonic() < end:
            _confirm(violated, violation, target, min(end, time.monotonic() + _EACH_S))


def _confirm(violated: Violated, violation: Violation, target: Target, end: float) -> None:
    origin, before = violation.origin, violated.before
    assert origin is not None
    model = next(m for m in target.models if m.name == origin.model)
    tried, looked = -1, False
    for count in _EARLIER:
        earlier = before if count < 0 else before[len(before) - count :] if count else ()
        if len(earlier) <= tried or time.monotonic() > end:
            continue
        tried = len(earlier)
        candidate = replace(origin, before=tuple(_as_json(case) for case in earlier))
        try:
            with Pool(target.library, target.backend) as pool:
                found = replay(pool, target, model, candidate, violated.finding.clause)
        except (HarnessError, LookupError):
            continue
        looked = True
        if found is not None:
            violation.origin, violation.again = candidate, "yes"
            return
    # Where it could not be tried nothing is said.
    violation.again = "no" if looked else ""


def _as_json(case: Case) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(case.to_json()))
    return value
