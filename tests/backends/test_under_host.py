# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The shipped backends under the C host: no interpreter, no core, and valgrind where there is one.

The checks are in ``host/*_main.c``; a program that ends with "done" and status 0 passed them all.
"""

from __future__ import annotations

import json
from pathlib import Path

import backend_builder
import pytest
from host_programs import Command, checked, needs_valgrind, run


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Host and backend; what to test is to be added."""
    folder = tmp_path_factory.mktemp("identity")
    library = backend_builder.build_shipped("identity", folder, count_allocations=True)
    return [backend_builder.build_host("identity", folder), library]


@pytest.fixture(scope="module")
def onnxruntime(
    tmp_path_factory: pytest.TempPathFactory, onnx_folder: Path, onnxruntime_path: str
) -> Command:
    """Host and backend; "all" is to be replaced by what to test."""
    folder = tmp_path_factory.mktemp("onnxruntime")
    library = backend_builder.build_shipped("onnxruntime", folder, count_allocations=True)
    host = backend_builder.build_host("onnxruntime", folder)
    old = backend_builder.build_library("old_onnxruntime.c", folder / "libold.so")
    config = json.dumps({"cmdline": {"library": onnxruntime_path}})
    none = backend_builder.build("no_backend", folder)
    return [host, library, onnx_folder, config, "all", old, none]


def test_identity(identity: Command) -> None:
    run([*identity, "all"], timeout=30)


def test_onnxruntime(onnxruntime: Command) -> None:
    run(onnxruntime, timeout=60)


def test_onnxruntime_with_one_thread_pool(onnxruntime: Command) -> None:
    *start, config, what, old, none = onnxruntime
    settings = json.loads(str(config))
    settings["cmdline"] |= {
        "enable-global-threadpool": "1",
        "intra_op_thread_count": "2",
        "inter_op_thread_count": "1",
    }
    run([*start, json.dumps(settings), what, old, none], timeout=60)


def test_device_memory_without_cuda(
    identity: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found first and unusable: whatever the machine has is out of reach.
    for name in ("libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"):
        (tmp_path / name).write_text("this is no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    run([*identity, "no cuda"], timeout=30)


def test_device_memory_with_cuda(
    identity: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend_builder.build_library("cudart.c", tmp_path / "libcudart.so.13")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    run([*identity, "cuda"], timeout=30)


def test_identity_survives_every_failing_allocation(identity: Command) -> None:
    run([*identity, "allocations"], timeout=60)


def test_onnxruntime_survives_every_failing_allocation(onnxruntime: Command) -> None:
    run([c if c != "all" else "allocations" for c in onnxruntime], timeout=100)


@needs_valgrind
@pytest.mark.parametrize("what", ["all", "allocations"])
def test_identity_touches_only_its_memory(identity: Command, what: str) -> None:
    run(checked([*identity, what]), timeout=110)


@needs_valgrind
def test_onnxruntime_touches_only_its_memory(onnxruntime: Command) -> None:
    run(checked(onnxruntime), timeout=115)
