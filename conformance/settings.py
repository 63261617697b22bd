# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``conformance.toml``: what a config.pbtxt can't say about a library's models.

    [[model]]
    path = "models/add"                    # relative to this file
    deterministic = true
    reference = "right.py:add"             # a function of a file: arrays of the inputs -> of the outputs
    ranges = { IN = [0.0, 1.0] }           # inclusive bounds of an input's values
    largest = { IN = 512 }                 # of its variable dimensions
    parameters = { temperature = [0, 1] }  # values of request parameters to choose from

    [[tolerate]]
    clause = "cancellation.stops-early"
    reason = "an execution can't be interrupted"
    expires = 2027-01-31
"""

from __future__ import annotations

import difflib
import importlib.util
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .pool import HarnessError
from .sweep import models_for
from .target import ModelUnderTest, Reference, Target, open_target, read_model
from .waivers import Waiver, read

NAME = "conformance.toml"
_TOP = ("model", "tolerate")
_MODEL = ("path", "deterministic", "reference", "ranges", "largest", "parameters")


@dataclass(frozen=True)
class Settings:
    """The file's content, checked. Paths are resolved."""

    path: Path | None = None
    models: tuple[Mapping[str, Any], ...] = ()
    waivers: tuple[Waiver, ...] = ()

    def folders(self) -> list[Path]:
        """The models that it names."""
        assert self.path is not None or not self.models
        return [_folder(self.path, entry) for entry in self.models]  # type: ignore[arg-type]

    def applied(self, model: ModelUnderTest) -> ModelUnderTest:
        """The model with what the file says about it."""
        for entry in self.models:
            assert self.path is not None
            if _folder(self.path, entry) == Path(model.folder):
                return _applied(self.path, entry, model)
        return model


def find(library: Path) -> Path | None:
    """The file beside a library, if there is one."""
    path = library.resolve().parent / NAME
    return path if path.is_file() else None


def read_settings(path: Path) -> Settings:
    """Raises HarnessError with the file, the key and what is wrong with it."""
    path = path.resolve()
    try:
        value = tomllib.loads(path.read_text())
    except OSError as error:
        raise HarnessError(f"{path} can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: {error}") from None
    for key in value:
        _known(path, "", key, _TOP)
    entries = value.get("model", [])
    if not isinstance(entries, list):
        raise HarnessError(f"{path}: model is a list of tables, written [[model]]")
    for number, entry in enumerate(entries, 1):
        _check(path, f"[[model]] number {number}", entry)
    waivers, problems = read(value)
    if problems:
        raise HarnessError(f"{path}: {problems[0]}")
    return Settings(path, tuple(entries), tuple(waivers))


def _known(path: Path, where: str, key: str, names: tuple[str, ...]) -> None:
    if key in names:
        return
    near = difflib.get_close_matches(key, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}"
    raise HarnessError(f"{path}: {where}{': ' if where else ''}there is no key '{key}'; {hint}")


def _check(path: Path, where: str, entry: Any) -> None:
    if not isinstance(entry, Mapping):
        raise HarnessError(f"{path}: {where} is not a table")
    for key in entry:
        _known(path, where, key, _MODEL)

    def wrong(key: str, should: str) -> HarnessError:
        return HarnessError(f"{path}: {where}: {key} is {entry[key]!r}; it is to be {should}")

    if not isinstance(entry.get("path"), str):
        raise HarnessError(f"{path}: {where} has no path: the folder with the model's config.pbtxt")
    if not isinstance(entry.get("deterministic", True), bool):
        raise wrong("deterministic", "true or false")
    reference = entry.get("reference", "x.py:f")
    if not isinstance(reference, str) or not all(reference.rpartition(":")[::2]):
        raise wrong("reference", "a file and a function in it, like 'right.py:add'")
    for key, fits, should in (
        ("ranges", _is_range, "a table of [low, high]"),
        ("largest", _is_size, "a table of numbers from 1 on"),
        ("parameters", _is_list, "a table of lists of values"),
    ):
        table = entry.get(key, {})
        if not isinstance(table, Mapping) or not all(fits(value) for value in table.values()):
            raise wrong(key, should)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
        and value[0] <= value[1]
    )  # fmt: skip


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value)
        and all(isinstance(item, str | int | float) for item in value)
    )  # fmt: skip


def _folder(path: Path, entry: Mapping[str, Any]) -> Path:
    return (path.parent / entry["path"]).resolve()


def _applied(path: Path, entry: Mapping[str, Any], model: ModelUnderTest) -> ModelUnderTest:
    inputs = model.declared.inputs
    for key in ("ranges", "largest"):
        for name in entry.get(key, {}):
            if name not in inputs:
                raise HarnessError(
                    f"{path}: {key}: model '{model.name}' has no input '{name}'; it has "
                    f"{', '.join(inputs)}"
                )
    reference = ""
    if "reference" in entry:
        file, _, function = entry["reference"].rpartition(":")
        reference = f"{path.parent / file}:{function}"
    return replace(
        model,
        deterministic=entry.get("deterministic", True),
        reference=load_function(reference) if reference else None,
        reference_text=reference,
        ranges={k: (float(v[0]), float(v[1])) for k, v in entry.get("ranges", {}).items()},
        largest=dict(entry.get("largest", {})),
        parameters=dict(entry.get("parameters", {})),
    )


def load_function(text: str) -> Reference:
    """Raises HarnessError where the file can't be run or has no such function."""
    file, _, name = text.rpartition(":")
    source = Path(file)
    spec = importlib.util.spec_from_file_location("triton_py_reference", source)
    if not source.is_file() or spec is None or spec.loader is None:
        raise HarnessError(f"the reference function's file '{source}' is not there, or no .py file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a file of the user's raises
        raise HarnessError(f"{source}: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise HarnessError(f"{source} has no function '{name}'")
    found: Reference = function
    return found


def read_target(
    library: Path, folders: Sequence[Path], config: str | None
) -> tuple[Target, Settings]:
    """The library with its models: those of the folders, else those of the conformance.toml, which is
    ``config`` or lies beside the library, else what a sweep finds. Raises HarnessError."""
    target = open_target(library, ())
    path = Path(config) if config else find(library)
    settings = read_settings(path) if path is not None else Settings()
    chosen = list(folders) or settings.folders()
    models = [settings.applied(read_model(folder, target.backend)) for folder in chosen]
    return replace(target, models=tuple(models or models_for(target))), settings
