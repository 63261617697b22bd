# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The targets by name, and where the inputs are that are kept of each.

A target is a module ``fuzz_<name>`` with

* ``one_input(data)``: runs one input; an exception is a finding, and so is a crash or a hang;
* ``seeds()``: inputs to begin with;
* ``open_target()``, ``close_target()``: what all inputs share;
* ``mutate(data, random_seed, generic)``: another input; ``generic`` is the fuzzer's own mutation;
* ``DICTIONARY``: words for that.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
#: The samples and helpers of these folders' tests serve here, too.
NEIGHBOURS = ("http", "grpc", "client", "config")

TARGETS = ("json", "codec", "config", "http", "grpc")
CORPUS = HERE / "corpus"
FINDINGS = HERE / "findings"


def load(name: str) -> ModuleType:
    """A target's module, with what it imports from the neighbours' folders."""
    for folder in (HERE, *(HERE.parent / neighbour for neighbour in NEIGHBOURS)):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return importlib.import_module(f"fuzz_{name}")


def kept(name: str) -> list[Path]:
    """The files with the inputs that are kept of a target."""
    return [path for place in (CORPUS / name, FINDINGS / name) if place.is_dir()
            for path in sorted(place.iterdir())]


def file_name(data: bytes) -> str:
    """By its content, as libFuzzer has it."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
