# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The shipped Python-based backend numpy_pipeline: steps of numpy, described in a file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triton_py import Server, TritonError

RANDOM = np.random.default_rng(7)
FEATURES = {"name": "FEATURES", "data_type": "TYPE_FP32", "dims": [4]}
TOKENS = {"name": "TOKENS", "data_type": "TYPE_INT64", "dims": [-1]}
MEAN, SCALE = RANDOM.normal(size=4), RANDOM.uniform(1, 2, size=4)
WEIGHTS, BIAS = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=3)
TABLE = RANDOM.normal(size=(10, 4)).astype(np.float32)
CLASSES = np.array(["setosa", "versicolor", "virginica"])


def add(repository: Path, name: str, input: Any, steps: Any, config: str = "", **arrays: np.ndarray) -> Path:
    folder = repository / name / "1"
    folder.mkdir(parents=True)
    (folder.parent / "config.pbtxt").write_text(f'backend: "numpy_pipeline"\n{config}')
    (folder / "pipeline.json").write_text(json.dumps({"input": input, "steps": steps}))
    if arrays:
        np.savez(folder / "arrays.npz", **arrays)
    return folder


CLASSIFIER = [
    {"op": "standardize", "mean": "mean", "scale": "scale"},
    {"op": "affine", "weights": "weights", "bias": "bias"},
    {"op": "softmax", "output": "PROBABILITIES"},
    {"op": "argmax"},
    {"op": "take", "table": "classes", "output": "CLASS"},
]
OF_TEXT = [{"op": "take", "table": "embeddings"}, {"op": "mean"}, {"op": "normalize", "output": "VECTOR"}]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    repository = tmp_path_factory.mktemp("models")
    for name, config in (("classifier", ""),
                         ("fours", "max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 5000000 }")):
        add(repository, name, FEATURES, CLASSIFIER, config,
            mean=MEAN, scale=SCALE, weights=WEIGHTS, bias=BIAS, classes=CLASSES)
    add(repository, "text", TOKENS, OF_TEXT, "max_batch_size: 4", embeddings=TABLE)
    for op in ("relu", "tanh", "sigmoid", "exp", "normalize", "argmin"):
        add(repository, op, FEATURES, [{"op": op, "output": "OUT"}])
    add(repository, "centers", FEATURES, [{"op": "distances", "centers": "c", "output": "D"},
                                          {"op": "argmin", "output": "NEAREST"}], c=TABLE)
    with Server(model_repository=repository) as running:
        yield running


def ask(server: Server, model: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    (response,) = server.model(model).infer(inputs=inputs)
    return {name: tensor.numpy() for name, tensor in response.outputs.items()}


def expected(x: np.ndarray) -> tuple[np.ndarray, list[str]]:
    scores = np.exp((x - MEAN) / SCALE @ WEIGHTS + BIAS)
    return scores / scores.sum(axis=1, keepdims=True), [CLASSES[i] for i in scores.argmax(axis=1)]


def test_a_classifier(server: Server) -> None:
    x = RANDOM.normal(size=(7, 4)).astype(np.float32)
    answer = ask(server, "classifier", FEATURES=x)
    probabilities, classes = expected(x)
    np.testing.assert_allclose(answer["PROBABILITIES"], probabilities)
    assert [text.decode() for text in answer["CLASS"][:, 0]] == classes


def test_its_configuration_is_completed_from_the_files(server: Server) -> None:
    config = server.model("classifier").config()
    assert (config["backend"], config["runtime"], config["max_batch_size"]) == ("numpy_pipeline", "model.py", 64)
    tensors = {entry["name"]: (entry["data_type"], [int(d) for d in entry["dims"]])
               for entry in config["input"] + config["output"]}
    assert tensors == {"FEATURES": ("TYPE_FP32", [4]), "PROBABILITIES": ("TYPE_FP64", [3]),
                       "CLASS": ("TYPE_STRING", [1])}
    written = server.model("text").config()
    assert written["max_batch_size"] == 4 and "dynamic_batching" in written
    assert [int(d) for d in written["output"][0]["dims"]] == [4]


def test_requests_of_a_batch_are_computed_together_and_answered_alone(server: Server) -> None:
    rows = [RANDOM.normal(size=(1, 4)).astype(np.float32) for _ in range(4)]
    running = [server.model("fours").infer(inputs={"FEATURES": row}) for row in rows]
    for row, (answer,) in zip(rows, running, strict=True):
        np.testing.assert_allclose(answer["PROBABILITIES"].numpy(), expected(row)[0])
    (batch,) = server.model("fours").statistics()["model_stats"][0]["batch_stats"]
    assert int(batch["batch_size"]) == 4


def test_a_wrong_request_has_an_error_and_the_others_their_answers(server: Server) -> None:
    good, bad = np.array([[1, 2]]), np.array([[1, 10]])
    running = [server.model("text").infer(inputs={"TOKENS": tokens}) for tokens in (good, bad, good)]
    vector = TABLE[[1, 2]].mean(axis=0)
    for number in (0, 2):
        (answer,) = running[number]
        np.testing.assert_allclose(answer["VECTOR"].numpy()[0], vector / np.linalg.norm(vector), rtol=1e-6)
    with pytest.raises(TritonError, match=r"step 1 \(take\): the table has rows 0 to 9, not 10"):
        list(running[1])
    with pytest.raises(TritonError, match="not -1"):
        ask(server, "text", TOKENS=-good[:, :1])


@pytest.mark.parametrize(("op", "function"), [
    ("relu", lambda x: np.where(x > 0, x, 0)),
    ("tanh", np.tanh),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x.astype(np.float64)))),
    ("exp", np.exp),
    ("normalize", lambda x: x / np.sqrt((x ** 2).sum(axis=1, keepdims=True)).clip(1e-30)),
    ("argmin", lambda x: np.argmin(x, axis=1)[:, None]),
])  # fmt: skip
def test_a_step_by_itself(server: Server, op: str, function: Any) -> None:
    x = np.array([[0, 0, 0, 0], [-80, 80, 1, -1], *RANDOM.normal(size=(5, 4))], np.float32)
    np.testing.assert_allclose(ask(server, op, FEATURES=x)["OUT"], function(x), rtol=1e-5)


def test_nearest_centers(server: Server) -> None:
    x = RANDOM.normal(size=(5, 4)).astype(np.float32)
    answer = ask(server, "centers", FEATURES=x)
    distances = np.sqrt(((x[:, None] - TABLE[None]) ** 2).sum(axis=2))
    np.testing.assert_allclose(answer["D"], distances, rtol=1e-5)
    assert answer["NEAREST"][:, 0].tolist() == distances.argmin(axis=1).tolist()


def test_without_batches(tmp_path: Path) -> None:
    """Where nothing is completed, a configuration without a batch size means that."""
    config = ('input { name: "FEATURES" data_type: TYPE_FP32 dims: [ 4 ] }\n'
              'output { name: "OUT" data_type: TYPE_FP32 dims: [ 4 ] }')
    add(tmp_path, "m", FEATURES, [{"op": "relu", "output": "OUT"}], config)
    with Server(model_repository=tmp_path, strict_model_config=True) as server:
        x = np.array([-1, 0, 1, 2], np.float32)
        assert ask(server, "m", FEATURES=x)["OUT"].tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(("input", "steps", "why"), [
    ({"name": "X"}, [], "input has no 'data_type'"),
    ({**FEATURES, "type": 1}, [], "input has 'type'; known are name, data_type, dims"),
    ({**FEATURES, "data_type": "FP32"}, [], "there is no data_type 'FP32'"),
    (FEATURES, {}, "steps are a list, not dict"),
    (FEATURES, [{"op": "relu"}], "each output has a name of its own, and there is one at least, not []"),
    (FEATURES, [{"op": "fly", "output": "O"}], "step 1 has the op 'fly'; known are affine"),
    (FEATURES, [{"op": "affine", "output": "O"}], "step 1 (affine) has no 'weights'"),
    (FEATURES, [{"op": "relu", "by": 1, "output": "O"}], "step 1 (relu) has 'by'; known are op, output"),
    (FEATURES, [{"op": "affine", "weights": "none", "output": "O"}], "has no array 'none'; there are: scalar, w"),
    (FEATURES, [{"op": "relu"}, {"op": "affine", "weights": "w", "output": "O"}], "step 2 (affine): matmul"),
    (FEATURES, [{"op": "take", "table": "w", "output": "O"}], "rows of a table are numbered by integers, not float32"),
    (FEATURES, [{"op": "mean"}, {"op": "relu", "output": "O"}], "output 'O' has no batch any more"),
])  # fmt: skip
def test_a_description_that_makes_no_sense_fails_the_load(tmp_path: Path, input: Any, steps: Any, why: str) -> None:
    folder = add(tmp_path, "m", input, steps, w=np.ones((5, 2)), scalar=np.ones(()))
    with pytest.raises(TritonError) as caught:
        Server(model_repository=tmp_path).__enter__()
    assert why in str(caught.value) and str(folder / "pipeline.json") in str(caught.value)


def test_the_example_of_the_page_is_served(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "python-based-backends.md"
    (block,) = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    subprocess.run([sys.executable, "-c", block], cwd=tmp_path, check=True)
    with Server(model_repository=tmp_path / "models") as server:
        answer = ask(server, "iris", FEATURES=np.zeros((1, 4), np.float32))
    assert answer["CLASS"].tolist() == [[b"virginica"]]


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    add(tmp_path, "m", FEATURES, [{"op": "relu", "output": "O"}], evil=np.array([{}], object))
    with pytest.raises(TritonError, match="arrays.npz' can't be read: .*allow_pickle=False"):
        Server(model_repository=tmp_path).__enter__()
