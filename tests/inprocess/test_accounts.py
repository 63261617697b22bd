# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Accounts of requests in this process: responses that wait for a release lose nothing."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from inprocess_support import build_scripted, request_objects, settles_to, write_model

from triton_py import CancelledError, Server, TritonError

CONFIG = """backend: "scripted"
input { name: "IN" data_type: TYPE_UINT8 dims: [ -1 ] }
output [ { name: "COPY" data_type: TYPE_UINT8 dims: [ -1 ] },
         { name: "ADDRESSES" data_type: TYPE_UINT64 dims: [ 2 ] } ]
instance_group { count: 2 }
"""
DATA = np.arange(10, dtype=np.uint8)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("accounts")
    library = build_scripted(tmp_path_factory.mktemp("library"))
    for name, policy in (("single", ""),
                         ("decoupled", "model_transaction_policy { decoupled: true }")):
        folder = write_model(place, name, CONFIG + policy)
        (folder / library.name).write_bytes(library.read_bytes())
    with Server(model_repository=place) as made:
        yield made


def ask(server: Server, model: str, **parameters: int | bool) -> tuple[list[str], str]:
    """The accounts of the responses, "" where there is none; and the error, "": none."""
    accounts, error = [], ""
    try:
        for response in server.model(model).infer(
                inputs={"IN": DATA}, outputs=["COPY"], parameters=parameters):
            if not response.outputs:
                continue        # the final flag alone
            assert response["COPY"].numpy().tolist() == DATA.tolist()
            accounts.append(str(response.parameters.get("triton_account", "")))
    except TritonError as caught:
        error = caught.message
    return accounts, error


@pytest.mark.parametrize(
    ("model", "count", "late", "bare"),
    list(itertools.product(["single", "decoupled"], [0, 1, 2, 5], [0, 3], [0, 1])))
def test_the_same_responses_with_and_without(
    server: Server, model: str, count: int, late: int, bare: int
) -> None:
    before = request_objects()
    script = {"count": count, "late_ms": late, "bare_final": bare}
    plain, accounted = ask(server, model, **script), ask(
        server, model, triton_account=True, **script)
    assert plain == ([""] * count, accounted[1])
    accounts = [json.loads(text) for text in accounted[0]]
    assert len(accounts) == count
    for index, account in enumerate(accounts):
        assert account["input_bytes"] == 10
        assert account["executions"] == 1
        assert not {"wire_ns", "wire_bytes"} & set(account), "it came over no wire"
        if index == count - 1 and (model == "single" or not bare):
            assert account["output_bytes"] == 10 * count
            assert {"compute_input_ns", "compute_infer_ns", "compute_output_ns"} <= set(account)
    assert settles_to(before) == before


def test_an_account_that_is_not_wanted(server: Server) -> None:
    assert ask(server, "single", triton_account=False) == ([""], "")


def test_a_storm(server: Server) -> None:
    """Releases and final responses at about the same time, from several threads."""
    before = request_objects()
    wrong: list[object] = []

    def work(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(300):
            model = draw.choice(["single", "decoupled"])
            count = draw.randrange(4)
            script = {"count": count, "late_ms": draw.choice([0, 0, 1]),
                      "bare_final": draw.randrange(2)}
            wanted = draw.random() < 0.8
            got, _ = ask(server, model, triton_account=wanted, **script)
            if len(got) != count or not all(bool(text) == wanted for text in got):
                wrong.append((model, script, got))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert wrong == []
    assert settles_to(before) == before


def test_cancelled_while_it_waits(server: Server) -> None:
    before = request_objects()
    for _ in range(20):
        responses = server.model("decoupled").infer(
            inputs={"IN": DATA}, outputs=["COPY"],
            parameters={"triton_account": True, "count": 3, "late_ms": 5})
        responses.cancel()
        with contextlib.suppress(CancelledError):
            for response in responses:
                assert not response.outputs or response.parameters["triton_account"]
    responses = response = None
    assert settles_to(before) == before


def test_a_server_that_stops_waits_for_it(tmp_path: Path) -> None:
    library = build_scripted(tmp_path)
    folder = write_model(tmp_path / "models", "single", CONFIG)
    (folder / library.name).write_bytes(library.read_bytes())
    with Server(model_repository=tmp_path / "models") as own:
        pending = [own.model("single").infer(
            inputs={"IN": DATA}, outputs=["COPY"],
            parameters={"triton_account": True, "late_ms": 100, "bare_final": 1})
            for _ in range(4)]
        own.stop()
        for responses in pending:
            [response] = list(responses)
            assert "compute_infer_ns" in json.loads(response.parameters["triton_account"])
