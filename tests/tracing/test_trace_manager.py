# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From sampled requests to files, over the in-process bridge."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tracing_support import CORE, read, request, traced_infer, wait_for

from triton_py.errors import InvalidArgumentError
from triton_py.inprocess import infer
from triton_py.tracing import Level, TraceManager, TraceOptions
from triton_py.tracing.manager import MOST_BACKLOG

Make = Callable[..., TraceManager]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trace.json"


@pytest.fixture
def make(path: Path) -> Iterator[Make]:
    made: list[TraceManager] = []

    def new(most_backlog: int = MOST_BACKLOG, **options: Any) -> TraceManager:
        made.append(TraceManager(TraceOptions(
            **{"level": Level.TIMESTAMPS, "rate": 1, "file": str(path), **options}),
            most_backlog=most_backlog))
        return made[-1]

    yield new
    for manager in made:
        manager.close()


def test_a_traced_request_is_in_the_file_when_tracing_ends(native, make, path):
    manager = make()
    traced_infer(manager, native, "echo", [1.0, 2.0], id="one")
    # Triton writes at the end, unless it is told otherwise.
    assert not path.exists()
    manager.close()
    (trace,) = read(path)
    assert (trace.model, trace.version, trace.request_id, trace.parent_id) == ("echo", 1, "one", 0)
    assert trace.names == [*CORE, "INFER_RESPONSE_COMPLETE"]


def test_every_second_request(native, make, path):
    manager = make(rate=2)
    for i in range(5):
        traced_infer(manager, native, "echo", [1.0], id=str(i))
    manager.close()
    assert [trace.request_id for trace in read(path)] == ["1", "3"]


def test_a_count_that_is_used_up_is_written_at_once(native, make, path):
    manager = make(count=2)
    for i in range(4):
        traced_infer(manager, native, "echo", [1.0], id=str(i))
    first = path.with_name("trace.json.0")
    wait_for(first.exists)
    wait_for(lambda: first.read_text().endswith("]"))
    assert [trace.request_id for trace in read(first)] == ["0", "1"]
    assert manager.view().values.count == 0
    manager.close()
    assert not path.exists()


def test_numbered_files_by_frequency(native, make, path):
    manager = make(log_frequency=2)
    for i in range(5):
        traced_infer(manager, native, "echo", [1.0], id=str(i))
    manager.close()
    files = [path.with_name(f"trace.json.{n}") for n in range(3)]
    assert [[t.request_id for t in read(file)] for file in files] == [["0", "1"], ["2", "3"], ["4"]]
    assert not path.with_name("trace.json.3").exists() and not path.exists()


def test_a_models_own_settings(native, make, path):
    manager = make(level=Level.OFF)
    manager.update("batched", {"level": int(Level.TIMESTAMPS)})
    traced_infer(manager, native, "echo", [1.0], id="not this")
    # A model that batches takes a batch of one.
    made = request(native, "echo", [1.0])
    assert manager.tracer.begin("echo") is None
    infer(made, 20)
    sample = manager.tracer.begin("batched")
    assert sample is not None
    sample.close()
    manager.update("batched", {"level": None})
    assert manager.tracer.is_on is False
    manager.close()


def test_a_change_begins_anew_and_what_was_traced_is_kept(native, make, path):
    manager = make(rate=2)
    traced_infer(manager, native, "echo", [1.0], id="a")
    manager.update("", {"rate": 1})
    traced_infer(manager, native, "echo", [1.0], id="b")
    manager.update("", {"rate": 2})
    for name in ("c", "d"):
        traced_infer(manager, native, "echo", [1.0], id=name)
    manager.close()
    assert [trace.request_id for trace in read(path)] == ["b", "d"]


def test_a_trace_in_flight_belongs_to_the_setting_that_sampled_it(native, make, path):
    manager = make(log_frequency=1)
    made = request(native, "echo", [1.0], id="early")
    sample = manager.tracer.begin("echo")
    sample.attach(made)
    manager.update("", {"level": 0})
    infer(made, 20)
    sample.close()
    wait_for(path.with_name("trace.json.0").exists)
    manager.close()
    (trace,) = read(path.with_name("trace.json.0"))
    assert trace.request_id == "early"


def test_tensors(native, make, path):
    manager = make(level=Level.TENSORS)
    traced_infer(manager, native, "echo", [0.1, -2.0])
    manager.close()
    (trace,) = read(path)
    assert trace.names == []
    tensor = {"data": "0.1,-2", "shape": "2", "dtype": "FP32"}
    assert trace.tensors == [
        ("TENSOR_QUEUE_INPUT", {"name": "INPUT0", **tensor}),
        ("TENSOR_BACKEND_INPUT", {"name": "INPUT0", **tensor}),
        ("TENSOR_BACKEND_OUTPUT", {"name": "OUTPUT0", **tensor}),
    ]


def test_a_child_and_a_backends_own_activities(native, make, path):
    manager = make()
    response = traced_infer(manager, native, "traced", [1.0], id="outer", child=True)
    # In this mode there is no context to pass on.
    assert response.parameters["context"] == ""
    manager.close()
    outer, inner = read(path)
    assert (inner.parent_id, inner.model, inner.request_id) == (outer.id, "echo", "inner")
    assert inner.names == CORE
    assert [name for name in outer.names if name not in CORE] == [
        "STEP_START", 'a "note"', "STEP_END", "INFER_RESPONSE_COMPLETE"]


def test_a_request_that_is_refused_has_no_part_in_the_core(native, make, path):
    manager = make()
    made = request(native, "echo", [1.0], id="bad")
    made.add_requested_output("NOPE")
    sample = manager.tracer.begin("echo")
    sample.attach(made)
    with pytest.raises(InvalidArgumentError):
        infer(made, 20)
    sample.stamp("GRPC_WAITREAD_END")
    sample.close()
    manager.close()
    (trace,) = read(path)
    assert (trace.request_id, trace.names) == ("", ["GRPC_WAITREAD_END"])


def test_a_request_that_is_never_sent_leaves_nothing(native, make, path):
    manager = make()
    made = request(native, "echo", [1.0])
    sample = manager.tracer.begin("echo")
    sample.attach(made)
    sample.close()
    infer(made, 20)     # it may still be sent, untraced
    manager.close()
    assert not path.exists()


def test_what_is_not_complete_in_time_is_left_behind(native, make, path):
    manager = make()
    sample = manager.tracer.begin("echo")
    traced_infer(manager, native, "echo", [1.0], id="done")
    manager.close(timeout=0.2)
    assert [trace.request_id for trace in read(path)] == ["done"]
    sample.close()


def test_after_the_end_nothing_is_traced(make):
    manager = make()
    manager.close()
    assert manager.tracer.is_on is False
    assert manager.tracer.begin("echo") is None
    manager.update("", {"rate": 3})
    assert manager.tracer.is_on is False


def begin(manager: TraceManager, count: int, model: str = "echo") -> list[int]:
    """So many requests that nobody sends; the numbers of those that were sampled, from 1."""
    sampled = []
    for number in range(1, count + 1):
        sample = manager.tracer.begin(model)
        if sample is not None:
            sampled.append(number)
            sample.close()
    return sampled


def test_settings_of_models_count_what_was_passed_over_before(make):
    manager = make(rate=5)
    assert begin(manager, 8) == [5]
    # Three are counted, and go on being so while another model's are counted on their own.
    manager.update("batched", {"rate": 2})
    assert begin(manager, 1) == []
    assert begin(manager, 4, "batched") == [2, 4]
    assert begin(manager, 7) == [1, 6]
    manager.update("batched", {"rate": None})
    assert begin(manager, 4) == [4]
    # New settings count anew.
    assert begin(manager, 3) == []
    manager.update("", {"rate": 3})
    assert begin(manager, 4) == [3]


def test_a_writer_that_falls_behind_costs_traces_and_no_memory(native, make, path, caplog):
    """Its file is a pipe that nobody reads: it waits in open()."""
    first = path.with_name("trace.json.0")
    os.mkfifo(first)
    manager = make(log_frequency=1, most_backlog=50_000)
    sent = 0
    while not manager.left_out:
        traced_infer(manager, native, "echo", [1.0], id=str(sent))
        sent += 1
        assert sent < 1000
    traced = sent - 1
    assert 50_000 <= manager.tracer.backlog < 60_000
    for _ in range(3):
        traced_infer(manager, native, "echo", [1.0])
    assert manager.left_out == 4
    assert manager.tracer.backlog < 60_000
    with open(first) as reader:
        assert json.loads(reader.read())
    wait_for(lambda: manager.tracer.backlog == 0)
    traced_infer(manager, native, "echo", [1.0], id="again")
    manager.close()
    files = [file for file in path.parent.iterdir() if file != first]
    seen = {trace.request_id for file in files for trace in read(file)}
    assert seen == {*map(str, range(1, traced)), "again"}
    began, ended = (record.getMessage() for record in caplog.records)
    assert began.endswith("requests go untraced until fewer than 50000 bytes of them wait")
    assert ended == "4 requests went untraced while traces waited to be written"


def test_a_count_is_used_up_by_what_could_not_be_written_too(native, make, path, caplog):
    first = path.with_name("trace.json.0")
    os.mkfifo(first)
    manager = make(log_frequency=1, count=3, most_backlog=1)
    traced_infer(manager, native, "echo", [1.0], id="in the pipe")
    wait_for(lambda: manager.tracer.backlog == 0)
    traced_infer(manager, native, "echo", [1.0], id="waits")
    assert manager.tracer.backlog > 0
    traced_infer(manager, native, "echo", [1.0], id="left out")
    assert (manager.left_out, manager.view().values.count) == (1, 0)
    with open(first) as reader:
        assert json.loads(reader.read())
    wait_for(path.with_name("trace.json.1").exists)
    manager.close()
    assert [trace.request_id for trace in read(path.with_name("trace.json.1"))] == ["waits"]
    assert "1 requests went untraced" in caplog.text


def test_many_threads_and_changing_settings(native, make, path):
    manager = make(log_frequency=7)
    each = 60
    stop = threading.Event()

    def send(number: int) -> None:
        for i in range(each):
            traced_infer(manager, native, "echo", [1.0], id=f"{number}.{i}")

    def change() -> None:
        rate = 1
        while not stop.is_set():
            rate = 3 - rate
            manager.update("echo", {"rate": rate})
            manager.update("", {"log_frequency": 5 + rate})

    threads = [threading.Thread(target=send, args=(n,)) for n in range(3)]
    changing = threading.Thread(target=change)
    for thread in (*threads, changing):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    changing.join()
    manager.close()
    seen: list[str] = []
    for file in path.parent.iterdir():
        assert json.loads(file.read_text())
        for trace in read(file):
            assert set(CORE) <= set(trace.times)
            seen.append(trace.request_id)
    assert len(seen) == len(set(seen)) > 3 * each / 4
