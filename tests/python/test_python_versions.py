# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The same models in every Python that is there, from 3.9 on.

``TRITON_PY_PYTHONS`` names interpreters (with ":" between), each with numpy; those named python3.X on the
path count, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors

from triton_py import Server, TritonError

MINORS = range(9, 14)
ASK = "import sys, importlib.util as u; print(sys.version_info[1], int(u.find_spec('numpy') is not None), sys.executable)"


@cache
def named() -> dict[int, tuple[str, bool]]:
    """Minor version to (interpreter, whether it has numpy); the first that has it, of each."""
    found: dict[int, tuple[str, bool]] = {}
    listed = [name for name in os.environ.get("TRITON_PY_PYTHONS", "").split(":") if name]
    searched = [shutil.which(f"python3.{minor}") for minor in MINORS]
    for interpreter in [*listed, sys.executable, *filter(None, searched)]:
        asked = subprocess.run([interpreter, "-c", ASK], capture_output=True, text=True, check=False)
        if asked.returncode != 0:
            # A shim of a version that is not chosen; one that was named has to work.
            assert interpreter not in listed, f"TRITON_PY_PYTHONS: '{interpreter}': {asked.stderr}"
            continue
        minor, has_numpy, path = asked.stdout.strip().split(" ", 2)
        assert interpreter not in listed or has_numpy == "1", f"TRITON_PY_PYTHONS: '{interpreter}' has no numpy"
        if not found.get(int(minor), ("", False))[1]:
            found[int(minor)] = (path, has_numpy == "1")
    return found


@pytest.fixture(scope="module", params=MINORS, ids=lambda minor: f"3.{minor}")
def server(request, tmp_path_factory):
    interpreter, has_numpy = named().get(request.param, ("", False))
    if not interpreter:
        pytest.skip(f"there is no python3.{request.param}: TRITON_PY_PYTHONS can name one, with numpy")
    if not has_numpy:
        pytest.skip(f"'{interpreter}' has no numpy")
    repository = tmp_path_factory.mktemp("models")
    add_models(repository)
    with Server(model_repository=repository, backend_configuration={"python": {"python": interpreter}}) as running:
        running.minor = request.param
        yield running


NUMBERS = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"]
ONE = np.ones(1, np.float32)


def add_models(repository: Path) -> None:
    """All that the two sides share: every type, strings, streams, coroutines, calls, completion, errors."""
    add_model(repository, "types", """
        def execute(self, requests):
            return [pb_utils.InferenceResponse([pb_utils.Tensor("O_" + t.name(), t.as_numpy()) for t in r.inputs()],
                                               parameters={"id": r.request_id()}) for r in requests]
        """, tensors("input", *(f"{n} {n} -1" for n in NUMBERS), "STRING STRING -1")
        + tensors("output", *(f"O_{n} {n} -1" for n in NUMBERS), "O_STRING STRING -1"))  # fmt: skip
    add_model(repository, "version", """
        @staticmethod
        def auto_complete_config(config):
            config.add_input({"name": "IN", "data_type": "TYPE_FP32", "dims": [1]})
            config.add_output({"name": "OUT", "data_type": "TYPE_INT32", "dims": [2]})
            return config

        def execute(self, requests):
            import sys
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array(sys.version_info[:2], np.int32))])
                    for _ in requests]
        """)
    echo = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
    add_model(repository, "count", """
        async def execute(self, requests):
            import asyncio
            for request in requests:
                sender = request.get_response_sender()
                for i in range(int(request.inputs()[0].as_numpy()[0])):
                    sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([i], np.float32))]))
                    await asyncio.sleep(0)
                sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        """, echo + "model_transaction_policy { decoupled: true }")
    add_model(repository, "asks", """
        def initialize(self, args):
            self.calls = pb_utils.MetricFamily(name="calls", description="of this", kind=pb_utils.MetricFamily.COUNTER)

        def execute(self, requests):
            answers = []
            for request in requests:
                call = pb_utils.InferenceRequest(model_name="count", inputs=request.inputs(),
                                                 requested_output_names=["OUT"])
                got = [a.output_tensors()[0].as_numpy()[0] for a in call.exec(decoupled=True) if a.output_tensors()]
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array(got, np.float32))]))
            return answers
        """, echo)
    add_model(repository, "raises", """
        def execute(self, requests):
            raise ValueError("as it should")
        """, echo)


def test_every_type_comes_back_as_it_went(server: Server) -> None:
    inputs = {name: np.array([0, 1, 0, 1], "bool" if name == "BOOL" else name.lower().replace("fp", "float"))
              for name in NUMBERS}
    inputs["STRING"] = np.array(["a", "", "grün", "x" * 70000], dtype=object)
    (response,) = server.model("types").infer(inputs=inputs, request_id="i7")
    for name in NUMBERS:
        assert np.array_equal(response[f"O_{name}"].numpy(), inputs[name])
    assert [text.decode() for text in response["O_STRING"].numpy()] == inputs["STRING"].tolist()
    assert response.parameters["id"] == "i7"


def test_it_is_that_python(server: Server) -> None:
    (response,) = server.model("version").infer(inputs={"IN": ONE})
    assert response["OUT"].numpy().tolist() == [3, server.minor]


def test_streams_calls_and_errors(server: Server) -> None:
    answers = [r["OUT"].numpy().tolist() for r in server.model("count").infer(inputs={"IN": ONE * 20}) if r.outputs]
    assert answers == [[i] for i in range(20)]
    (response,) = server.model("asks").infer(inputs={"IN": ONE * 5})
    assert response["OUT"].numpy().tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(TritonError, match="ValueError: as it should"):
        list(server.model("raises").infer(inputs={"IN": ONE}))


def test_archives_are_unpacked_by_that_python(server: Server, tmp_path: Path) -> None:
    """Where a setting names the interpreter, it is the one that unpacks, too."""
    from environments_support import make_environment, pack

    archive = pack(make_environment(tmp_path / "env"), tmp_path / "env.tar.gz")
    interpreter, _ = named()[server.minor]
    add_model(tmp_path / "models", "m", """
        def execute(self, requests):
            import only_here
            answer = pb_utils.Tensor("OUT", np.array([only_here.ANSWER], np.int32))
            return [pb_utils.InferenceResponse([answer]) for _ in requests]
        """, tensors("input", "IN FP32 1") + tensors("output", "OUT INT32 1")
        + f'parameters {{ key: "EXECUTION_ENV_PATH" value {{ string_value: "{archive}" }} }}')  # fmt: skip
    with Server(model_repository=tmp_path / "models",
                backend_configuration={"python": {"python": interpreter}}) as other:
        (response,) = other.model("m").infer(inputs={"IN": ONE})
        assert response["OUT"].numpy().tolist() == [42]
