# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A server for all tests of tracing; the models are those of the C API's tests."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))

from c_traces import compile_traced, write_model, write_repository
from tracing_support import Loop, native_server

from triton_py.inprocess import NativeServer, live_objects

REPEAT = """backend: "repeat"
model_transaction_policy { decoupled: true }
input [ { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
        { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
        { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
         { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] } ]
"""


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeServer]:
    place = tmp_path_factory.mktemp("tracing")
    models = write_repository(place / "models", compile_traced(place))
    write_model(models, "again", REPEAT)
    server = native_server(models)
    yield server
    server.close()


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_trace_is_left() -> Iterator[None]:
    before = live_objects()["trace"]
    yield
    # Here, where tritonclient's HTTP clients were made: they may not end on another thread, and what an
    # exception's frames hold ends where the garbage is collected.
    gc.collect()
    deadline = time.monotonic() + 5
    while live_objects()["trace"] != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert live_objects()["trace"] == before
