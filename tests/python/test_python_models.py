# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python models in processes of their own: what they get, what becomes of what they return."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors
from sanitized import SANITIZED

from triton_py import Server, TritonError

pytestmark = pytest.mark.usefixtures("isolation")

ADD = """
def initialize(self, args):
    self.args = args

def execute(self, requests):
    answers = []
    for request in requests:
        a = pb_utils.get_input_tensor_by_name(request, "A").as_numpy()
        b = pb_utils.get_input_tensor_by_name(request, "B").as_numpy()
        answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", a + b), pb_utils.Tensor("DIFF", a - b)]))
    return answers
"""
ADD_CONFIG = (tensors("input", "A FP32 -1", "B FP32 -1") + tensors("output", "SUM FP32 -1", "DIFF FP32 -1"))


def ask(server: Server, model: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    (response,) = server.model(model).infer(inputs=inputs)
    return {name: tensor.numpy() for name, tensor in response.outputs.items()}


def test_add_and_subtract(tmp_path: Path) -> None:
    add_model(tmp_path, "add", ADD, ADD_CONFIG)
    with Server(model_repository=tmp_path) as server:
        for size in (0, 1, 16, 100_000):
            a, b = np.arange(size, dtype=np.float32), np.ones(size, np.float32)
            answer = ask(server, "add", A=a, B=b)
            assert np.array_equal(answer["SUM"], a + b) and np.array_equal(answer["DIFF"], a - b)


def test_strings(tmp_path: Path) -> None:
    add_model(tmp_path, "upper", """
        def execute(self, requests):
            answers = []
            for request in requests:
                words = request.inputs()[0].as_numpy()
                made = np.array([w.decode().upper() for w in words.reshape(-1)], dtype=object).reshape(words.shape)
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", made)]))
            return answers
        """, tensors("input", "IN STRING -1") + tensors("output", "OUT STRING -1"))
    with Server(model_repository=tmp_path) as server:
        words = np.array(["a", "", "grün", "x" * 70000], dtype=object)
        assert [w.decode() for w in ask(server, "upper", IN=words)["OUT"]] == [w.upper() for w in words]


def test_an_error_of_the_model_reaches_the_client(tmp_path: Path) -> None:
    add_model(tmp_path, "raises", """
        def execute(self, requests):
            raise ValueError("seven is too much")
        """, ADD_CONFIG)
    with Server(model_repository=tmp_path) as server, pytest.raises(TritonError, match="seven is too much"):
        ask(server, "raises", A=np.zeros(1, np.float32), B=np.zeros(1, np.float32))


@pytest.mark.of_processes
def test_a_model_that_dies_is_started_again(tmp_path: Path) -> None:
    add_model(tmp_path, "dies", """
        def execute(self, requests):
            import ctypes
            import signal
            if requests[0].inputs()[0].as_numpy()[0] == 7:
                signal.signal(signal.SIGSEGV, signal.SIG_DFL)  # a sanitizer's handler would end it otherwise
                ctypes.string_at(0)
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """, tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1"))
    with Server(model_repository=tmp_path) as server:
        for _ in range(2):
            assert ask(server, "dies", IN=np.ones(1, np.float32))["OUT"].tolist() == [1]
            with pytest.raises(TritonError, match=r"killed by signal 11 \(Segmentation fault\) while it executed"):
                ask(server, "dies", IN=np.full(1, 7, np.float32))
        assert ask(server, "dies", IN=np.ones(1, np.float32))["OUT"].tolist() == [1]


def test_a_model_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    add_model(tmp_path, "broken", "import nowhere\n", ADD_CONFIG, head="")
    with pytest.raises(TritonError, match="No module named 'nowhere'"):
        Server(model_repository=tmp_path).__enter__()


ECHO_CONFIG = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
ONE = np.ones(1, np.float32)


def returning(tmp_path: Path, expression: str, config: str = "") -> Server:
    add_model(tmp_path, "m", f"def execute(self, requests):\n    return {expression}", ECHO_CONFIG + config)
    return Server(model_repository=tmp_path)


@pytest.mark.parametrize(("expression", "text"), [
    ("None", "returned None: a list with an InferenceResponse for each of its 1 requests is expected"),
    ("7", "returned int: a list of InferenceResponse is expected"),
    ("[]", "returned 0 responses for 1 requests: one for each is expected"),
    ("[None]", "returned None for request 0 of 1: an InferenceResponse is expected, unless it is rescheduled"),
    ("[7]", "returned int for request 0 of 1: an InferenceResponse is expected"),
    ("[pb_utils.InferenceResponse([7])]", "output_tensors are of Tensor, not int"),
    ("[pb_utils.InferenceResponse([pb_utils.Tensor('OUT', [1])])]", "made of a numpy array, not of list"),
    ("[pb_utils.InferenceResponse([pb_utils.Tensor('OUT', np.ones(1, np.complex64))])]",
     "there is no data type for numpy's complex64"),
    ("exit(3)", "SystemExit: 3"),
])  # fmt: skip
def test_what_is_wrong_with_what_is_returned(tmp_path: Path, expression: str, text: str) -> None:
    with returning(tmp_path, expression) as server:
        for _ in range(2):
            with pytest.raises(TritonError) as caught:
                ask(server, "m", IN=ONE)
            assert text in caught.value.message, caught.value.message


@pytest.mark.parametrize(("code", "name"), [
    (0, "UNKNOWN"), (1, "INTERNAL"), (2, "NOT_FOUND"), (3, "INVALID_ARG"), (4, "UNAVAILABLE"),
    (5, "UNSUPPORTED"), (6, "ALREADY_EXISTS"), (7, "CANCELLED"),
])  # fmt: skip
def test_an_error_has_its_code(tmp_path: Path, code: int, name: str) -> None:
    error = f"[pb_utils.InferenceResponse(error=pb_utils.TritonError('so it is', pb_utils.TritonError.{name}))]"
    with returning(tmp_path, error) as server, pytest.raises(TritonError, match="so it is") as caught:
        ask(server, "m", IN=ONE)
    assert caught.value.code == code


@pytest.mark.of_processes
def test_a_process_that_ends_itself_or_hangs(tmp_path: Path) -> None:
    # To end takes longer with a sanitizer.
    limit = 3000 if SANITIZED else 300
    add_model(tmp_path, "m", """
        def execute(self, requests):
            import os, time
            number = requests[0].inputs()[0].as_numpy()[0]
            if number == 2:
                os._exit(5)
            if number == 3:
                while True:
                    pass
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", requests[0].inputs()[0].as_numpy())])]
        """, ECHO_CONFIG + f'parameters {{ key: "EXECUTE_TIMEOUT_MS" value {{ string_value: "{limit}" }} }}')
    with Server(model_repository=tmp_path) as server:
        for number, text in ((2, "ended with status 5 while it executed"), (3, f"took longer than {limit} ms")):
            assert ask(server, "m", IN=ONE)["OUT"].tolist() == [1]
            with pytest.raises(TritonError, match=text):
                ask(server, "m", IN=ONE * number)
        assert ask(server, "m", IN=ONE)["OUT"].tolist() == [1]


def test_a_decoupled_model_sends_what_it_likes(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def execute(self, requests):
            import threading
            for request in requests:
                count = int(request.inputs()[0].as_numpy()[0])
                threading.Thread(target=self.send, args=(request.get_response_sender(), count)).start()

        def send(self, sender, count):
            for i in range(count):
                out = pb_utils.Tensor("OUT", np.array([i], np.float32))
                sender.send(pb_utils.InferenceResponse([out], parameters={"i": i}))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        """, ECHO_CONFIG + "model_transaction_policy { decoupled: true }")
    with Server(model_repository=tmp_path) as server:
        for count in (0, 1, 1000):
            answers = [r for r in server.model("m").infer(inputs={"IN": ONE * count}) if r.outputs]
            assert [r["OUT"].numpy().tolist() for r in answers] == [[i] for i in range(count)]
            assert [r.parameters["i"] for r in answers] == list(range(count))


@pytest.mark.of_processes
def test_a_decoupled_model_that_dies_ends_its_streams(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def execute(self, requests):
            import os, threading
            for request in requests:
                request.get_response_sender().send(pb_utils.InferenceResponse([request.inputs()[0]]))
            threading.Timer(0.2, os._exit, (9,)).start()
        """, tensors("input", "OUT FP32 -1") + tensors("output", "OUT FP32 -1")
        + "model_transaction_policy { decoupled: true }")
    with Server(model_repository=tmp_path) as server:
        for _ in range(2):
            answers = server.model("m").infer(inputs={"OUT": ONE})
            assert next(answers)["OUT"].numpy().tolist() == [1]
            with pytest.raises(TritonError, match="ended with status 9 before it had sent all responses"):
                list(answers)


def test_what_a_model_gets_to_know(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def initialize(self, args):
            self.args = args

        def execute(self, requests):
            answers = []
            for r in requests:
                seen = {"id": r.request_id(), "correlation": r.correlation_id(), "flags": r.flags(),
                        "timeout": r.timeout(), "parameters": json.loads(r.parameters() or "{}"),
                        "outputs": r.requested_output_names(), "shape": r.inputs()[0].shape(),
                        "type": r.inputs()[0].triton_dtype(), "cpu": r.inputs()[0].is_cpu(),
                        "args": {k: v for k, v in self.args.items() if k != "model_config"},
                        "config": json.loads(self.args["model_config"])["name"]}
                text = np.array([json.dumps(seen)], dtype=object)
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", text)]))
            return answers
        """, tensors("input", "IN FP32 -1") + tensors("output", "OUT STRING 1"))
    with Server(model_repository=tmp_path) as server:
        (response,) = server.model("m").infer(
            inputs={"IN": ONE}, request_id="i7", timeout=5_000_000,
            parameters={"a": 1, "b": True, "c": "x", "d": 0.5})
        seen = json.loads(response["OUT"].to_bytes_array()[0] if hasattr(response["OUT"], "to_bytes_array")
                          else response["OUT"].numpy()[0])
    assert seen["id"] == "i7" and seen["timeout"] == 5_000_000
    assert seen["parameters"] == {"a": 1, "b": True, "c": "x", "d": 0.5}
    assert (seen["outputs"], seen["shape"], seen["type"], seen["cpu"]) == (["OUT"], [1], 11, True)
    assert seen["args"] == {"model_instance_kind": "CPU", "model_instance_name": "m_0", "model_version": "1",
                            "model_instance_device_id": "0", "model_name": "m",
                            "model_repository": str(tmp_path / "m")}
    assert seen["config"] == "m"


def test_what_lies_beside_a_model_is_imported(tmp_path: Path) -> None:
    """"from .helper import f" failed: model.py was a module of no package."""
    folder = add_model(tmp_path, "m", """
        import os

        import numpy as np
        import triton_python_backend_utils as pb_utils

        import shared
        from . import helper
        from .helper import twice

        class TritonPythonModel:
            def execute(self, requests):
                assert helper.twice is twice and pb_utils.get_model_dir() == os.path.dirname(__file__)
                return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", twice(r.inputs()[0].as_numpy()) + shared.ONE)])
                        for r in requests]
        """, ECHO_CONFIG, head="")
    (folder / "1" / "helper.py").write_text("def twice(x):\n    return x * 2\n")
    # For all versions, in the model's own folder.
    (folder / "shared.py").write_text("ONE = 1\n")
    with Server(model_repository=tmp_path) as server:
        assert ask(server, "m", IN=ONE)["OUT"].tolist() == [3]


def test_a_configuration_is_completed(tmp_path: Path) -> None:
    folder = add_model(tmp_path, "m", """
        @staticmethod
        def auto_complete_config(config):
            config.add_input({"name": "IN", "data_type": "TYPE_FP32", "dims": [4]})
            config.add_output({"name": "OUT", "data_type": "TYPE_FP32", "dims": [4]})
            config.set_max_batch_size(8)
            config.set_dynamic_batching()
            return config

        def execute(self, requests):
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """)
    with Server(model_repository=tmp_path) as server:
        config = server.model("m").config()
        assert config["max_batch_size"] == 8 and "dynamic_batching" in config
        data = np.arange(8, dtype=np.float32).reshape(2, 4)
        assert np.array_equal(ask(server, "m", IN=data)["OUT"], data)
    assert (folder / "1" / "model.py").exists()


@pytest.mark.of_processes
def test_nothing_is_left_of_a_server_that_was_killed(tmp_path: Path) -> None:
    """Its workers go with it."""
    import subprocess
    import sys

    add_model(tmp_path, "m", """
        def initialize(self, args):
            import os
            open(os.path.join(args["model_repository"], "pid"), "w").write(str(os.getpid()))

        def execute(self, requests):
            return None
        """, ECHO_CONFIG)
    server = subprocess.Popen(
        [sys.executable, "-c", ("import sys, time, triton_py\n"
         f"s = triton_py.Server(model_repository={str(tmp_path)!r}).__enter__()\n"
         "print('ready', flush=True)\ntime.sleep(60)")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None and server.stdout.readline() == "ready\n"
    pid = int((tmp_path / "m" / "pid").read_text())
    os.kill(pid, 0)
    server.send_signal(signal.SIGKILL)
    server.wait()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, "the worker is still there"
        time.sleep(0.02)


def test_a_decoupled_coroutine_lets_others_go_on(tmp_path: Path) -> None:
    """Requests that wait for each other: the first is answered after the second."""
    add_model(tmp_path, "m", """
        async def execute(self, requests):
            import asyncio
            for request in requests:
                value = request.inputs()[0].as_numpy()[0]
                if value == 1:
                    while not hasattr(self, "second"):
                        await asyncio.sleep(0.005)
                if value == 2:
                    self.second = True
                if value == 3:
                    raise ValueError("three")
                sender = request.get_response_sender()
                await asyncio.sleep(0)
                sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", request.inputs()[0].as_numpy())]),
                            flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        """, ECHO_CONFIG + "model_transaction_policy { decoupled: true }")
    with Server(model_repository=tmp_path) as server:
        model = server.model("m")
        first = model.infer(inputs={"IN": ONE})
        assert [r["OUT"].numpy().tolist() for r in model.infer(inputs={"IN": ONE * 2})] == [[2]]
        assert [r["OUT"].numpy().tolist() for r in first] == [[1]]
        with pytest.raises(TritonError, match="ValueError: three"):
            list(model.infer(inputs={"IN": ONE * 3}))
        assert [r["OUT"].numpy().tolist() for r in model.infer(inputs={"IN": ONE * 4})] == [[4]]


def test_a_request_that_is_rescheduled(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def initialize(self, args):
            self.turns = 0

        def execute(self, requests):
            answers = []
            for request in requests:
                self.turns += 1
                if self.turns < 4:
                    request.set_release_flags(pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)
                    answers.append(None)
                else:
                    turns, self.turns = self.turns, 0
                    answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([turns], np.float32))]))
            return answers
        """, ECHO_CONFIG + "sequence_batching { iterative_sequence: true }")
    with Server(model_repository=tmp_path) as server:
        for _ in range(3):
            assert ask(server, "m", IN=ONE)["OUT"].tolist() == [4]


def test_a_model_says_whether_it_is_ready(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def initialize(self, args):
            self.place = args["model_repository"] + "/ready"

        async def is_ready(self):
            import os
            return os.path.exists(self.place)

        def execute(self, requests):
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """, ECHO_CONFIG)
    with Server(model_repository=tmp_path) as server:
        assert not server.model("m").ready()
        (tmp_path / "m" / "ready").touch()
        assert server.model("m").ready()
        assert ask(server, "m", IN=ONE)["OUT"].tolist() == [1]
        (tmp_path / "m" / "ready").unlink()
        assert not server.model("m").ready()


@pytest.mark.parametrize(("statement", "text"), [
    ('pb_utils.Tensor("OTU", x)', r"output 'OTU' of request 0 is none of the configuration's (OUT), and is left out"),
    ('pb_utils.Tensor("OUT", x.astype(np.float64))',
     "output 'OUT' of request 0 is of TYPE_FP64, where the configuration says TYPE_FP32"),
    ('pb_utils.Tensor("OUT", x.reshape(-1, 1))',
     "output 'OUT' of request 0 is of shape [1, 1], where the configuration says [-1]"),
])
@pytest.mark.parametrize("decoupled", [False, True])
def test_outputs_that_are_not_the_configurations_are_told_once(
        tmp_path: Path, statement: str, text: str, decoupled: bool) -> None:
    body = f"""
        def execute(self, requests):
            x = requests[0].inputs()[0].as_numpy()
            response = pb_utils.InferenceResponse([{statement}])
            """ + ("requests[0].get_response_sender().send(response, flags=1)" if decoupled else "return [response]")
    add_model(tmp_path / "models", "m", body,
              ECHO_CONFIG + ("model_transaction_policy { decoupled: true }" if decoupled else ""))
    log = tmp_path / "log.txt"
    with Server(model_repository=tmp_path / "models", log_file=log, log_warn=True) as server:
        for _ in range(3):
            list(server.model("m").infer(inputs={"IN": ONE}))
    assert log.read_text().count(f"model 'm': {text}") == 1


def test_the_name_of_its_model_is_in_a_request(tmp_path: Path) -> None:
    add_model(tmp_path, "m", """
        def execute(self, requests):
            name = np.array([requests[0].model_name()], dtype=object)
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", name)])]
        """, tensors("input", "IN FP32 -1") + tensors("output", "OUT STRING -1"))
    with Server(model_repository=tmp_path) as server:
        assert ask(server, "m", IN=ONE)["OUT"].tolist() == [b"m"]


@pytest.mark.of_processes
def test_settings_without_effect_are_told(tmp_path: Path) -> None:
    add_model(tmp_path / "models", "add", ADD, ADD_CONFIG)
    log = tmp_path / "log.txt"
    settings = {"shm-growth-byte-size": "1048576", "shm-byts": "1048576", "shm-bytes": "1048576"}
    with Server(model_repository=tmp_path / "models", log_file=log, log_warn=True,
                backend_configuration={"python": settings}):
        pass
    told = [line.partition("] ")[2].strip('"') for line in log.read_text().splitlines()]
    assert told == ["--backend-config=python,shm-byts: there is no such setting",
                    ("--backend-config=python,shm-growth-byte-size is of Triton's python backend, "
                    "and has no effect here")]
