# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backends that are a folder with a model.py: one class, many models that hold data."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from environments_support import make_environment, pack
from python_support import HEAD, tensors

from triton_py import Server, TritonError, development

ONE = np.ones(1, np.float32)
IO = tensors("input", "IN FP32 -1") + tensors("output", "OUT STRING 1")
#: Tells what it sees, and the number in the model's folder.
TELLS = HEAD + """
import os
import sys
import helper


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        config.add_input({"name": "IN", "data_type": "TYPE_FP32", "dims": [-1]})
        config.add_output({"name": "OUT", "data_type": "TYPE_STRING", "dims": [1]})
        assert open(os.path.join(pb_utils.get_model_dir(), "data")).read()
        return config

    def initialize(self, args):
        self.args = args
        self.data = open(os.path.join(args["model_repository"], args["model_version"], "data")).read()

    def execute(self, requests):
        seen = {"args": {k: v for k, v in self.args.items() if k != "model_config"}, "data": self.data,
                "config": json.loads(self.args["model_config"]), "helper": helper.NAME, "file": __file__,
                "path": sys.path, "dir": pb_utils.get_model_dir(), "prefix": sys.prefix}
        out = pb_utils.Tensor("OUT", np.array([json.dumps(seen)], dtype=object))
        return [pb_utils.InferenceResponse([out]) for _ in requests]
"""


def add_backend(backends: Path, name: str, code: str = TELLS, **files: str) -> Path:
    folder = backends / name
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(code)
    for module, text in {"helper": f"NAME = {name!r}\n", **files}.items():
        (folder / f"{module}.py").write_text(text)
    return folder


def add_model(repository: Path, name: str, backend: str, config: str = "", data: str = "7") -> Path:
    folder = repository / name
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "data").write_text(data)
    (folder / "config.pbtxt").write_text(f'backend: "{backend}"\n{config}')
    return folder


def serving(tmp_path: Path, **options: Any) -> Server:
    return Server(model_repository=tmp_path / "models", backend_directory=tmp_path / "backends", **options)


def seen(server: Server, model: str) -> dict[str, Any]:
    (response,) = server.model(model).infer(inputs={"IN": ONE})
    return json.loads(response["OUT"].numpy()[0])


def test_models_that_hold_data_have_their_class_from_the_backend(tmp_path: Path) -> None:
    backend = add_backend(tmp_path / "backends", "tells")
    for name in ("one", "two"):
        add_model(tmp_path / "models", name, "tells", data=name)
    with serving(tmp_path) as server:
        for name in ("one", "two"):
            told, folder = seen(server, name), str(tmp_path / "models" / name)
            assert (told["data"], told["helper"], told["file"]) == (name, "tells", str(backend / "model.py"))
            assert told["args"] == {
                "model_instance_kind": "CPU", "model_instance_name": f"{name}_0", "model_version": "1",
                "model_instance_device_id": "0", "model_name": name, "model_repository": folder}
            assert told["dir"] == f"{folder}/1"
            own = [path for path in told["path"] if path.startswith(str(tmp_path))]
            assert own[0] == str(backend)
            assert (told["config"]["backend"], told["config"]["runtime"]) == ("tells", "model.py")
            model = server.model(name)
            assert [entry["name"] for entry in model.metadata()["inputs"]] == ["IN"]
            assert model.config()["runtime"] == "model.py"
            stats = model.statistics()["model_stats"][0]
            assert (stats["name"], int(stats["inference_count"])) == (name, 1)


def test_two_backends_at_a_time_each_have_their_own_helpers(tmp_path: Path) -> None:
    for name in ("first", "second"):
        add_backend(tmp_path / "backends", name)
        add_model(tmp_path / "models", f"m_{name}", name, "instance_group { count: 2 }")
    with serving(tmp_path) as server:
        for _ in range(2):
            assert [seen(server, f"m_{name}")["helper"] for name in ("first", "second")] == ["first", "second"]


def test_the_configuration_may_name_the_runtime(tmp_path: Path) -> None:
    add_backend(tmp_path / "backends", "tells")
    add_model(tmp_path / "models", "m", "tells", 'runtime: "model.py"')
    with serving(tmp_path) as server:
        assert seen(server, "m")["helper"] == "tells"


def test_names_of_our_own_files_are_a_backends_to_use(tmp_path: Path) -> None:
    code = TELLS.replace("import helper", "import worker as helper\nimport unpack_environment")
    add_backend(tmp_path / "backends", "tells", code, worker="NAME = 'its own'\n", unpack_environment="")
    add_model(tmp_path / "models", "m", "tells")
    with serving(tmp_path) as server:
        assert seen(server, "m")["helper"] == "its own"


def test_settings_of_the_python_backend_count_and_its_own_count_more(tmp_path: Path) -> None:
    common, own = (make_environment(tmp_path / name) for name in ("common", "own"))
    for name in ("first", "second"):
        add_backend(tmp_path / "backends", name)
        add_model(tmp_path / "models", f"m_{name}", name)
    settings = {"python": {"python": str(common / "bin/python")}, "second": {"python": str(own / "bin/python")}}
    with serving(tmp_path, backend_configuration=settings) as server:
        assert [seen(server, f"m_{name}")["prefix"] for name in ("first", "second")] == [str(common), str(own)]


def test_an_environment_packed_beside_the_class_is_its_models(tmp_path: Path) -> None:
    """Under the name that Triton gives it; a model's own parameter counts more."""
    backend = add_backend(tmp_path / "backends", "tells", TELLS.replace("import helper", "import helper, only_here"))
    pack(make_environment(tmp_path / "env"), backend / "pb_exec_env_model.py.tar.gz")
    add_model(tmp_path / "models", "m", "tells")
    own = make_environment(tmp_path / "own")
    add_model(tmp_path / "models", "other", "tells",
              f'parameters {{ key: "EXECUTION_ENV_PATH" value {{ string_value: "{own}" }} }}')
    with serving(tmp_path) as server:
        assert "triton-py-env-" in seen(server, "m")["prefix"]
        assert seen(server, "other")["prefix"] == str(own)


@pytest.mark.parametrize(("code", "why"), [
    ("class TritonPythonModel:\n    def execute(self\n", "model.py\", line 2"),
    ("raise RuntimeError('as it should')\n", "RuntimeError: as it should"),
    ("import nowhere\n", "No module named 'nowhere'"),
    ("x = 1\n", "defines no class TritonPythonModel"),
    (TELLS.replace('"data")).read()', '"absent")).read()'), "No such file or directory"),
])  # fmt: skip
def test_a_class_that_cannot_be_loaded_fails_the_load_of_its_models_alone(
    tmp_path: Path, code: str, why: str
) -> None:
    backend = add_backend(tmp_path / "backends", "broken", code)
    add_model(tmp_path / "models", "bad", "broken", IO)
    add_model(tmp_path / "models", "good", "identity", tensors("input", "IN FP32 1") + tensors("output", "OUT FP32 1"))
    with serving(tmp_path, model_control_mode="explicit") as server:
        server.load("good")
        with pytest.raises(TritonError) as caught:
            server.load("bad")
        assert why in str(caught.value) and str(backend / "model.py") in str(caught.value)
        assert server.model("good").ready()
        # What was mended loads, without anything else being started again.
        (backend / "model.py").write_text(TELLS)
        server.load("bad")
        assert seen(server, "bad")["helper"] == "broken"


def test_a_reload_takes_the_class_as_it_is_then(tmp_path: Path) -> None:
    backend = add_backend(tmp_path / "backends", "tells")
    model = add_model(tmp_path / "models", "m", "tells")
    with serving(tmp_path, model_control_mode="explicit", startup_models=["m"]) as server:
        (backend / "model.py").write_text(TELLS.replace("helper.NAME", "'anew'"))
        assert seen(server, "m")["helper"] == "tells"
        (model / "1" / "data").write_text("changed")
        server.load("m")
        assert (seen(server, "m")["helper"], seen(server, "m")["data"]) == ("anew", "changed")


@pytest.fixture
def watching():
    development.watch_backends(True)
    yield
    development.watch_backends(False)


def test_while_backends_are_watched_a_changed_class_takes_the_place_of_the_one_before(
    tmp_path: Path, watching: None
) -> None:
    backend = add_backend(tmp_path / "backends", "tells")
    add_model(tmp_path / "models", "m", "tells")
    with serving(tmp_path) as server:
        assert seen(server, "m")["helper"] == "tells"
        (backend / "model.py").write_text(TELLS.replace("helper.NAME", "'anew'"))
        end = time.monotonic() + 20
        while seen(server, "m")["helper"] != "anew":
            assert time.monotonic() < end, "the new class is not used"
            time.sleep(0.02)


# An asynchronous one


@pytest.fixture
def words(tmp_path: Path):
    folder = tmp_path / "models" / "m" / "1"
    folder.mkdir(parents=True)
    (folder.parent / "config.pbtxt").write_text('backend: "words"')
    arguments = {"vocabulary": ["zero", "one", "two", "three", "four", "five"], "step_seconds": 0.002}
    (folder / "model.json").write_text(json.dumps(arguments))
    with Server(model_repository=tmp_path / "models", backend_directory=Path(__file__).parent / "backends",
                metrics=True) as server:
        yield server


def text(word: str) -> np.ndarray:
    return np.array([word], dtype=object)


def said(answers: Any) -> list[str]:
    return [answer["text_output"].numpy()[0].decode() for answer in answers if answer.outputs]


def ended(server: Server, how: str) -> float:
    (line,) = (line for line in server.metrics().splitlines()
               if line.startswith("words_requests{") and f'how="{how}"' in line)
    return float(line.split()[-1])


def test_an_asynchronous_engine_streams_to_many_at_a_time(words: Server) -> None:
    model = words.model("m")
    assert model.config()["model_transaction_policy"] == {"decoupled": True}
    running = [model.infer(inputs={"text_input": text("x" * n), "max_tokens": np.array([20], np.int32)})
               for n in range(8)]
    names = ["zero", "one", "two", "three", "four", "five"]
    for number, answers in enumerate(running):
        assert said(answers) == [names[(number + i) % 6] for i in range(20)]
    assert said(model.infer(inputs={"text_input": text("ab")})) == ["two", "three", "four", "five"]
    assert ended(words, "complete") == 9


def test_a_client_that_leaves_is_no_work_any_more(words: Server) -> None:
    endless = words.model("m").infer(inputs={"text_input": text(""), "max_tokens": np.array([2**31 - 1], np.int32)})
    assert next(endless)["text_output"].numpy()[0] == b"zero"
    endless.cancel()
    end = time.monotonic() + 10
    while ended(words, "cancelled") != 1:
        assert time.monotonic() < end, "it goes on"
        time.sleep(0.01)


def test_an_error_ends_one_stream(words: Server) -> None:
    model = words.model("m")
    with pytest.raises(TritonError, match="ValueError: max_tokens is 0, and 1 at least is needed"):
        list(model.infer(inputs={"text_input": text(""), "max_tokens": np.array([0], np.int32)}))
    assert said(model.infer(inputs={"text_input": text("")})) == ["zero", "one", "two", "three"]


def test_what_is_under_way_is_answered_before_the_end(words: Server) -> None:
    answers = words.model("m").infer(inputs={"text_input": text(""), "max_tokens": np.array([100], np.int32)})
    assert said([next(answers)]) == ["zero"]
    words.stop()
    assert len(said(answers)) == 99
