# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py certify --self-test``: whether the harness finds what is known to be wrong."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triton_py.conformance.specimens.self_test import Verdict

_WORDS = {0: "valid, and every fault was found", 1: "valid, but not all is right", 2: "not valid"}


def self_test(options: argparse.Namespace) -> int:
    """Runs it; returns the exit status. Raises HarnessError."""
    from triton_py.conformance.specimens import self_test as harness

    chosen = harness.chosen(options.specimen)
    specimens = [specimen for specimen in chosen if harness.runs(specimen)]
    for specimen in chosen:
        if specimen not in specimens:
            print(f"not run: no GPU: {specimen.name}")
    verdicts: list[Verdict] = []
    began = time.monotonic()

    def done(verdict: Verdict) -> None:
        verdicts.append(verdict)
        left = f"[{len(verdicts)}/{len(specimens)}]"
        print(f"{left} {_line(verdict)}", flush=True)

    jobs = options.jobs or len(os.sched_getaffinity(0))
    harness.run(
        specimens, seeds=[options.seed], examples=options.examples, jobs=jobs, done=done
    )
    print("\n" + summary(verdicts, time.monotonic() - began))
    if options.json and options.json != "-":
        Path(options.json).write_text(json.dumps(as_json(verdicts), indent=1) + "\n")
    code = harness.exit_code(verdicts)
    print(f"The self-test is {_WORDS[code]}.", file=sys.stderr if code else sys.stdout)
    return code


def _line(verdict: Verdict) -> str:
    specimen = verdict.specimen
    took = f"({verdict.seconds:.0f} s)"
    if verdict.error:
        return f"ERROR   {specimen.name}: {verdict.error.splitlines()[0]}"
    if not specimen.clause:
        said = ", ".join(f"{clause}: {text}" for clause, text in verdict.found.items())
        return f"{'quiet' if verdict.right else 'ALARM'}   {specimen.name} {took} {said}".rstrip()
    if not verdict.took_effect:
        return f"INVALID {specimen.name}: the fault never took effect {took}"
    if verdict.right:
        return f"found   {specimen.name}: {specimen.clause} {took}"
    others = ", ".join(verdict.found) or "nothing"
    return f"MISSED  {specimen.name}: {specimen.clause} should fail; {others} did {took}"


def summary(verdicts: Sequence[Verdict], seconds: float) -> str:
    """The score by class, as docs/certify-self-test.md has it."""
    from triton_py.conformance.specimens.corpus import CLASSES
    from triton_py.conformance.specimens.self_test import score

    lines = ["| class | found | of | what it is |", "|---|---|---|---|"]
    for kind, found, total in score(verdicts):
        lines.append(f"| {kind} | {found} | {total} | {CLASSES[kind]} |")
    faulty = [v for v in verdicts if v.specimen.clause]
    sound = [v for v in verdicts if not v.specimen.clause]
    if faulty:
        lines.append(f"| all | {sum(v.right for v in faulty)} | {len(faulty)} | |")
    lines.append("")
    if sound:
        lines.append(
            f"Sound backends: {len(sound)}, {sum(not v.right for v in sound)} false alarms."
        )
    right = [v.seconds for v in faulty if v.right]
    if right:
        soon = sum(s <= 15 for s in right)
        lines.append(
            f"Until the fault was found: {median(right):.0f} s in the median, at most 15 s for "
            f"{soon} of {len(right)}, {max(right):.0f} s at most."
        )
    lines.append(f"{len(verdicts)} in {seconds:.0f} s.")
    return "\n".join(lines)


def as_json(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    return [
        {
            "specimen": v.specimen.name, "class": v.specimen.kind, "clause": v.specimen.clause,
            "seed": v.seed, "right": v.right, "took_effect": v.took_effect, "found": v.found,
            "error": v.error, "seconds": round(v.seconds, 1), "cases": v.cases,
        }
        for v in verdicts
    ]  # fmt: skip
