# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models that ask other models, and manage them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors

from triton_py import Server, TritonError

pytestmark = pytest.mark.usefixtures("isolation")

ECHO = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
DECOUPLED = "model_transaction_policy { decoupled: true }"
DOUBLE = """
def execute(self, requests):
    return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy() * 2)],
            parameters={"from": "double"}) for r in requests]
"""
COUNT = """
def execute(self, requests):
    for request in requests:
        sender = request.get_response_sender()
        for i in range(int(request.inputs()[0].as_numpy()[0])):
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([i], np.float32))]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""
ONE = np.ones(1, np.float32)


def ask(server: Server, model: str, data: np.ndarray = ONE) -> list[float]:
    (response,) = server.model(model).infer(inputs={"IN": data})
    return response["OUT"].numpy().tolist()


def asking(tmp_path: Path, body: str, head: str = "def execute(self, requests):") -> None:
    """A model m whose ``answer(array)`` is the body."""
    add_model(tmp_path, "m", f"""
{head}
    answers = []
    for request in requests:
        given = request.inputs()[0]
        out = None
{body}
        answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array(out, np.float32))]))
    return answers
""", ECHO)


def call(model: str, inputs: str = "[given]", outputs: str = '["OUT"]', more: str = "") -> str:
    return (f'pb_utils.InferenceRequest(model_name="{model}", requested_output_names={outputs}, '
            f'inputs={inputs}{more})')


def test_a_chain_of_three(tmp_path: Path) -> None:
    add_model(tmp_path, "double", DOUBLE, ECHO)
    asking(tmp_path, f"""
        first = {call("double")}.exec()
        middle = pb_utils.Tensor("IN", pb_utils.get_output_tensor_by_name(first, "OUT").as_numpy() + 1)
        second = {call("double", "[middle]")}.exec()
        assert json.loads(second.parameters() or '{{"from": "double"}}') == {{"from": "double"}}
        out = second.output_tensors()[0].as_numpy()""")
    with Server(model_repository=tmp_path) as server:
        for size in (1, 10, 100_000):
            data = np.arange(size, dtype=np.float32)
            assert ask(server, "m", data) == ((data * 2 + 1) * 2).tolist()


def test_side_by_side(tmp_path: Path) -> None:
    add_model(tmp_path, "double", DOUBLE, ECHO + "instance_group { count: 2 }")
    asking(tmp_path, f"""
        import asyncio
        calls = [{call("double")}.async_exec() for _ in range(8)]
        got = await asyncio.gather(*calls)
        out = [a.output_tensors()[0].as_numpy()[0] for a in got]""", "async def execute(self, requests):")
    with Server(model_repository=tmp_path) as server:
        for _ in range(3):
            assert ask(server, "m") == [2] * 8


def test_errors_are_responses(tmp_path: Path) -> None:
    add_model(tmp_path, "fails", """
        def execute(self, requests):
            return [pb_utils.InferenceResponse(error=pb_utils.TritonError("no", pb_utils.TritonError.NOT_FOUND))
                    for _ in requests]
        """, ECHO)
    asking(tmp_path, f"""
        seen = []
        for model in ("fails", "nowhere"):
            answer = {call("X").replace('"X"', "model")}.exec()
            assert answer.has_error() and answer.output_tensors() == []
            seen.append((answer.error().code(), answer.error().message()))
        wrong = {call("fails", "[pb_utils.Tensor('IN', np.zeros(1, np.int8))]")}.exec()
        seen.append((wrong.error().code(), wrong.error().message()))
        raise RuntimeError(json.dumps(seen))""")
    with Server(model_repository=tmp_path) as server, pytest.raises(TritonError) as caught:
        ask(server, "m")
    seen = json.loads(caught.value.message.partition("RuntimeError: ")[2])
    assert seen[0] == [2, "no"]
    assert seen[1][0] in (2, 4) and "nowhere" in seen[1][1]
    assert seen[2][0] == 3 and "IN" in seen[2][1]


def test_a_decoupled_model_is_iterated(tmp_path: Path) -> None:
    add_model(tmp_path, "count", COUNT, ECHO + DECOUPLED)
    asking(tmp_path, f"""
        out = []
        for answer in {call("count")}.exec(decoupled=True):
            assert not answer.has_error(), answer.error().message()
            if answer.output_tensors():
                out.append(answer.output_tensors()[0].as_numpy()[0])""")
    with Server(model_repository=tmp_path) as server:
        for count in (0, 1, 500):
            assert ask(server, "m", ONE * count) == list(range(count))


def test_an_iteration_that_is_left(tmp_path: Path) -> None:
    """What nobody asks for is given back with the model, and hinders nothing before."""
    add_model(tmp_path, "count", COUNT, ECHO + DECOUPLED)
    asking(tmp_path, f"""
        got = {call("count")}.exec(decoupled=True)
        out = next(got).output_tensors()[0].as_numpy()
        got.cancel()""")
    with Server(model_repository=tmp_path) as server:
        for _ in range(5):
            assert ask(server, "m", ONE * 20) == [0]


def test_outside_of_execute(tmp_path: Path) -> None:
    add_model(tmp_path, "m", f"""
        def initialize(self, args):
            given = pb_utils.Tensor("IN", np.zeros(1, np.float32))
            {call("m")}.exec()

        def execute(self, requests):
            return None
        """, ECHO)
    with pytest.raises(TritonError, match="in execute, not in initialize or finalize"):
        Server(model_repository=tmp_path).__enter__()


def test_models_are_managed(tmp_path: Path) -> None:
    add_model(tmp_path, "double", DOUBLE, ECHO)
    asking(tmp_path, f"""
        out = [pb_utils.is_model_ready("double"), pb_utils.is_model_ready("double", "1")]
        pb_utils.load_model("double")
        out += [pb_utils.is_model_ready("double", "1"),
                {call("double")}.exec().output_tensors()[0].as_numpy()[0]]
        pb_utils.unload_model("double")
        out += [pb_utils.is_model_ready("double")]
        try:
            pb_utils.load_model("nowhere")
        except pb_utils.TritonModelException as error:
            assert "nowhere" in str(error)
            out.append(7)""")
    with Server(model_repository=tmp_path, model_control_mode="explicit") as server:
        server.load("m")
        assert ask(server, "m", ONE) == [0, 0, 1, 2, 0, 7]


def test_a_client_that_gives_up_is_seen(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def execute(self, requests):
            import time
            answers = []
            for request in requests:
                end = time.monotonic() + 20
                while not request.is_cancelled() and time.monotonic() < end:
                    time.sleep(0.005)
                seen = request.is_cancelled()
                open(self.args["model_repository"] + "/seen", "w").write(str(seen))
                answers.append(pb_utils.InferenceResponse(
                    error=pb_utils.TritonError("given up", pb_utils.TritonError.CANCELLED)))
            return answers

        def initialize(self, args):
            self.args = args
        """, ECHO)
    with Server(model_repository=tmp_path) as server:
        answers = server.model("m").infer(inputs={"IN": ONE})
        import time

        time.sleep(0.2)
        answers.cancel()
        with pytest.raises(TritonError):
            list(answers)
    assert (tmp_path / "m" / "seen").read_text() == "True"
