# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model repositories for tests, written in the text form of config.pbtxt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

Tensor = tuple[str, str, list[int]]


def tensors(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> str:
    """The input and output entries of a configuration, from (name, TYPE_..., dims)."""

    def entries(key: str, of: Sequence[Tensor]) -> str:
        return "".join(
            f'{key} {{ name: "{name}" data_type: {kind} dims: {dims} }}\n'
            for name, kind, dims in of
        )

    return entries("input", inputs) + entries("output", outputs)


def model(
    repository: Path,
    name: str,
    backend: str,
    *config: str,
    parameters: Mapping[str, str] | None = None,
) -> Path:
    """Writes ``<repository>/<name>`` with version 1 and a configuration; returns the folder."""
    folder = repository / name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    set_parameters = "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'
        for key, value in (parameters or {}).items()
    )
    text = f'backend: "{backend}"\n' + "\n".join(config) + "\n" + set_parameters
    (folder / "config.pbtxt").write_text(text)
    return folder
