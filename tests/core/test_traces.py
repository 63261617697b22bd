# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_InferenceTrace: what is told of a request, when, and whose a trace is."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Iterator
from ctypes import byref, c_char_p, c_uint64, c_void_p

import pytest
from c_traces import (
    BACKEND_INPUT,
    BACKEND_OUTPUT,
    COMPUTE_END,
    COMPUTE_INPUT_END,
    COMPUTE_OUTPUT_START,
    COMPUTE_START,
    CUSTOM,
    DISABLED,
    FP32,
    INVALID_ARG,
    MAX,
    MIN,
    QUEUE_INPUT,
    QUEUE_START,
    REQUEST_END,
    REQUEST_START,
    TENSORS,
    TIMESTAMPS,
    ApiError,
    Client,
    Log,
    api,
    compile_traced,
    number_of,
    text_of,
    write_repository,
)

from triton_py.inprocess import live_objects

WHOLE = [REQUEST_START, QUEUE_START, COMPUTE_START, COMPUTE_INPUT_END, COMPUTE_OUTPUT_START,
         COMPUTE_END, REQUEST_END]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    place = tmp_path_factory.mktemp("traces")
    library = compile_traced(place)
    made = Client(write_repository(place / "models", library))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_trace_is_left() -> Iterator[None]:
    before = live_objects()["trace"]
    yield
    deadline = time.monotonic() + 5
    while live_objects()["trace"] != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert live_objects()["trace"] == before


def packed(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


# --- what is told ------------------------------------------------------------------------------


def test_a_request_passes_all_its_stations_in_time(client):
    log = Log()
    trace = log.trace()
    number = number_of("InferenceTraceId", trace)
    before = time.monotonic_ns()
    client.infer(client.request("echo", [1, 2, 3], id="mine"), trace)
    log.wait(1)
    assert log.of(number) == WHOLE
    times = [ns for _, _, ns in log.activities]
    assert times == sorted(times)
    assert before <= times[0] and times[-1] <= time.monotonic_ns()
    assert log.about[number] == (0, "echo", 1, "mine")
    assert log.released == [number]
    assert log.tensors == []


@pytest.mark.parametrize("level", [MIN, MAX, TIMESTAMPS | TENSORS])
def test_levels_that_mean_timestamps(client, level):
    log = Log()
    client.infer(client.request("echo", [1]), log.trace(level))
    log.wait(1)
    assert [activity for _, activity, _ in log.activities] == WHOLE


def test_a_disabled_trace_only_comes_back(client):
    log = Log()
    client.infer(client.request("echo", [1]), log.trace(DISABLED, tensors=True))
    log.wait(1)
    assert (log.activities, log.tensors) == ([], [])


def test_tensors_as_they_were_queued_executed_and_answered(client):
    log = Log()
    client.infer(client.request("batched", [1, 2, 3], shape=[1, 3]), log.trace(TENSORS, tensors=True))
    log.wait(1)
    number = log.released[0]
    assert log.activities == []
    data = packed(1, 2, 3)
    assert log.tensors == [
        (number, QUEUE_INPUT, "INPUT0", FP32, [1, 3], data),
        (number, BACKEND_INPUT, "INPUT0", FP32, [1, 3], data),
        (number, BACKEND_OUTPUT, "OUTPUT0", FP32, [1, 3], data),
    ]


def test_an_input_in_pieces_is_told_as_one(client):
    log = Log()
    client.infer(client.request("batched", [1, 2, 3], shape=[1, 3], split=True),
                 log.trace(TENSORS, tensors=True))
    log.wait(1)
    assert [tensor[-1] for tensor in log.tensors[:2]] == [packed(1, 2, 3)] * 2


def test_what_a_backend_does_not_report_the_core_saw(client):
    log = Log()
    trace = log.trace()
    number = number_of("InferenceTraceId", trace)
    client.infer(client.request("traced", [1]), trace)
    log.wait(1)
    assert [a for a in log.of(number) if a != CUSTOM] == [
        REQUEST_START, QUEUE_START, COMPUTE_START, COMPUTE_END, REQUEST_END]


def test_a_cancelled_request_was_never_computed(client):
    log = Log()
    request = client.request("echo", [1])
    with client.answers:
        goal = client.gone + 1
    # A request that is sent loses an earlier cancellation, so the race is with the worker: whichever
    # wins, what is told fits.
    client.send(request, log.trace())
    try:
        api("InferenceRequestCancel", request)
    except ApiError:
        pass    # it was deleted already
    log.wait(1)
    with client.answers:
        assert client.answers.wait_for(lambda: client.gone >= goal, 20)
    told = [activity for _, activity, _ in log.activities]
    assert told in (WHOLE, [REQUEST_START, QUEUE_START, REQUEST_END])


# --- activities of a backend's own -------------------------------------------------------------


def test_a_backends_own_activities_are_named_by_the_context(client):
    log = Log()
    log.context = '{"traceparent":"00-1-2-01"}'
    client.infer(client.request("traced", [1]), log.trace())
    log.wait(1)
    times = [ns for _, activity, ns in log.activities if activity == CUSTOM]
    last = json.loads(log.contexts[-1])
    assert last.pop("traceparent") == "00-1-2-01"
    assert [last[str(ns)] for ns in times] == ["STEP_START", 'a "note"', "STEP_END"]


def test_two_activities_at_the_same_time_each_find_their_name():
    log = Log()
    trace = log.trace()
    for name in ("first", "second", "third"):
        api("InferenceTraceReportActivity", trace, c_uint64(5), c_char_p(name.encode()))
    api("InferenceTraceReportActivity", trace, c_uint64(6), c_char_p(b"later"))
    api("InferenceTraceReportActivity", trace, c_uint64(5), c_char_p(b"back \\ \x01"))
    assert [json.loads(context) for context in log.contexts] == [
        {"5": "first"}, {"5": "second"}, {"5": "third"}, {"5": "third", "6": "later"},
        {"6": "later", "5": "back \\ \x01"}]
    api("InferenceTraceDelete", trace)


@pytest.mark.parametrize("given, kept", [
    ("", {}), ("{}", {}), (" { } ", {}), ('{"a": [1, {"b": 2}]}', {"a": [1, {"b": 2}]}),
    ("00-1-2-01", {}),
])
def test_contexts_that_names_go_into(given, kept):
    log = Log()
    trace = log.trace()
    api("InferenceTraceSetContext", trace, c_char_p(given.encode()))
    assert text_of("InferenceTraceContext", trace) == given
    api("InferenceTraceReportActivity", trace, c_uint64(1), c_char_p(b"x"))
    assert json.loads(text_of("InferenceTraceContext", trace)) == {**kept, "1": "x"}
    api("InferenceTraceDelete", trace)


def test_a_request_without_a_trace_has_none_to_report_to(client):
    # The backend reports all the same, and spawns a child of nothing.
    before = len(client.errors)
    client.infer(client.request("traced", [1], parameter="child"))
    assert client.errors[before:] == []


def test_a_child_is_a_part_of_its_parent(client):
    log = Log()
    trace = log.trace()
    parent = number_of("InferenceTraceId", trace)
    client.infer(client.request("traced", [1, 2], id="outer", parameter="child"), trace)
    log.wait(2)
    (child,) = set(log.about) - {parent}
    assert log.about[child] == (parent, "echo", 1, "inner")
    assert log.of(child) == WHOLE
    assert log.released == [child, parent]


# --- whose a trace is --------------------------------------------------------------------------


def test_a_request_that_is_refused_gives_its_trace_back(client):
    log = Log()
    request = client.request("echo", [1], name="NOPE")
    with pytest.raises(ApiError) as caught:
        client.send(request, log.trace())
    assert caught.value.code == INVALID_ARG
    # At once; nothing happened to it yet.
    assert len(log.released) == 1
    assert log.activities == []
    api("InferenceRequestDelete", request)


def test_a_trace_is_given_back_once_and_may_be_used_again(client):
    log = Log()
    kept = log.trace()
    first = client.request("echo", [1], name="NOPE")
    keep = []

    def keep_it(trace: int, userp: int) -> None:
        keep.append(trace)

    release = type(log.release_fn)(keep_it)
    trace = c_void_p()
    api("InferenceTraceNew", byref(trace), 4, c_uint64(0), log.activity_fn, release, c_void_p(7))
    with pytest.raises(ApiError):
        client.send(first, trace)
    assert keep == [trace.value]
    client.infer(client.request("echo", [1]), trace)
    deadline = time.monotonic() + 10
    while len(keep) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert keep == [trace.value] * 2
    api("InferenceTraceDelete", trace)
    api("InferenceTraceDelete", kept)
    api("InferenceRequestDelete", first)


def test_a_trace_in_flight_is_the_servers(client):
    log = Log()
    trace = log.trace()
    seen = []

    def try_it(handle: int, activity: int, ns: int, userp: int) -> None:
        if activity == QUEUE_START:
            for call in (lambda: api("InferenceTraceDelete", c_void_p(handle)),
                         lambda: client.send(other, c_void_p(handle))):
                with pytest.raises(ApiError) as caught:
                    call()
                seen.append(str(caught.value))

    other = client.request("echo", [2])
    activity_fn = type(log.activity_fn)(try_it)
    own = c_void_p()
    api("InferenceTraceNew", byref(own), 4, c_uint64(0), activity_fn, log.release_fn, c_void_p(7))
    client.infer(client.request("echo", [1]), own)
    log.wait(1)
    assert len(seen) == 2
    assert "until its release callback" in seen[0] and "another request's" in seen[1]
    api("InferenceRequestDelete", other)
    api("InferenceTraceDelete", trace)


def test_a_deleted_trace_is_recognised(client):
    log = Log()
    trace = log.trace()
    api("InferenceTraceDelete", trace)
    for call in ("InferenceTraceDelete", "InferenceTraceReportActivity"):
        arguments = (c_uint64(1), c_char_p(b"x")) if "Report" in call else ()
        with pytest.raises(ApiError, match="deleted before"):
            api(call, trace, *arguments)
    request = client.request("echo", [1])
    with pytest.raises(ApiError, match="deleted before"):
        client.send(request, trace)
    # It was nothing that could be given back, and the request may still be sent.
    client.infer(request)


def test_ids_count_up_and_children_know_their_parent():
    log = Log()
    traces = [log.trace(parent=9) for _ in range(3)]
    numbers = [number_of("InferenceTraceId", trace) for trace in traces]
    assert numbers == list(range(numbers[0], numbers[0] + 3)) and numbers[0] > 0
    assert number_of("InferenceTraceParentId", traces[0]) == 9
    child = c_void_p()
    api("InferenceTraceSpawnChildTrace", traces[0], byref(child))
    assert number_of("InferenceTraceParentId", child) == numbers[0]
    for trace in (*traces, child):
        api("InferenceTraceDelete", trace)


# --- many at once ------------------------------------------------------------------------------


def test_traces_of_many_threads_do_not_mix(client):
    log = Log()
    each = 40

    def run(number: int) -> None:
        for i in range(each):
            client.send(client.request("batched", [number, i], shape=[1, 2], id=f"{number}.{i}"),
                        log.trace(TIMESTAMPS | TENSORS, tensors=True))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    with client.answers:
        goal = client.gone + 4 * each
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.wait(4 * each, 60)
    with client.answers:
        assert client.answers.wait_for(lambda: client.gone >= goal, 20)
    assert len(log.about) == 4 * each == len(set(log.released))
    for number, (_, model, _, id_) in log.about.items():
        assert model == "batched"
        assert log.of(number) == WHOLE
        data = packed(*map(float, id_.split(".")))
        assert [t[-1] for t in log.tensors if t[0] == number] == [data] * 3
