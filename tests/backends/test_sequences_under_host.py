# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Controls and states through the onnxruntime backend, with the C host as the sequence batcher.

The checks are in ``host/sequences_main.c``, ``host/sequence_types_main.c`` and
``host/sequence_configs_main.c``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import backend_builder
import pytest
from host_programs import Command, checked, needs_valgrind, run

PROGRAMS = ("sequences", "sequence_types", "sequence_configs")


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, onnx_folder: Path, onnxruntime_path: str
) -> Callable[..., Command]:
    """``program(name, what)``: the command that tests ``what``."""
    folder = tmp_path_factory.mktemp("sequences")
    library = backend_builder.build_shipped("onnxruntime", folder, count_allocations=True)
    hosts = {name: backend_builder.build_host(name, folder) for name in PROGRAMS}
    config = json.dumps({"cmdline": {"library": onnxruntime_path}})

    def command(name: str, what: str = "all") -> Command:
        return [hosts[name], library, onnx_folder, config, what]

    return command


@pytest.mark.parametrize("name", PROGRAMS)
def test_sequences(program: Callable[..., Command], name: str) -> None:
    run(program(name), timeout=60)


def test_sequences_survive_every_failing_allocation(program: Callable[..., Command]) -> None:
    run(program("sequences", "allocations"), timeout=100)


def test_states_in_device_memory_without_cuda(
    program: Callable[..., Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found first and unusable: whatever the machine has is out of reach.
    for name in ("libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"):
        (tmp_path / name).write_text("this is no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    run(program("sequence_types", "no cuda"), timeout=30)


def test_states_in_device_memory_with_cuda(
    program: Callable[..., Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend_builder.build_library("cudart.c", tmp_path / "libcudart.so.13")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    run(program("sequence_types", "cuda"), timeout=30)


@needs_valgrind
@pytest.mark.parametrize("name", PROGRAMS)
def test_sequences_touch_only_their_memory(program: Callable[..., Command], name: str) -> None:
    run(checked(program(name)), timeout=115)
