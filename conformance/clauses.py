# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The specification: clauses with ids that stay, read from ``clauses/*.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("clauses")

#: Profiles in the order in which they are shown, and what each is for.
PROFILES = {
    "core": "every backend",
    "batching": "models with a maximum batch size above 1",
    "multi-instance": "several instances or models at a time",
    "decoupled": "models that send any number of responses",
    "sequence-control": "models with a sequence batcher",
    "cancellation": "requests that are cancelled",
    "fault-tolerance": "calls to the server that fail",
    "performance-hygiene": "leaks and growth",
    "gpu": "tensors in GPU memory",
}
LEVELS = ("MUST", "SHOULD")


@dataclass(frozen=True)
class Clause:
    """One rule of the API. ``id`` is ``<group>.<name>`` and never changes its meaning."""

    id: str
    level: str
    profile: str
    sentence: str
    functions: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


@cache
def clauses() -> dict[str, Clause]:
    """All clauses by id, ordered by profile."""
    found: dict[str, Clause] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["clause"]:
            clause = Clause(
                entry["id"],
                entry["level"],
                entry["profile"],
                entry["sentence"].strip(),
                tuple(entry.get("functions", ())),
            )
            if clause.group != path.stem:
                raise ValueError(f"{path}: {clause.id} belongs into {clause.group}.toml")
            if clause.level not in LEVELS or clause.profile not in PROFILES:
                raise ValueError(f"{path}: {clause.id} has an unknown level or profile")
            if clause.id in found:
                raise ValueError(f"{path}: {clause.id} is there twice")
            found[clause.id] = clause
    order = list(PROFILES)
    return dict(sorted(found.items(), key=lambda item: order.index(item[1].profile)))
