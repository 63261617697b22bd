# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``conformance.toml``: what a library's author knows and a config.pbtxt has no field for.

Nothing in it is ignored in silence: each key that is not known and each value that would have no
effect is a problem with its place, and all problems are told at once.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import reference, waivers
from .bounds import largest_problem, range_problem
from .configs import DeclaredTensor
from .pool import HarnessError
from .target import ModelUnderTest, Reference

FILE = "conformance.toml"
#: What may be said for all models and for one.
MODEL_KEYS = ("deterministic", "reference", "ranges", "largest", "parameters")
KEYS = (*MODEL_KEYS, "model", "tolerate")
#: In ``[largest]``: all inputs that are not named.
ALL = "*"


class SettingsError(Exception):
    """The file can't be used; ``problems`` has a sentence for each reason, with file and key."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class ModelSettings:
    """The keys of the file itself or of a ``[[model]]``; None and empty: not said."""

    #: Their place in the file: "" or "model[1].".
    place: str = ""
    deterministic: bool | None = None
    reference: str | None = None
    function: Reference | None = None
    #: The reference with its file's whole path, for another process to find it.
    reference_path: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    largest: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def over(self, model: ModelUnderTest) -> ModelUnderTest:
        """The model with what is said here; tables are laid over those that it has, key by key."""
        inputs = model.declared.inputs
        if self.deterministic is not None:
            model = replace(model, deterministic=self.deterministic)
        if self.function is not None:
            text = self.reference or ""
            function = reference.Guarded(self.function, text, model.declared)
            model = replace(model, reference=function, reference_text=self.reference_path)
        largest = {"" if name == ALL else name: size for name, size in self.largest.items()}
        return replace(
            model,
            ranges={**model.ranges, **{n: r for n, r in self.ranges.items() if n in inputs}},
            largest={**model.largest, **largest},
            parameters={**model.parameters, **self.parameters},
        )


@dataclass(frozen=True)
class Settings:
    """A file that was read."""

    path: Path
    text: str
    everywhere: ModelSettings
    #: Model folder, resolved -> what is said about this model.
    models: Mapping[Path, ModelSettings] = field(default_factory=dict)
    waivers: tuple[waivers.Waiver, ...] = ()

    def applied(self, models: Sequence[ModelUnderTest]) -> list[ModelUnderTest]:
        """The models as the file wants them. Raises SettingsError where it does not fit them."""
        problems = _unfit(self.everywhere, models)
        found = []
        for model in models:
            own = self.models.get(Path(model.folder), ModelSettings())
            problems += _unfit(own, [model])
            found.append(own.over(self.everywhere.over(model)))
        if problems:
            raise SettingsError([f"{self.path}: {problem}" for problem in problems])
        return found


def read(path: Path) -> Settings:
    """Raises SettingsError."""
    try:
        text = path.read_bytes().decode()
        value = tomllib.loads(text)
    except OSError as error:
        raise SettingsError([f"{path} can't be read: {error.strerror}"]) from None
    except ValueError as error:  # no UTF-8, no TOML
        raise SettingsError([f"{path}: {error}"]) from None
    problems = _unknown(value, KEYS, "")
    everywhere = _model_settings(value, "", path.parent, problems)
    models: dict[Path, ModelSettings] = {}
    entries = value.get("model", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        problems.append("model: it is a list of tables, written [[model]]")
        entries = []
    for number, entry in enumerate(entries, 1):
        place = f"model[{number}]."
        problems += _unknown(entry, ("path", *MODEL_KEYS), place)
        folder = _folder(entry.get("path"), path.parent, f"{place}path", problems)
        if folder in models:
            problems.append(f"{place}path: '{entry['path']}' is there already")
        own = _model_settings(entry, place, path.parent, problems)
        if folder is not None:
            models[folder] = own
    found, wrong = waivers.read(value.get("tolerate", []))
    problems += wrong
    if problems:
        raise SettingsError([f"{path}: {problem}" for problem in problems])
    return Settings(path, text, everywhere, models, tuple(found))


def _unknown(table: Mapping[str, Any], known: Sequence[str], place: str) -> list[str]:
    return [f"{place}{key}: there is no such key; {_hint(key, known)}"
            for key in table if key not in known]  # fmt: skip


def _hint(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names) or 'none'}"


def _folder(value: Any, base: Path, place: str, problems: list[str]) -> Path | None:
    if not isinstance(value, str) or not value:
        problems.append(f"{place}: name a model folder, relative to this file")
        return None
    folder = base / value
    if not (folder / "config.pbtxt").is_file():
        problems.append(f"{place}: there is no model folder with a config.pbtxt at '{folder}'")
        return None
    return folder.resolve()


def _model_settings(
    table: Mapping[str, Any], place: str, base: Path, problems: list[str]
) -> ModelSettings:
    def wrong(key: str, what: str) -> None:
        problems.append(f"{place}{key}: {what}")

    deterministic = table.get("deterministic")
    if deterministic is not None and not isinstance(deterministic, bool):
        wrong("deterministic", "it is true or false")
        deterministic = None
    text, function = table.get("reference"), None
    if text is not None and not isinstance(text, str):
        wrong("reference", "it is written \"FILE.py:FUNCTION\"")
    elif text is not None:
        try:
            function = reference.load(text, base)
        except HarnessError as error:
            wrong("reference", str(error))
    tables: dict[str, dict[str, Any]] = {}
    for key in ("ranges", "largest", "parameters"):
        entries = table.get(key, {})
        if key == "largest" and isinstance(entries, int) and not isinstance(entries, bool):
            entries = {ALL: entries}
        if not isinstance(entries, dict):
            wrong(key, f"it is a table, written [{key}]")
            entries = {}
        tables[key] = {}
        for name, value in entries.items():
            what = _READERS[key](value)
            if isinstance(what, str):
                wrong(f"{key}.{name}", what)
            else:
                tables[key][name] = what[0]
    path = str((base / text.rpartition(":")[0]).resolve()) if function and text else ""
    found = f"{path}:{text.rpartition(':')[2]}" if function and text else ""
    return ModelSettings(
        place, deterministic, text if function else None, function, found, **tables
    )


def _range(value: Any) -> str | tuple[tuple[float, float]]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    ):
        return "it is written [lowest, highest], two numbers"
    low, high = value
    # Not a number is neither.
    if not low <= high or any(abs(v) == float("inf") for v in value):
        return f"{low} to {high} is not a range of values"
    return ((low, high),)


def _largest(value: Any) -> str | tuple[int]:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return "it is a whole number from 1 on"
    return (value,)


def _values(value: Any) -> str | tuple[tuple[Any, ...]]:
    if not isinstance(value, list) or not value:
        return "it is a list of the values that a request may have"
    for item in value:
        if not isinstance(item, str | bool | int | float):
            return f"{item!r} is no value of a parameter: those are text, numbers, true and false"
        if isinstance(item, int) and not -(2**63) <= item < 2**63:
            return f"{item} does not fit into 64 bits"
        if isinstance(item, str) and "\0" in item:
            return "a text has a zero byte, where the C API ends it"
    return (tuple(value),)


_READERS = {"ranges": _range, "largest": _largest, "parameters": _values}


def _unfit(said: ModelSettings, models: Sequence[ModelUnderTest]) -> list[str]:
    """What names no input of these models, or one that it has no meaning for."""
    problems = []
    tensors = [tensor for model in models for tensor in model.declared.inputs.values()]

    def having(key: str, name: str) -> list[DeclaredTensor]:
        found = [tensor for tensor in tensors if tensor.name == name]
        if not found:
            names = dict.fromkeys(tensor.name for tensor in tensors)
            problems.append(
                f"{said.place}{key}.{name}: no model has such an input; {_hint(name, names)}"
            )
        return found

    for name, bounds in said.ranges.items():
        # They are for each model that has the input.
        what = [w for w in (range_problem(t, bounds) for t in having("ranges", name)) if w]
        problems += [f"{said.place}ranges.{name}: {w}" for w in what[:1]]
    for name in (n for n in said.largest if n != ALL):
        # It is enough that one model has a size to limit.
        found = having("largest", name)
        if found and all(largest_problem(tensor) for tensor in found):
            problems.append(f"{said.place}largest.{name}: {largest_problem(found[0])}")
    return problems
