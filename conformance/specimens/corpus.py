# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The corpus: each specimen is a patch, with what it is about in the lines above the diff."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..clauses import clauses
from ..configs import declared
from ..target import ModelUnderTest
from .reference import changed, repeated, summed

HERE = Path(__file__).parent
SOUND = HERE / "sound"
MODELS = HERE / "models"
PATCHES = HERE / "patches"
BACKEND = "specimen"

#: How a fault behaves, which is how hard it is to see.
CLASSES = {
    "always": "wrong each time",
    "liar": "right at first, alone, when small, in most types: wrong where few look",
    "error path": "wrong when a call to the server fails",
    "leak": "takes something for good",
    "race": "wrong when several threads meet",
    "crash": "ends the process",
    "hang": "does not come back",
}
_KEYS = ("Clause", "Class", "Model", "Fault")


@dataclass(frozen=True)
class Specimen:
    """One fault."""

    #: ``<group>/<file's name>``.
    name: str
    #: None: the sound backend.
    patch: Path | None
    #: What has to fail. "": nothing has to, for it is sound.
    clause: str
    kind: str
    model: str
    fault: str
    #: Where the fault keeps the library from being loaded: what is to be in the violation's summary
    #: in place of the mark that it took effect.
    effect: str = ""
    #: It shows with a GPU alone.
    needs_gpu: bool = False


@cache
def corpus() -> dict[str, Specimen]:
    """All specimens by name. Raises ValueError for a patch that does not say what it must."""
    found = {}
    for path in sorted(PATCHES.glob("*/*.patch")):
        specimen = _read(path)
        found[specimen.name] = specimen
    return found


def sound(model: str) -> Specimen:
    """The sound backend with one of its models."""
    return Specimen(f"sound/{model}", None, "", "", model, "none")


def _read(path: Path) -> Specimen:
    fields: dict[str, str] = {}
    for line in path.read_text().splitlines():
        if line.startswith("--- "):
            break
        key, colon, value = line.partition(": ")
        if not colon or key in fields:
            raise ValueError(f"{path}: '{line}' is no 'Key: value', or is there twice")
        fields[key] = value.strip()
    for key in _KEYS:
        if key not in fields:
            raise ValueError(f"{path}: there is no '{key}: ' above the diff")
    if unknown := set(fields) - {*_KEYS, "Effect", "Needs"}:
        raise ValueError(f"{path}: nobody reads '{min(unknown)}'")
    if fields["Clause"] not in clauses():
        raise ValueError(f"{path}: there is no clause '{fields['Clause']}'")
    if fields["Class"] not in CLASSES:
        raise ValueError(f"{path}: there is no class '{fields['Class']}'")
    if fields["Model"] not in models():
        raise ValueError(f"{path}: there is no model '{fields['Model']}'")
    name = f"{path.parent.name}/{path.stem}"
    return Specimen(name, path, fields["Clause"], fields["Class"], fields["Model"],
                    fields["Fault"], fields.get("Effect", ""), fields.get("Needs") == "GPU")


@cache
def models() -> dict[str, ModelUnderTest]:
    """The sound backend's models, with what their answers have to be."""
    found = {}
    for path in sorted(MODELS.glob("*/config.pbtxt")):
        name, text = path.parent.name, path.read_text()
        facts = declared(text)
        reference = repeated if facts.decoupled else summed if facts.sequence else changed
        found[name] = ModelUnderTest(name, text, reference=reference)
    return found
