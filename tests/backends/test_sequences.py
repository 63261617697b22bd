# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sequences through a server: slots and their places, controls, backlog, time-outs, errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sequence_support import (
    CONTROLS,
    CORRID,
    IO,
    Client,
    counts_reach,
    model,
    sequences,
    serving,
)

from triton_py import InvalidArgumentError, Server, TritonError
from triton_py.errors import CancelledError, UnavailableError

IDLE = "max_sequence_idle_microseconds: 60000000"
ONE = "instance_group { count: 1 kind: KIND_CPU }"


def models(folder: Path) -> None:
    common = (IO, ONE)
    model(folder, "direct", "sequence", *common, "max_batch_size: 4",
          sequences("direct { }", IDLE, CONTROLS, CORRID))
    model(folder, "delayed", "sequence", *common, "max_batch_size: 4",
          sequences("direct { max_queue_delay_microseconds: 400000 "
                    "minimum_slot_utilization: 0.75 }", IDLE, CONTROLS, CORRID))
    model(folder, "oldest", "sequence", *common, "max_batch_size: 4",
          sequences("oldest { max_candidate_sequences: 6 max_queue_delay_microseconds: 100000 }",
                    IDLE, CONTROLS, CORRID), parameters={"by": "id"})
    model(folder, "alone", "sequence", IO, ONE, sequences("direct { }", IDLE, CONTROLS, CORRID))
    model(folder, "brief", "sequence", *common, "max_batch_size: 1",
          sequences("direct { }", "max_sequence_idle_microseconds: 300000", CONTROLS, CORRID))
    model(folder, "pair", "sequence", IO, "instance_group { count: 2 kind: KIND_CPU }",
          "max_batch_size: 2", sequences("direct { }", IDLE, CONTROLS, CORRID))
    text = CORRID.replace("TYPE_UINT64", "TYPE_STRING")
    model(folder, "named", "sequence", *common, "max_batch_size: 2",
          sequences("direct { }", IDLE, CONTROLS, text))
    model(folder, "small", "sequence", *common, "max_batch_size: 2",
          sequences("direct { }", IDLE, CONTROLS, CORRID.replace("TYPE_UINT64", "TYPE_INT32")))
    kinds = CONTROLS.replace("int32_false_true: [ 0, 1 ]", "fp32_false_true: [ 0, 1 ]")
    model(folder, "floats", "sequence", *common, "max_batch_size: 2",
          sequences("direct { }", IDLE, kinds, CORRID))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, specimens: Callable[[str], Path]
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sequences")
    models(folder)
    with serving(folder, specimens, "sequence") as running:
        yield running


@pytest.mark.parametrize("name", ["direct", "delayed", "oldest"])
def test_sums_up(server: Server, name: str) -> None:
    client = Client(server, name, 11)
    assert client.sum(1, start=True) == 1
    assert client.sum(10) == 11
    assert client.sum(100, end=True) == 111
    assert client.sum(5, start=True, end=True) == 5


def test_controls_are_told(server: Server) -> None:
    client = Client(server, "direct", 2**63 + 5)
    told = [
        {key: response.parameters[key] for key in ("start", "end", "ready", "corrid")}
        for response in (client.ask(1, start=True), client.ask(1), client.ask(1, end=True))
    ]
    same = {"ready": 1, "corrid": str(2**63 + 5)}
    assert told == [
        {"start": 1, "end": 0} | same, {"start": 0, "end": 0} | same, {"start": 0, "end": 1} | same
    ]


def test_controls_come_in_the_type_that_the_model_asks_for(server: Server) -> None:
    response = Client(server, "floats", 3).ask(1, start=True, end=True)
    assert response.parameters["start"] == 0x3F800000  # 1.0, bit by bit


def test_without_a_batch_dimension(server: Server) -> None:
    a = server.model("alone")
    import numpy as np

    def ask(value: int, **flags: bool) -> int:
        responses = a.infer(inputs={"INPUT": np.array([value], np.int32)}, correlation_id=4, **flags)
        return int(responses.result(timeout=10)["OUTPUT"].tolist()[0])

    assert [ask(1, sequence_start=True), ask(2), ask(3, sequence_end=True)] == [1, 3, 6]


def test_string_ids(server: Server) -> None:
    a, b = Client(server, "named", "a/1"), Client(server, "named", "b" * 128)
    assert (a.sum(1, start=True), b.sum(2, start=True)) == (1, 2)
    response = b.ask(3, end=True)
    assert response.parameters["corrid"] == "b" * 128
    assert response["OUTPUT"].tolist() == [[5]]
    assert a.sum(4, end=True) == 5
    assert Client(server, "named", 77).ask(1, start=True, end=True).parameters["corrid"] == "77"


def test_id_that_the_model_cannot_take(server: Server) -> None:
    for name, identity in (("direct", "text"), ("small", 2**31)):
        with pytest.raises(InvalidArgumentError, match="does not fit the control input 'CORRID'"):
            Client(server, name, identity).ask(1, start=True)
    assert Client(server, "small", 2**31 - 1).sum(1, start=True, end=True) == 1


def test_a_slot_is_a_place_in_the_batch(server: Server) -> None:
    """Two sequences that go on together keep their places; an absent one leaves a gap."""
    a, b, c = (Client(server, "delayed", k) for k in (21, 22, 23))
    first = [client.send(k, start=True) for k, client in enumerate((a, b, c))]
    places = [r.result(timeout=10).parameters for r in first]
    assert [(p["place"], p["count"]) for p in places] == [(0, 3), (1, 3), (2, 3)]
    # Only the third: the two before it are filled with requests that are not ready.
    p = c.ask(10).parameters
    assert (p["place"], p["count"], p["ready"]) == (2, 3, 1)
    assert a.sum(1, end=True) == 1
    # The free place is taken by the next sequence, and its sum begins anew.
    d = Client(server, "delayed", 24)
    response = d.ask(7, start=True, end=True)
    assert (response.parameters["place"], response["OUTPUT"].tolist()) == (0, [[7]])
    assert (b.sum(1, end=True), c.sum(1, end=True)) == (2, 13)


def test_utilization_and_delay(server: Server) -> None:
    clients = [Client(server, "delayed", 30 + k) for k in range(3)]
    began = time.monotonic()
    clients[0].ask(1, start=True)
    assert time.monotonic() - began >= 0.3  # one of four slots: it waited for others
    began = time.monotonic()
    for response in [c.send(1, start=k > 0) for k, c in enumerate(clients)]:
        response.result(timeout=10)
    assert time.monotonic() - began < 0.35  # three of four: 0.75
    for client in clients:
        client.ask(1, end=True)


def test_oldest_forms_batches_of_sequences(server: Server) -> None:
    clients = [Client(server, "oldest", 40 + k) for k in range(4)]
    counts = [r.result(timeout=10).parameters["count"]
              for r in [c.send(k, start=True) for k, c in enumerate(clients)]]
    assert counts == [4] * 4
    # Of one sequence there is never more than one request in a batch.
    mine = [clients[0].send(1) for _ in range(3)]
    assert [r.result(timeout=10).parameters["count"] for r in mine] == [1] * 3
    assert [c.sum(0, end=True) for c in clients] == [3, 1, 2, 3]


def test_backlog_goes_to_free_slots_in_order(server: Server) -> None:
    running = [Client(server, "direct", 50 + k) for k in range(4)]
    for client in running:
        client.ask(1, start=True)
    waiting = [Client(server, "direct", 60 + k) for k in range(2)]
    responses = [c.send(k + 5, start=True) for k, c in enumerate(waiting)]
    more = waiting[0].send(10, end=True)
    time.sleep(0.1)
    assert server.model("direct").statistics()["model_stats"][0]["name"] == "direct"
    running[2].ask(1, end=True)
    first = responses[0].result(timeout=10)
    assert (first.parameters["place"], first["OUTPUT"].tolist()) == (2, [[5]])
    assert more.result(timeout=10)["OUTPUT"].tolist() == [[15]]
    second = responses[1].result(timeout=10)
    assert (second.parameters["place"], second["OUTPUT"].tolist()) == (2, [[6]])
    waiting[1].ask(0, end=True)
    for k in (0, 1, 3):
        assert running[k].sum(1, end=True) == 2


def test_backlog_time_out(server: Server) -> None:
    running = [Client(server, "direct", 70 + k) for k in range(4)]
    for client in running:
        client.ask(1, start=True)
    waiting = Client(server, "direct", 80)
    responses = [waiting.send(1, start=True, timeout=200_000), waiting.send(1)]
    for response in responses:
        with pytest.raises(UnavailableError, match="timeout of the corresponding sequence"):
            response.result(timeout=10)
    with pytest.raises(InvalidArgumentError, match="must specify the START flag"):
        waiting.ask(1)
    for client in running:
        assert client.sum(1, end=True) == 2


def test_idle_sequence_ends(server: Server) -> None:
    a, b = Client(server, "brief", 1), Client(server, "brief", 2)
    a.ask(1, start=True)
    waits = b.send(5, start=True, end=True)
    assert waits.result(timeout=10)["OUTPUT"].tolist() == [[5]]  # when a's slot was free
    with pytest.raises(InvalidArgumentError, match="inference request for sequence 1 to model "
                       "'brief' must specify the START flag on the first request of the sequence"):
        a.ask(1)


def test_sequence_whose_request_executes_is_not_idle(server: Server) -> None:
    client = Client(server, "brief", 9)
    assert client.sum(1, start=True, parameters={"sleep_ms": 700}) == 1
    assert client.sum(1, end=True) == 2


def test_start_of_a_sequence_that_did_not_end(server: Server) -> None:
    client = Client(server, "direct", 90)
    client.ask(1, start=True)
    assert client.sum(5, start=True) == 5
    assert client.sum(6, end=True) == 11


def test_slots_of_all_instances_are_used(server: Server) -> None:
    clients = [Client(server, "pair", 100 + k) for k in range(4)]
    seen = []
    for k, client in enumerate(clients):
        p = client.ask(k, start=True).parameters
        seen.append((p["instance"], p["place"]))
    assert len(set(seen)) == 4 and {place for _, place in seen} == {0, 1}
    for k, client in enumerate(clients):
        p = client.ask(1).parameters
        assert (p["instance"], p["place"]) == seen[k]  # it stays where it is
        assert client.sum(1, end=True) == k + 2


def test_wrong_requests(server: Server) -> None:
    client = Client(server, "direct", 110)
    with pytest.raises(InvalidArgumentError, match="must specify the START flag"):
        client.ask(1)
    for nothing in (0, ""):
        with pytest.raises(InvalidArgumentError, match="inference request to model 'direct' must "
                           "specify a non-zero or non-empty correlation ID"):
            Client(server, "direct", nothing).ask(1, start=True)
    import numpy as np

    with pytest.raises(InvalidArgumentError, match="inference request to model 'direct' must "
                       "specify batch-size 1 due to requirements of sequence batcher"):
        server.model("direct").infer(
            inputs={"INPUT": np.zeros((2, 1), np.int32)}, correlation_id=5, sequence_start=True
        ).result(timeout=10)
    with pytest.raises(TritonError, match="unexpected inference input 'START'|expected 1 inputs"):
        server.model("direct").infer(
            inputs={"INPUT": np.zeros((1, 1), np.int32), "START": np.zeros((1, 1), np.int32)},
            correlation_id=5, sequence_start=True,
        ).result(timeout=10)


@pytest.mark.parametrize("name", ["direct", "oldest"])
def test_cancelled_request_ends_its_sequence(server: Server, name: str) -> None:
    client = Client(server, name, 120)
    busy = client.send(1, start=True, parameters={"sleep_ms": 400})
    time.sleep(0.15)  # it executes
    cancelled, behind = client.send(2), client.send(3)
    cancelled.cancel()
    assert busy.result(timeout=10)["OUTPUT"].tolist() == [[1]]
    for response in (cancelled, behind):
        with pytest.raises(CancelledError):
            response.result(timeout=10)
    with pytest.raises(InvalidArgumentError, match="must specify the START flag"):
        client.ask(1)
    assert client.sum(4, start=True, end=True) == 4


def test_cancelled_request_in_the_backlog(server: Server) -> None:
    running = [Client(server, "direct", 130 + k) for k in range(4)]
    for client in running:
        client.ask(1, start=True)
    gives_up, next_one = Client(server, "direct", 140), Client(server, "direct", 141)
    responses = [gives_up.send(1, start=True), gives_up.send(2)]
    waits = next_one.send(3, start=True, end=True)
    responses[1].cancel()
    running[0].ask(1, end=True)
    for response in responses:
        with pytest.raises(CancelledError):
            response.result(timeout=10)
    assert waits.result(timeout=10)["OUTPUT"].tolist() == [[3]]
    for client in running[1:]:
        client.ask(1, end=True)


def test_statistics_count_only_what_was_sent(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    models(tmp_path)
    with serving(tmp_path, specimens, "sequence") as server:
        a, b = Client(server, "direct", 1), Client(server, "direct", 2)
        for client in (a, b):
            client.ask(1, start=True)
        b.ask(1)  # beside it a request that nobody sent
        counts_reach(server, "direct", 3, 3)
        success = server.model("direct").statistics()["model_stats"][0]["inference_stats"]["success"]
        assert success["count"] == 3


def test_stop_with_open_sequences(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    """Sequences without an end, in slots, go with the model; `serving` sees that nothing is left."""
    models(tmp_path)
    with serving(tmp_path, specimens, "sequence") as server:
        for k in range(4):
            Client(server, "direct", 1 + k).ask(1, start=True)
            Client(server, "oldest", 1 + k).ask(1, start=True)
