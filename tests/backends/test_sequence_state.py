# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Implicit state: TRITONBACKEND_State* through a server."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sequence_support import IO, STATE, VARIABLE_IO, Client, model, sequences, serving

from triton_py import InvalidArgumentError, Server
from triton_py.core import counters

BATCH = "max_batch_size: 4"
ONE = "instance_group { count: 1 kind: KIND_CPU }"
DELAY = "direct { max_queue_delay_microseconds: 300000 minimum_slot_utilization: 0.75 }"
IDLE = "max_sequence_idle_microseconds: 60000000"
FILE = 'initial_state { name: "i" data_type: TYPE_INT32 dims: [ 3 ] data_file: "first" }'
ZERO = 'initial_state { name: "i" data_type: TYPE_INT32 dims: [ 3 ] zero_data: true }'


def models(folder: Path) -> None:
    model(folder, "direct", "stateful", IO, ONE, BATCH,
          sequences(DELAY, IDLE, STATE % ("1", "")))
    model(folder, "oldest", "stateful", IO, ONE, BATCH,
          sequences("oldest { max_queue_delay_microseconds: 50000 }", IDLE, STATE % ("1", "")))
    model(folder, "variable", "stateful", VARIABLE_IO, ONE, BATCH,
          sequences(DELAY, IDLE, STATE % ("-1", "")))
    model(folder, "same", "stateful", VARIABLE_IO, ONE, BATCH,
          sequences("direct { }", IDLE, STATE % ("-1", "use_same_buffer_for_input_output: true")))
    model(folder, "zero", "stateful", VARIABLE_IO, ONE, BATCH,
          sequences("direct { }", IDLE, STATE % ("-1", ZERO)))
    model(folder, "stateless", "stateful", IO, ONE, BATCH, sequences("direct { }", IDLE))
    first = model(folder, "file", "stateful", VARIABLE_IO, ONE, BATCH,
                  sequences("direct { }", IDLE, STATE % ("-1", FILE)))
    (first / "initial_state").mkdir()
    # Longer than the state is: the rest is not read.
    (first / "initial_state" / "first").write_bytes(struct.pack("<4i", 100, 200, 300, 400))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, specimens: Callable[[str], Path]
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("states")
    models(folder)
    with serving(folder, specimens, "stateful") as running:
        yield running


@pytest.mark.parametrize("name", ["direct", "oldest"])
def test_each_sequence_has_its_state(server: Server, name: str) -> None:
    a, b = Client(server, name, 1), Client(server, name, 2)
    assert (a.sum(1, start=True), b.sum(10, start=True)) == (1, 10)
    assert (a.sum(2), b.sum(20), a.sum(3)) == (3, 30, 6)
    assert (a.sum(4, end=True), b.sum(30, end=True)) == (10, 60)


def test_states_of_a_batch_with_gaps(server: Server) -> None:
    """What a slot that has no request does to its state is nobody's business but its own."""
    clients = [Client(server, "direct", 10 + k) for k in range(3)]
    first = [c.send(k + 1, start=True) for k, c in enumerate(clients)]
    assert [r.result(timeout=10).parameters["place"] for r in first] == [0, 1, 2]
    last = clients[2].ask(10)  # places 0 and 1 are filled with requests that are not ready
    assert (last.parameters["place"], last["OUTPUT"].tolist()) == (2, [[13]])
    assert [c.sum(0, end=True) for c in clients] == [1, 2, 13]


@pytest.mark.parametrize("name", ["variable", "same", "zero"])
def test_state_of_variable_size(server: Server, name: str) -> None:
    """It begins with one element where nothing else is said, and has as many as it is given."""
    client = Client(server, name, 20)
    first = client.ask(1, 2, 3, 4, start=True)
    assert first.parameters["past"] == (3 if name == "zero" else 1)
    assert first["OUTPUT"].tolist() == [[1, 2, 3, 4]]
    second = client.ask(1, 1, 1, 1, 1, 1)
    assert (second.parameters["past"], second["OUTPUT"].tolist()) == (4, [[2, 3, 4, 5, 1, 1]])
    third = client.ask(1, 1)
    assert (third.parameters["past"], third["OUTPUT"].tolist()) == (6, [[3, 4]])
    fourth = client.ask(0, 0, 0, end=True)
    assert (fourth.parameters["past"], fourth["OUTPUT"].tolist()) == (2, [[3, 4, 0]])


def test_initial_state_from_a_file(server: Server) -> None:
    client = Client(server, "file", 30)
    for _ in range(2):  # every sequence begins with it
        assert client.sum(1, 1, 1, start=True) == [101, 201, 301]
        assert client.sum(1, 1, 1, end=True) == [102, 202, 302]


def test_without_an_update_the_state_stays(server: Server) -> None:
    client = Client(server, "oldest", 40)
    assert client.sum(5, start=True) == 5
    assert client.sum(1, parameters={"skip": 1}) == 6
    assert client.sum(2, end=True) == 7


def test_start_begins_with_the_initial_state(server: Server) -> None:
    client = Client(server, "oldest", 41)
    assert client.sum(5, start=True) == 5
    assert client.sum(5, start=True) == 5
    assert client.sum(5, end=True) == 10


def test_wish_for_gpu_memory_is_answered_with_what_there_is(server: Server) -> None:
    client = Client(server, "oldest", 42)
    assert client.sum(5, start=True, parameters={"gpu": 1}) == 5
    assert client.sum(5, end=True) == 10


def test_misuse_gets_sentences(server: Server) -> None:
    client = Client(server, "oldest", 50)
    p = client.ask(1, start=True, end=True, parameters={"misuse": 1}).parameters
    said = {key: value for key, value in p.items() if isinstance(value, str)}
    wanted = {
        "unknown": "state 'NOBODY' is not a valid state name.",
        "no_type": "state 'NEXT' has no valid data type",
        "negative": "state 'NEXT' has a negative dimension",
        "null": "must not be null",
        "no_attributes": "state 'NEXT' has no buffer",
        "no_buffer": "state 'NEXT' has no buffer",
        "twice": "the state was updated before",
        "late_buffer": "the state was updated before",
    }
    for key, sentence in wanted.items():
        assert sentence in said.pop(key), key
    assert said == dict.fromkeys(["new", "buffer", "attributes", "update"], "")


def test_model_without_states(server: Server) -> None:
    with pytest.raises(InvalidArgumentError, match="unknown request input name PAST"):
        Client(server, "stateless", 1).ask(1, start=True, end=True)


def test_threads_and_sequences(server: Server) -> None:
    """More sequences than slots, from several threads; every sum is its own sequence's."""
    wrong: list[str] = []

    def work(number: int) -> None:
        for k in range(12):
            client = Client(server, "oldest", 1000 + 100 * number + k)
            total = 0
            for step in range(6):
                total += number + step
                got = client.sum(number + step, start=step == 0, end=step == 5)
                if got != total:
                    wrong.append(f"{number}/{k}/{step}: {got}, not {total}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert counters.snapshot()["state"] == 0  # handles go with their requests


NOT_THERE = (
    "failed to open initial_state data file '.*none' of state 'PAST' in model 'm': No such file"
)
TOO_SHORT = (
    "initial_state setting expects 36 bytes for state 'PAST' of model 'm', but the data provided "
    "from '.*first' only has 12 bytes"
)
TOO_LARGE = "state 'PAST' of model 'm' is too large"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (FILE.replace("first", "none"), NOT_THERE),
        (FILE.replace("[ 3 ]", "[ 9 ]"), TOO_SHORT),
        (ZERO.replace("[ 3 ]", "[ 4611686018427387904 ]"), TOO_LARGE),
    ],
)
def test_initial_state_that_cannot_be(
    tmp_path: Path, specimens: Callable[[str], Path], state: str, sentence: str
) -> None:
    folder = model(tmp_path, "m", "stateful", VARIABLE_IO, ONE, BATCH,
                   sequences("direct { }", STATE % ("-1", state)))
    (folder / "initial_state").mkdir()
    (folder / "initial_state" / "first").write_bytes(bytes(12))
    with serving(
        tmp_path, specimens, "stateful", model_control_mode="explicit"
    ) as server, pytest.raises(InvalidArgumentError, match=sentence):
        server.load("m")
