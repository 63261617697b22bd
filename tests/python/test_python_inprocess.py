# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python models within the server's process: what they share with it, and what must not be left there."""

from __future__ import annotations

import gc
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import python_support
from python_support import add_model, tensors

from triton_py import Server, TritonError

ECHO_CONFIG = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
ECHO = """
def execute(self, requests):
    return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
"""
#: Longer than what is copied.
LONG = np.arange(100_000, dtype=np.float32)
ONE = np.ones(1, np.float32)


@pytest.fixture(autouse=True)
def within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_support, "ISOLATION", "inprocess")


def ask(server: Server, model: str, data: np.ndarray = ONE) -> np.ndarray:
    (response,) = server.model(model).infer(inputs={"IN": data})
    return np.array(response["OUT"].numpy())


def test_it_runs_on_a_thread_of_this_process(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def execute(self, requests):
            import os
            out = np.array([os.getpid()], np.float32)
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", out)]) for r in requests]
        """, ECHO_CONFIG)
    with Server(model_repository=tmp_path) as server:
        assert ask(server, "m").tolist() == [np.float32(os.getpid())]


def test_a_long_input_is_the_clients_memory(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def execute(self, requests):
            answers = []
            for r in requests:
                place = r.inputs()[0].as_numpy().__array_interface__["data"][0]
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([place], np.uint64))]))
            return answers
        """, tensors("input", "IN FP32 -1") + tensors("output", "OUT UINT64 1"))
    with Server(model_repository=tmp_path) as server:
        assert ask(server, "m", LONG).tolist() == [LONG.__array_interface__["data"][0]]
        # A short one is a copy: a model that keeps it holds nothing up.
        assert ask(server, "m").tolist() != [ONE.__array_interface__["data"][0]]


def test_an_input_that_is_kept_stays_as_it_was(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def initialize(self, args):
            self.kept = []

        def execute(self, requests):
            answers = []
            for r in requests:
                data = r.inputs()[0].as_numpy()
                if data[0] < 0:
                    self.kept.clear()
                else:
                    self.kept.append(data)
                sums = np.array([kept.sum(dtype=np.float64) for kept in self.kept], np.float32)
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", sums)]))
            return answers
        """, ECHO_CONFIG)
    with Server(model_repository=tmp_path) as server:
        for count in range(1, 6):  # the first is lent, those after it are copies
            data = np.full(30_000, count, np.float32)
            assert ask(server, "m", data).tolist() == [30_000 * i for i in range(1, count + 1)]
            del data
            gc.collect()
            np.full(30_000, 77, np.float32)
        assert ask(server, "m", -ONE).tolist() == []
        # All requests are released: it unloads at once.
        server.stop(timeout=20)


def test_a_long_output_may_be_changed_as_soon_as_it_was_returned(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def initialize(self, args):
            self.out = np.zeros(100_000, np.float32)

        def execute(self, requests):
            answers = []
            for r in requests:
                self.out[:] = r.inputs()[0].as_numpy()[0]
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", self.out)]))
            return answers
        """, ECHO_CONFIG)
    with Server(model_repository=tmp_path) as server:
        first, second = ask(server, "m", ONE), ask(server, "m", 2 * ONE)
        assert set(first.tolist()) == {1} and set(second.tolist()) == {2}


def test_instances_and_models_have_their_own_modules(tmp_path: Path) -> None:
    for name, step in (("a", 1), ("b", 10)):
        add_model(tmp_path, name, f"""
            def execute(self, requests):
                global count
                count += {step}
                out = np.array([count], np.float32)
                return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", out)]) for r in requests]
            """, ECHO_CONFIG, head=python_support.HEAD + "count = 0\n")
    before = set(sys.modules)
    with Server(model_repository=tmp_path) as server:
        assert [ask(server, "a")[0], ask(server, "b")[0], ask(server, "a")[0]] == [1, 10, 2]
        loaded = {name for name in set(sys.modules) - before if ".model@" in name}
        assert len(loaded) == 2
    assert not loaded & set(sys.modules)


def test_nothing_is_left_of_a_model(tmp_path: Path) -> None:
    add_model(tmp_path, "m", ECHO, ECHO_CONFIG)
    modules = set()

    def serve() -> None:
        with Server(model_repository=tmp_path) as server:
            ask(server, "m", LONG)
            ask(server, "m")
            modules.update(name for name in sys.modules if ".model@" in name)

    def models() -> int:
        gc.collect()
        return sum(type(one).__name__ == "TritonPythonModel" for one in gc.get_objects())

    serve()
    assert modules and models() == 0
    assert not any(name in sys.modules for name in modules)


def test_an_event_loop_ends_with_its_instance(tmp_path: Path) -> None:
    """A coroutine's model left the loop's descriptors open, and its folders where modules are looked for."""
    add_model(tmp_path, "m", """
        async def execute(self, requests):
            import asyncio

            await asyncio.sleep(0.001)
            self.left = asyncio.get_running_loop().create_task(asyncio.sleep(1000))
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """, ECHO_CONFIG)

    def serve() -> None:
        with Server(model_repository=tmp_path) as server:
            assert ask(server, "m").tolist() == [1]

    def there_is() -> tuple[list[str], int, bool]:
        return ([path for path in sys.path if str(tmp_path) in path], len(os.listdir("/proc/self/fd")),
                any(thread.name == "event loop" for thread in threading.enumerate()))

    serve()  # the first leaves what is imported once
    gc.collect()
    gc.disable()
    try:
        before = there_is()
        for _ in range(3):
            serve()
        assert before == there_is() == ([], before[1], False)
    finally:
        gc.enable()


def test_two_servers_in_one_process(tmp_path: Path) -> None:
    asking = """
        def execute(self, requests):
            answers = []
            for r in requests:
                inner = pb_utils.InferenceRequest(model_name="inner", requested_output_names=["OUT"],
                                                  inputs=[pb_utils.Tensor("IN", r.inputs()[0].as_numpy())])
                response = inner.exec()
                if response.has_error():
                    answers.append(pb_utils.InferenceResponse(error=response.error()))
                else:
                    answers.append(pb_utils.InferenceResponse(response.output_tensors()))
            return answers
        """
    for place, factor in (("one", 2), ("two", 3)):
        add_model(tmp_path / place, "asks", asking, ECHO_CONFIG)
        add_model(tmp_path / place, "inner", f"""
            def execute(self, requests):
                return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy() * {factor})])
                        for r in requests]
            """, ECHO_CONFIG)
    with Server(model_repository=tmp_path / "one") as one:
        with Server(model_repository=tmp_path / "two") as two:
            assert [ask(one, "asks")[0], ask(two, "asks")[0], ask(one, "asks")[0]] == [2, 3, 2]
        assert ask(one, "asks").tolist() == [2]


def test_a_thread_of_the_models_may_ask_other_models(tmp_path: Path) -> None:
    add_model(tmp_path, "inner", ECHO, ECHO_CONFIG)
    add_model(tmp_path, "m", """
        def execute(self, requests):
            import threading

            for r in requests:
                def answer(r=r, sender=r.get_response_sender()):
                    response = pb_utils.InferenceRequest(
                        model_name="inner", requested_output_names=["OUT"], inputs=r.inputs()).exec()
                    sender.send(pb_utils.InferenceResponse(response.output_tensors()), flags=1)
                threading.Thread(target=answer).start()
        """, ECHO_CONFIG + "model_transaction_policy { decoupled: true }")
    with Server(model_repository=tmp_path) as server:
        assert ask(server, "m", LONG).tolist() == LONG.tolist()


@pytest.mark.parametrize("statement", ["raise SystemExit(3)", "raise KeyboardInterrupt", "1 / 0"])
def test_whatever_it_raises_the_server_goes_on(tmp_path: Path, statement: str) -> None:
    add_model(tmp_path, "m", f"""
        def execute(self, requests):
            if requests[0].inputs()[0].as_numpy()[0] == 7:
                {statement}
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """, ECHO_CONFIG)
    with Server(model_repository=tmp_path) as server:
        with pytest.raises(TritonError, match="execute of model 'm' failed"):
            ask(server, "m", 7 * ONE)
        assert ask(server, "m").tolist() == [1]


def test_many_threads_at_a_time_get_their_own_answers(tmp_path: Path) -> None:
    add_model(tmp_path, "m", ECHO, ECHO_CONFIG + "instance_group { count: 3 kind: KIND_CPU }")
    wrong: list[object] = []
    with Server(model_repository=tmp_path) as server:

        def client(number: int) -> None:
            for i in range(100):
                data = np.full(20_000 if i % 5 == 0 else 3, number * 1000 + i, np.float32)
                if not np.array_equal(ask(server, "m", data), data):
                    wrong.append((number, i))

        threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.parametrize("parameter", ["EXECUTION_ENV_PATH", "EXECUTE_TIMEOUT_MS", "SHM_BYTES"])
def test_what_needs_a_process_is_refused(tmp_path: Path, parameter: str) -> None:
    add_model(tmp_path, "m", ECHO, ECHO_CONFIG
              + f'parameters {{ key: "{parameter}" value {{ string_value: "2000000" }} }}')
    with pytest.raises(TritonError, match=f"parameter {parameter} needs a process of the model's own"):
        Server(model_repository=tmp_path, model_control_mode="none").start().stop()


def test_an_isolation_that_there_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_support, "ISOLATION", "thread")
    add_model(tmp_path, "m", ECHO, ECHO_CONFIG)
    with pytest.raises(TritonError, match="ISOLATION is 'thread': 'process' or 'inprocess' is expected"):
        Server(model_repository=tmp_path).start().stop()


def test_the_isolation_of_all_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_support, "ISOLATION", "")
    add_model(tmp_path, "m", ECHO, ECHO_CONFIG)
    before = set(sys.modules)
    with Server(model_repository=tmp_path, backend_configuration={"python": {"isolation": "inprocess"}}) as server:
        assert ask(server, "m").tolist() == [1]
        assert any(".model@" in name for name in set(sys.modules) - before)
