# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a reproduce.py calls: looks again, and says what it sees."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from ..cases import Case
from ..pool import HarnessError, Pool
from ..reference import load
from ..replay import replay_value
from ..target import open_target, read_model
from ..wording import told


def main(
    *, clause: str, library: str, model: Path, property: str, number: int, value: Any,
    before: Path | Sequence[Any], deterministic: bool, reference: str,
) -> NoReturn:  # fmt: skip
    """Exits with 1 where the clause is violated, with 0 where it is not, with 2 on a problem."""
    parser = argparse.ArgumentParser(description=f"Looks whether {clause} is violated.")
    parser.add_argument("--library", default=library, help="default: %(default)s")
    options = parser.parse_args()
    try:
        target = open_target(Path(options.library), ())
        under_test = replace(read_model(model, target.backend), deterministic=deterministic)
        if reference:
            under_test = replace(under_test, reference=load(reference, Path()))
        earlier = json.loads(before.read_text()) if isinstance(before, Path) else before
        with Pool(target.library, target.backend) as pool:
            found = replay_value(
                pool, replace(target, models=(under_test,)), under_test, property, number, value,
                [Case.from_json(case) for case in earlier], clause,
            )  # fmt: skip
    except (HarnessError, LookupError, OSError) as error:
        print(f"it could not be tried: {error}", file=sys.stderr)
        sys.exit(2)
    if found is None:
        print(f"{clause} holds, this time.")
        sys.exit(0)
    print("\n".join(told(found.events, found.finding.seq)))
    print(f"\n{clause} is violated: {found.finding.summary}")
    sys.exit(1)
