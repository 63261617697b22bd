# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The library under test and the models that it is tested with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format

from .cases import CaseModel
from .configs import Declared, declared
from .pool import HarnessError

_NAME = re.compile(r"libtriton_([\w.+-]+)\.so", re.ASCII)

Arrays = Mapping[str, np.ndarray]
#: A reference function: the arrays of a request's inputs -> those of its outputs; a decoupled model's
#: may answer with a list, an element for each response.
Reference = Callable[[Arrays], Arrays | Sequence[Arrays]]


@dataclass(frozen=True)
class ModelUnderTest:
    """A model, by its completed configuration."""

    name: str
    config: str
    folder: str = ""
    deterministic: bool = True
    reference: Reference | None = None
    #: Where that was found: "file.py:function"; "": it is no function of a file.
    reference_text: str = ""
    #: Inclusive bounds of an input's values, by its name.
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    #: The largest size of a variable dimension, by the input's name; "" for all others.
    largest: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def declared(self) -> Declared:
        return declared(self.config)

    def case_model(self, config: str | None = None, name: str | None = None) -> CaseModel:
        return CaseModel(name or self.name, self.config if config is None else config, self.folder)


@dataclass(frozen=True)
class Target:
    library: Path
    backend: str
    sha256: str
    models: tuple[ModelUnderTest, ...]


def open_target(library: Path, models: Sequence[ModelUnderTest]) -> Target:
    """Raises HarnessError where the file is not there or has no backend's name."""
    match = _NAME.fullmatch(library.name)
    if match is None:
        raise HarnessError(
            f"'{library}' is not named as a backend: libtriton_<name>.so is what a server looks for"
        )
    if not library.is_file():
        raise HarnessError(f"there is no file '{library}'")
    digest = hashlib.sha256(library.read_bytes()).hexdigest()
    return Target(library.resolve(), match.group(1), digest, tuple(models))


def read_model(folder: Path, backend: str) -> ModelUnderTest:
    """A model from its folder. Raises HarnessError where its configuration can't be used."""
    path = folder / "config.pbtxt"
    if not path.is_file():
        raise HarnessError(f"the model folder '{folder}' has no config.pbtxt")
    text = path.read_text()
    try:
        facts = declared(text)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: {error}") from None
    if facts.backend != backend:
        raise HarnessError(
            f"{path} is for the backend '{facts.backend}', the library is '{backend}'"
        )
    return ModelUnderTest(folder.resolve().name, text, str(folder.resolve()))
