# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Two builds of one backend under one model."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format

from triton_py.errors import InvalidArgumentError
from triton_py.proto.model_config import DataType, ModelConfig

from .machine import sha256
from .peers import TritonPy
from .results import Subject
from .runner.execute import Contestant
from .scenarios import Catalogue, Scenario, Tensor, tensors


def _config(model: Path) -> ModelConfig:
    """As it is written: nothing is filled in, and only the syntax is checked."""
    path = model / "config.pbtxt"
    try:
        return text_format.Parse(path.read_text(), ModelConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise InvalidArgumentError(f"can't read {path}: {error}") from error


def _declared(model: Path) -> tuple[Tensor, ...]:
    """The inputs, one request of the smallest batch. Raises ``InvalidArgumentError``."""
    config = _config(model)
    texts = []
    for declared in config.input:
        # TYPE_STRING is the one whose name the protocol has another for.
        datatype = DataType.Name(declared.data_type).removeprefix("TYPE_").replace("STRING", "BYTES")
        if datatype == "BYTES" or any(dim < 0 for dim in declared.dims):
            raise InvalidArgumentError(
                f"{model}: the configuration leaves the size of input '{declared.name}' open: "
                f"--input {declared.name}:{datatype}:DIMS says it")
        batch = [1] if config.max_batch_size else []
        dims = ",".join(map(str, [*batch, *declared.dims]))
        texts.append(f"{declared.name}:{datatype}:{dims}")
    if not texts:
        raise InvalidArgumentError(f"{model}: the configuration names no inputs: give --input")
    return tensors(texts)


def scenario(model: Path, inputs: list[str], levels: Sequence[int]) -> tuple[Catalogue, Scenario]:
    """In process, on the model in that folder.

    :param inputs: as they are sent; empty: what the configuration says.
    Raises ``InvalidArgumentError``.
    """
    if not model.is_dir():
        raise InvalidArgumentError(f"'{model}' is no folder of a model")
    model = model.resolve()
    made = Scenario(
        name=model.name.lower().replace("_", "-"), title=f"In process, {model.name}",
        kind="inprocess", model=model.name, inputs=tensors(inputs) or _declared(model),
        levels=tuple(levels), settings={"folder": str(model), "identity": False})
    return Catalogue({made.name: made}, {}), made


def contestants(libraries: Sequence[Path], model: Path, folder: Path) -> list[Contestant]:
    """Each library in a folder of backends of its own. Raises ``InvalidArgumentError``."""
    config = _config(model)
    name = config.backend
    if not name:
        raise InvalidArgumentError(f"{model}: the configuration names no backend")
    made = []
    for index, library in enumerate(libraries):
        if not library.is_file():
            raise InvalidArgumentError(f"there is no file '{library}'")
        place = folder / str(index) / name
        place.mkdir(parents=True)
        # What lies beside a backend may belong to it: scripts, libraries that it loads.
        for beside in library.resolve().parent.iterdir():
            if beside.is_file() and beside.name != library.name and beside.suffix in (".so", ".py"):
                shutil.copy(beside, place)
        shutil.copy(library, place / f"libtriton_{name}.so")
        made.append(Contestant(TritonPy(), folder / str(index), Subject(
            f"{library}", {"sha256": sha256(library), "backend": name})))
    return made
