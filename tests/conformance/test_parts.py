# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Clauses, cases and the log, each by itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import triton_py
from triton_py.conformance.cases import (
    Case,
    CaseModel,
    CaseRequest,
    FaultAt,
    Infer,
    Load,
    TensorData,
    Unload,
)
from triton_py.conformance.clauses import clauses
from triton_py.conformance.configs import declared
from triton_py.conformance.examiner import Examiner
from triton_py.conformance.log import CALL, ENTER, Log, LogEvent, functions
from triton_py.conformance.placement import GuardedBuffer
from triton_py.conformance.pool import Pool
from triton_py.conformance.properties import all_properties
from triton_py.conformance.properties.common import patient, without_batching
from triton_py.conformance.properties.faults import made_before_last
from triton_py.conformance.rules import CLAUSES
from triton_py.conformance.rules.errors import BORROWED_MESSAGES
from triton_py.conformance.story import EXECUTE
from triton_py.conformance.worker import children


def test_clauses_name_functions_of_the_abi():
    known = {f.name for f in functions()}
    for clause in clauses().values():
        assert set(clause.functions) <= known, clause.id
        assert clause.sentence.endswith(".")


def test_rules_and_properties_name_clauses():
    named = {c for entry in all_properties() for c in entry.clauses} | CLAUSES
    assert named <= set(clauses())


def test_messages_that_are_lent_are_those_of_the_headers():
    """ModelInstanceHostPolicy's was once taken for the backend's own: a false alarm for whoever did
    not delete it."""
    header = Path(triton_py.get_include(), "triton", "core", "tritonbackend.h").read_text()
    lent = set()
    for function in functions():
        outs = [name for name, kind in function.outs if kind == "TRITONSERVER_Message**"]
        at = header.find(f" {function.name}(")
        if outs and at >= 0:
            words = re.findall(rf"\\param {outs[0]} \[(\w+)", header[:at])
            if words[-1] == "borrowed":
                lent.add(function.name)
    assert lent == BORROWED_MESSAGES


tensors = st.builds(
    TensorData, st.sampled_from(["FP32", "BYTES"]), st.tuples(st.integers(0, 9)), st.binary(),
    st.just(()), st.integers(0, 15),
)  # fmt: skip
requests = st.builds(
    CaseRequest,
    st.dictionaries(st.text(), tensors, max_size=2),
    st.none() | st.tuples(st.text()),
    st.dictionaries(st.text(), st.integers() | st.booleans() | st.text(), max_size=2),
    st.integers(0, 2**64 - 1), st.booleans(), st.booleans(), st.none() | st.floats(0, 9), st.text(),
)  # fmt: skip
steps = st.one_of(
    st.builds(Load, st.text()),
    st.builds(Unload, st.text()),
    st.builds(Infer, st.text(), st.tuples(requests), st.floats(0, 9)),
)
cases = st.builds(
    Case,
    st.tuples(st.builds(CaseModel, st.text(), st.text(), st.text())),
    st.lists(steps, max_size=3).map(tuple),
    st.tuples(st.builds(FaultAt, st.text(), st.integers(1, 9), st.booleans(), st.text())),
    st.booleans(), st.integers(-1, 2), st.none() | st.tuples(st.integers(1, 9), st.integers(0, 99)),
    st.floats(1, 9), st.booleans(), st.integers(0, 255),
)  # fmt: skip


@given(cases)
def test_cases_survive_json(case: Case) -> None:
    assert Case.from_json(json.loads(json.dumps(case.to_json()))) == case


@given(st.binary(max_size=300), st.data())
def test_pieces_are_the_whole(data: bytes, draw: st.DataObject) -> None:
    cuts = tuple(sorted(draw.draw(st.sets(st.integers(0, len(data)), max_size=5))))
    assert b"".join(TensorData("FP32", (1,), data, cuts).pieces()) == data


@given(st.binary(max_size=9000), st.integers(0, 15))
def test_guarded_buffers_hold_their_bytes(data: bytes, shift: int) -> None:
    import ctypes

    buffer = GuardedBuffer(data, shift)
    assert ctypes.string_at(buffer.address, buffer.size) == data
    assert buffer.address % 16 == shift
    assert buffer.first_change() is None
    if data:
        ctypes.memset(buffer.address + len(data) - 1, data[-1] ^ 1, 1)
        assert buffer.first_change() == len(data) - 1


@pytest.mark.parametrize(
    "batching",
    [
        "dynamic_batching { }", "dynamic_batching { default_queue_policy { max_queue_size: 3 } }",
        "dynamic_batching: { preferred_batch_size: [ 2 ] }",
        "instance_group [ { count: 2 kind: KIND_CPU }, { count: 1 } ]",
        "instance_group { count: 2 } instance_group { count: 1 }",
    ],
)  # fmt: skip
def test_configurations_without_batching(batching: str) -> None:
    text = f'backend: "x" {batching} max_batch_size: 3'
    facts = declared(without_batching(text))
    assert (facts.max_batch_size, facts.instances) == (3, 1)
    assert "dynamic" not in without_batching(text)


def test_sequences_are_given_time() -> None:
    text = 'backend: "x" max_batch_size: 3 sequence_batching: { direct { } }'
    assert "{ max_sequence_idle_microseconds: 60000000 direct { } }" in patient(text)
    assert declared(patient(text)).sequence
    own = text.replace("direct", "max_sequence_idle_microseconds: 5 direct")
    assert patient(own) == own


def test_a_log_without_events() -> None:
    fd = Log.create()
    log = Log(fd)
    assert (log.head, log.events(0, 0)) == (0, [])
    log.close()
    os.close(fd)


def test_a_call_of_the_last_request_says_nothing_of_recovering():
    """How often a timer looks whether a request is cancelled differs from run to run: the call that was
    to fail for the second request was once the third's."""
    asked = "TRITONBACKEND_ResponseFactoryIsCancelled"

    def events(*kinds: str) -> list[LogEvent]:
        return [LogEvent(seq, seq, ENTER if kind == "execute" else CALL, EXECUTE if kind == "execute" else asked,
                         (), (), 0, 0, "", 1, "") for seq, kind in enumerate(kinds)]

    log = events("execute", "ask", "execute", "ask", "ask", "execute", "ask")
    assert [made_before_last(log, FaultAt(asked, nth)) for nth in (1, 3, 4)] == [True, True, False]
    assert not made_before_last(events("ask"), FaultAt(asked, 2))


def test_each_model_is_loaded_as_often_as_its_own_load_allows() -> None:
    """The time of the last model's load once counted for all: a slow one before a quick one was loaded
    a hundred times in a row."""
    examiner = Examiner(Pool(Path("none"), "none"), 1, 1, 0.0)
    for model, seconds in (("slow", 0.5), ("quick", 0.01)):
        examiner.begin("loading.loads", model)
        examiner.load_s = seconds
    loads = []
    for model in ("slow", "quick"):
        examiner.begin("loading.reload", model)
        loads.append(examiner.loads(100))
    assert loads == [8, 100]


def test_children_are_seen_until_they_were_waited_for() -> None:
    before = children()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert children() - before == {child.pid}
        assert child.stdin is not None
        child.stdin.close()
        # It has ended, and nobody has taken its status.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert children() - before == {child.pid}
    assert children() == before
