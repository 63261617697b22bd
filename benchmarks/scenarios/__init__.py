# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What there is to run, as data: the TOML files beside this one.

A file holds models, each a ``config.pbtxt``, and scenarios, each a model under a kind of load:

.. code-block:: toml

    [models.identity]
    config = 'backend: "identity" ...'  # or: tensors = 64, for as many inputs and outputs
    file = "magika:models/*/model.onnx" # of an installed package, for the version's folder; optional
    needs = ["onnxruntime"]             # packages without which there is nothing to run; optional
    source = "python/mine.py"           # its model.py, a path beside this file; optional
    beside = ["step"]                   # models of this file that it needs beside it; optional

    [[scenario]]
    name = "http-identity"              # of a case, in reports and on the command line
    title = "HTTP, 16 floats"
    kind = "http"                       # who makes the load: see load/
    model = "identity"
    inputs = ["INPUT0:FP32:16"]         # NAME[*N]:DATATYPE:DIMS[:BYTES of a BYTES tensor]
    levels = [1, 8, 32, 128]            # closed loops: requests in flight
    rates = [2000]                      # open loops: requests a second
    tags = ["smoke"]                    # sets of scenarios, by --set

What else an entry has goes to its kind as ``settings``. Of an in-process scenario these are
``identity`` (false: the outputs are not the inputs, and not compared with them) and ``below`` (the
inputs' elements, of an integer type, are from 0 up to below this). Over HTTP and gRPC ``answer`` names
what the outputs are instead, one of ``answers.ANSWERS``. Of a gRPC scenario ``stream`` says
how many requests are sent on each stream of ModelStreamInfer, all at once; without it each is a call
of ModelInfer. Levels are then streams at the same time, latencies those of a whole stream.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triton_py.errors import InvalidArgumentError

from ..figures import FIGURES
from ..results import Case
from .answers import ANSWERS
from .packages import Parts

#: Kind -> what it is. The functions that make the load are in ``runner``.
KINDS = {
    "inprocess": "closed loop over the in-process C API",
    "http": "closed and open loops over HTTP",
    "grpc": "closed and open loops over gRPC",
    "start": "from the command to ready, and memory at rest",
    "reload": "a model's load and unload, again and again",
}

#: What a scenario may say beside the fields of ``Scenario``, and what it is.
SETTINGS = {"encoding": str, "connections": int, "copies": int, "cycles": int, "flags": list,
            "outputs": list, "identity": bool, "answer": str, "below": int, "goals": dict,
            "stream": int}
_ENCODINGS = {"http": ("binary", "json"), "grpc": ("raw", "typed")}
_WORDS = {str: "text", int: "a whole number above 0", list: "a list of texts",
          bool: "true or false", dict: "a table"}

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_DATATYPES = {"BOOL": 1, "INT8": 1, "UINT8": 1, "INT16": 2, "UINT16": 2, "FP16": 2, "BF16": 2,
              "INT32": 4, "UINT32": 4, "FP32": 4, "INT64": 8, "UINT64": 8, "FP64": 8, "BYTES": 0}


@dataclass(frozen=True)
class Tensor:
    """An input as a scenario names it."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    #: Of the whole tensor.
    size: int

    @property
    def elements(self) -> int:
        count = 1
        for dim in self.shape:
            count *= dim
        return count

    def __str__(self) -> str:
        dims = ",".join(map(str, self.shape))
        size = f":{self.size}" if self.datatype == "BYTES" else ""
        return f"{self.name}:{self.datatype}:{dims}{size}"


def tensor(text: str) -> Tensor:
    """From ``NAME:DATATYPE:DIMS[:BYTES]``. Raises ``InvalidArgumentError``."""
    parts = text.split(":")
    try:
        name, datatype, dims = parts[:3]
        shape = tuple(int(dim) for dim in dims.split(",")) if dims else ()
        each = _DATATYPES[datatype]
        sizes = [int(part) for part in parts[3:]]
    except (ValueError, KeyError) as error:
        raise InvalidArgumentError(f"'{text}' is no tensor: expected NAME:DATATYPE:DIMS, or "
                                   f"NAME:BYTES:DIMS:SIZE") from error
    made = Tensor(name, datatype, shape, 0)
    if len(sizes) != (datatype == "BYTES") or any(dim < 0 for dim in shape):
        raise InvalidArgumentError(f"'{text}' is no tensor: a size in bytes belongs to BYTES, and "
                                   f"to nothing else")
    size = sizes[0] if sizes else each * made.elements
    if sizes and (size < 4 * made.elements or made.elements and size % made.elements):
        raise InvalidArgumentError(f"'{text}' is no tensor: {made.elements} elements of equal "
                                   f"length, with 4 bytes each before them, don't have {size} bytes")
    return Tensor(name, datatype, shape, size)


def tensors(texts: list[str]) -> tuple[Tensor, ...]:
    """As ``tensor``; ``INPUT*3:FP32:16`` is INPUT0, INPUT1 and INPUT2."""
    made = []
    for text in texts:
        name, colon, rest = text.partition(":")
        stem, star, count = name.partition("*")
        if star and not count.isdigit():
            raise InvalidArgumentError(f"'{text}' is no tensor: '{count}' is no number of them")
        names = [f"{stem}{i}" for i in range(int(count))] if star else [name]
        made += [tensor(one + colon + rest) for one in names]
    return tuple(made)


def _identity(count: int) -> str:
    """A configuration with so many inputs and outputs."""
    parts = ['backend: "identity"']
    for i in range(count):
        parts += [f'{kind} {{ name: "{kind.upper()}{i}" data_type: TYPE_FP32 dims: [ 16 ] }}'
                  for kind in ("input", "output")]
    return "\n".join(parts)


@dataclass(frozen=True)
class Scenario:
    """A model under a kind of load."""

    name: str
    title: str
    kind: str
    model: str = ""
    inputs: tuple[Tensor, ...] = ()
    levels: tuple[int, ...] = ()
    rates: tuple[int, ...] = ()
    tags: frozenset[str] = frozenset()
    #: What else the kind understands: ``encoding`` of tensors, ``connections``, ``copies``.
    settings: dict[str, Any] = field(default_factory=dict)

    def cases(self) -> list[Case]:
        made = [Case(self.name, str(level)) for level in self.levels]
        made += [Case(self.name, f"{rate}/s") for rate in self.rates]
        return made or [Case(self.name)]


@dataclass(frozen=True)
class Catalogue:
    """All scenarios, and the models they need."""

    scenarios: dict[str, Scenario]
    #: Name -> config.pbtxt.
    models: dict[str, str]
    #: Name -> what else the model is made of; absent: nothing.
    parts: dict[str, Parts] = field(default_factory=dict)

    def chosen(self, names: list[str], sets: list[str]) -> list[Scenario]:
        """By name (with ``*`` as a wildcard) or by set; all where nothing is named.

        Raises ``InvalidArgumentError`` for a name or set that there is not.
        """
        found = []
        for name in names:
            pattern = re.compile(re.escape(name).replace(r"\*", ".*"))
            matching = [s for s in self.scenarios if pattern.fullmatch(s)]
            if not matching:
                raise InvalidArgumentError(f"no scenario '{name}'; there are: "
                                           + ", ".join(self.scenarios))
            found += matching
        tags = sorted({tag for s in self.scenarios.values() for tag in s.tags})
        for tag in sets:
            if tag not in tags:
                raise InvalidArgumentError(f"no set '{tag}'; there are: {', '.join(tags)}")
            found += [name for name, s in self.scenarios.items() if tag in s.tags]
        if not names and not sets:
            found = list(self.scenarios)
        return [self.scenarios[name] for name in dict.fromkeys(found)]


def _is(value: Any, kind: Any) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    # A bool is an int, too, but no number of anything.
    return type(value) is kind and (type(value) is not int or value > 0)


def _check_keys(data: dict[str, Any], name: str, where: str) -> None:
    """That each key is known and of its type: what is misspelt would be ignored otherwise."""
    types = {"name": str, "title": str, "kind": str, "model": str, "inputs": list, "tags": list,
             **SETTINGS}
    for key, value in data.items():
        if key in ("levels", "rates"):
            if not isinstance(value, list) or any(type(v) is not int or v < 1 for v in value):
                raise InvalidArgumentError(f"{where}: {key} of '{name}' are whole numbers above 0")
        elif key not in types:
            raise InvalidArgumentError(f"{where}: '{name}' says '{key}', which no scenario has; there "
                                       f"are: {', '.join([*types, 'levels', 'rates'])}")
        elif not _is(value, types[key]):
            raise InvalidArgumentError(f"{where}: {key} of '{name}' is {_WORDS[types[key]]}, not "
                                       f"{value!r}")


def _check_whole(scenario: Scenario, where: str) -> None:
    """That it has what its kind needs, and nothing that its kind has no use for."""
    name, kind = scenario.name, scenario.kind
    loaded = kind in ("inprocess", "http", "grpc")
    if not scenario.model:
        raise InvalidArgumentError(f"{where}: '{name}' has no model")
    if not scenario.inputs and kind != "start":
        raise InvalidArgumentError(f"{where}: '{name}' has no inputs")
    if loaded and not scenario.levels and (kind == "inprocess" or not scenario.rates):
        raise InvalidArgumentError(f"{where}: '{name}' has no levels")
    if scenario.rates and kind not in _ENCODINGS or scenario.levels and not loaded:
        what = "rates" if scenario.rates else "levels"
        raise InvalidArgumentError(f"{where}: '{name}' has {what}, which a scenario of kind '{kind}' "
                                   "has no use for")
    if "stream" in scenario.settings and (kind != "grpc" or scenario.rates):
        raise InvalidArgumentError(f"{where}: '{name}' has a stream, which is for closed loops of the "
                                   "kind 'grpc' alone")
    answer = scenario.settings.get("answer")
    if answer is not None and (answer not in ANSWERS or kind not in _ENCODINGS):
        raise InvalidArgumentError(f"{where}: '{name}' has the answer '{answer}', expected, over HTTP "
                                   f"or gRPC, one of {', '.join(ANSWERS)}")
    encoding = scenario.settings.get("encoding")
    if encoding is not None and encoding not in _ENCODINGS.get(kind, ()):
        raise InvalidArgumentError(
            f"{where}: encoding of '{name}' is '{encoding}', expected "
            + (" or ".join(_ENCODINGS.get(kind, ())) or f"none for the kind '{kind}'"))
    levels = [case.level for case in scenario.cases()]
    for goal, ratio in scenario.settings.get("goals", {}).items():
        figure, _, level = goal.partition("@")
        if figure not in FIGURES:
            raise InvalidArgumentError(f"{where}: '{name}' has a goal for '{figure}', which is no "
                                       "figure")
        if level and level not in levels:
            raise InvalidArgumentError(f"{where}: '{name}' has a goal at '{level}', which is none of "
                                       "its levels")
        if type(ratio) not in (int, float) or not ratio > 0:
            raise InvalidArgumentError(f"{where}: the goal '{goal}' of '{name}' is a number above 0, "
                                       f"not {ratio!r}")


def _scenario(data: Any, models: dict[str, str], where: str) -> Scenario:
    if not isinstance(data, dict):
        raise InvalidArgumentError(f"{where}: a scenario is a table, [[scenario]], not {data!r}")
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidArgumentError(f"{where}: a scenario's name is lower-case letters, digits, '-' "
                                   f"and '.', not {name!r}")
    _check_keys(data, name, where)
    data = dict(data)
    data["inputs"] = tensors(data.get("inputs", []))
    for key in ("levels", "rates"):
        data[key] = tuple(data.get(key, []))
    data["tags"] = frozenset(data.get("tags", []))
    known = set(Scenario.__dataclass_fields__) - {"settings"}
    data["settings"] = {key: data.pop(key) for key in list(data) if key not in known}
    if data.get("kind") not in KINDS:
        raise InvalidArgumentError(f"{where}: kind of '{name}' is {data.get('kind')!r}, expected one "
                                   f"of {', '.join(KINDS)}")
    if data.get("model", "") not in ("", *models):
        raise InvalidArgumentError(f"{where}: '{name}' is about the model '{data['model']}', which "
                                   f"is not in the file")
    data.setdefault("title", name)
    made = Scenario(**data)
    _check_whole(made, where)
    return made


def _models(data: dict[str, Any], where: str) -> dict[str, str]:
    """Name -> config.pbtxt."""
    found = data.get("models", {})
    if not isinstance(found, dict):
        raise InvalidArgumentError(f"{where}: models are tables, [models.NAME]")
    made = {}
    for name, model in found.items():
        config = model.get("config") if isinstance(model, dict) else None
        count = model.get("tensors") if isinstance(model, dict) else None
        if config is None and count is None:
            raise InvalidArgumentError(f"{where}: the model '{name}' has neither 'config' nor "
                                       "'tensors'")
        more = {key: value for key, value in model.items() if key not in ("config", "tensors")}
        if (config is None) == (count is None) or not (_is(config, str) or _is(count, int)):
            raise InvalidArgumentError(f"{where}: the model '{name}' is its 'config', a text, or its "
                                       "'tensors', how many of them")
        if more.keys() - {"file", "source", "needs", "beside"} or not (
                all(_is(more.get(key, ""), str) for key in ("file", "source"))
                and all(_is(more.get(key, []), list) for key in ("needs", "beside"))):
            raise InvalidArgumentError(f"{where}: the model '{name}' may have a 'file' and a 'source', "
                                       "texts, and what it 'needs' and has 'beside' it, lists of texts; "
                                       "and nothing else")
        absent = [one for one in more.get("beside", []) if one not in found]
        if absent:
            raise InvalidArgumentError(f"{where}: the model '{name}' has '{absent[0]}' beside it, "
                                       "which is not in the file")
        made[name] = str(config) if count is None else _identity(count)
    return made


def _parts(model: dict[str, Any], name: str, path: Path) -> Parts:
    source = path.parent / model["source"] if "source" in model else None
    if source is not None and not source.is_file():
        raise InvalidArgumentError(f"{path.name}: the source of the model '{name}' is {source}, and "
                                   "there is no such file")
    return Parts(model.get("file", ""), tuple(model.get("needs", [])), source,
                 tuple(model.get("beside", [])))


def read(paths: list[Path]) -> Catalogue:
    """Raises ``InvalidArgumentError``."""
    scenarios: dict[str, Scenario] = {}
    models: dict[str, str] = {}
    parts: dict[str, Parts] = {}
    for path in paths:
        try:
            data = tomllib.loads(path.read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidArgumentError(f"can't read scenarios from {path}: {error}") from error
        unknown = set(data) - {"models", "scenario"}
        if unknown:
            raise InvalidArgumentError(f"{path.name}: '{min(unknown)}' is neither 'models' nor "
                                       "'scenario'")
        own = _models(data, path.name)
        # The scenarios of another file would be run on it.
        for name in own:
            if name in models:
                raise InvalidArgumentError(f"{path.name}: a second model '{name}'")
        models.update(own)
        parts.update({name: _parts(model, name, path)
                      for name, model in data.get("models", {}).items()})
        entries = data.get("scenario", [])
        if not isinstance(entries, list):
            raise InvalidArgumentError(f"{path.name}: scenarios are written as [[scenario]]")
        for entry in entries:
            made = _scenario(entry, own, path.name)
            if made.name in scenarios:
                raise InvalidArgumentError(f"{path.name}: a second scenario '{made.name}'")
            scenarios[made.name] = made
    return Catalogue(scenarios, models, parts)


def builtin_files() -> list[Path]:
    """Ours."""
    return sorted(Path(__file__).parent.glob("*.toml"))


def builtin() -> Catalogue:
    return read(builtin_files())
