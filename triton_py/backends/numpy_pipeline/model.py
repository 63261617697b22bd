# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A Python-based backend: serves steps of numpy over arrays that lie beside them.

A version's folder holds ``pipeline.json``, which names an input and the steps, and ``arrays.npz``. That is
enough for scalers, linear and logistic models, perceptrons, embeddings and nearest centres, from whatever
they were trained with. Configurations are completed, requests of a batch computed as one array.
docs/python-based-backends.md lists the steps. Runs on any Python from 3.9 on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import triton_python_backend_utils as pb_utils

DESCRIPTION, ARRAYS = "pipeline.json", "arrays.npz"
#: What a configuration gets that says nothing about batches.
DEFAULT_MAX_BATCH_SIZE = 64


class PipelineError(Exception):
    """What is wrong with a pipeline, or with a request's values."""


# Steps: each has the values, the first axis being the batch, and what it is described by


def affine(x: np.ndarray, weights: np.ndarray, bias: Any = 0) -> np.ndarray:
    return x @ weights + bias


def standardize(x: np.ndarray, mean: Any = 0, scale: Any = 1) -> np.ndarray:
    return (x - mean) / scale


def sigmoid(x: np.ndarray) -> np.ndarray:
    # Of whichever sign: the power never overflows.
    power = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, power) / (1 + power)


def softmax(x: np.ndarray) -> np.ndarray:
    power = np.exp(x - x.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def normalize(x: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length == 0, 1, length)


def take(x: np.ndarray, table: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "iu":
        raise PipelineError(f"rows of a table are numbered by integers, not {x.dtype}")
    if x.size and (x.min() < 0 or x.max() >= len(table)):
        raise PipelineError(f"the table has rows 0 to {len(table) - 1}, not {x.min() if x.min() < 0 else x.max()}")
    return table[x]


def distances(x: np.ndarray, centers: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x[..., np.newaxis, :] - centers, axis=-1)


class Kind(NamedTuple):
    """How a step is made, and what its description names: arrays, or arrays that may be left out."""

    function: Callable[..., np.ndarray]
    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()


KINDS = {
    "affine": Kind(affine, ("weights",), ("bias",)),
    "standardize": Kind(standardize, (), ("mean", "scale")),
    "relu": Kind(lambda x: np.maximum(x, 0)),
    "tanh": Kind(np.tanh),
    "sigmoid": Kind(sigmoid),
    "exp": Kind(np.exp),
    "softmax": Kind(softmax),
    "normalize": Kind(normalize),
    "take": Kind(take, ("table",)),
    "mean": Kind(lambda x: x.mean(axis=-2)),
    "distances": Kind(distances, ("centers",)),
    "argmax": Kind(lambda x: x.argmax(axis=-1, keepdims=True)),
    "argmin": Kind(lambda x: x.argmin(axis=-1, keepdims=True)),
}


class Step(NamedTuple):
    name: str  # "step 2 (affine)"
    function: Callable[..., np.ndarray]
    arrays: dict[str, np.ndarray]
    output: str | None


class Pipeline:
    """The steps of one version, and its tensors: {"name", "data_type", "dims"}."""

    def __init__(self, folder: str) -> None:
        description = self._read(os.path.join(folder, DESCRIPTION))
        self.file = os.path.join(folder, DESCRIPTION)
        self._keys(description, "the description", ("input", "steps"), ())
        self.input: dict[str, Any] = description["input"]
        self._keys(self.input, "input", ("name", "data_type", "dims"), ())
        if self.input["data_type"] not in pb_utils.TRITON_STRING_TO_NUMPY:
            raise self._wrong(f"there is no data_type {self.input['data_type']!r}")
        self.dtype = pb_utils.triton_string_to_numpy(self.input["data_type"])
        if not isinstance(description["steps"], list):
            raise self._wrong(f"steps are a list, not {type(description['steps']).__name__}")
        arrays = self._arrays(os.path.join(folder, ARRAYS))
        self.steps = [self._step(number, step, arrays) for number, step in enumerate(description["steps"], 1)]
        named = [step.output for step in self.steps if step.output]
        if not named or len(set(named)) < len(named):
            raise self._wrong(f"each output has a name of its own, and there is one at least, not {named}")
        self.outputs = self._probe()

    def run(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs for values whose first axis is the batch. Raises PipelineError."""
        outputs = {}
        for step in self.steps:
            try:
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                    x = step.function(x, **step.arrays)
            except (ValueError, IndexError, TypeError, PipelineError) as error:
                raise PipelineError(f"{step.name}: {error}") from error
            if step.output:
                outputs[step.output] = x
        return outputs

    def _wrong(self, what: str) -> PipelineError:
        return PipelineError(f"'{self.file}': {what}")

    def _read(self, file: str) -> Any:
        self.file = file
        try:
            with open(file, encoding="utf-8") as opened:
                return json.load(opened)
        except (OSError, ValueError) as error:
            raise PipelineError(f"'{file}' can't be read: {error}") from error

    def _arrays(self, file: str) -> dict[str, np.ndarray]:
        if not os.path.exists(file):
            return {}  # steps without arrays are steps, too
        try:
            # No pickles: loading data is not to run code.
            with np.load(file, allow_pickle=False) as loaded:
                return {name: self._text(loaded[name]) for name in loaded.files}
        except (OSError, ValueError) as error:
            raise PipelineError(f"'{file}' can't be read: {error}") from error

    @staticmethod
    def _text(array: np.ndarray) -> np.ndarray:
        return array.astype(object) if array.dtype.kind in "US" else array

    def _keys(self, of: Any, what: str, needs: Sequence[str], may_have: Sequence[str]) -> None:
        if not isinstance(of, dict):
            raise self._wrong(f"{what} is an object, not {type(of).__name__}")
        for key in needs:
            if key not in of:
                raise self._wrong(f"{what} has no '{key}'")
        unknown = sorted(set(of) - set(needs) - set(may_have))
        if unknown:
            raise self._wrong(f"{what} has '{unknown[0]}'; known are {', '.join((*needs, *may_have))}")

    def _step(self, number: int, described: Any, arrays: dict[str, np.ndarray]) -> Step:
        op = described.get("op") if isinstance(described, dict) else None
        kind = KINDS.get(op) if isinstance(op, str) else None
        if kind is None:
            raise self._wrong(f"step {number} has the op {op!r}; known are {', '.join(KINDS)}")
        name = f"step {number} ({op})"
        self._keys(described, name, ("op", *kind.needs), (*kind.may_have, "output"))
        taken = {}
        for role in (*kind.needs, *kind.may_have):
            if role not in described:
                continue
            if described[role] not in arrays:
                there = ", ".join(sorted(arrays)) or "none"
                raise self._wrong(f"{name}: {ARRAYS} has no array {described[role]!r}; there are: {there}")
            taken[role] = arrays[described[role]]
        return Step(name, kind.function, taken, described.get("output"))

    def _probe(self) -> list[dict[str, Any]]:
        """The outputs as they come of zeros: what differs between inputs that differ in size is variable."""
        types = {np.dtype(kind): name for name, kind in pb_utils.TRITON_STRING_TO_NUMPY.items()}
        dims = [int(size) for size in self.input["dims"]]
        made = []
        for batch, variable in ((2, 5), (3, 7)):
            shape = [batch, *(variable if size < 0 else size for size in dims)]
            try:
                made.append(self.run(np.zeros(shape, self.dtype)))
            except PipelineError as error:
                raise self._wrong(f"{error} (with an input of shape {shape})") from error
        entries = []
        for name, first in made[0].items():
            second = made[1][name]
            if first.shape[:1] != (2,) or second.shape[:1] != (3,):
                raise self._wrong(f"output '{name}' has no batch any more: its shape is {list(first.shape)}")
            if first.dtype not in types:
                raise self._wrong(f"output '{name}' is of {first.dtype}, which no data type is")
            sizes = [a if a == b else -1 for a, b in zip(first.shape[1:], second.shape[1:])]
            entries.append({"name": name, "data_type": types[first.dtype], "dims": sizes})
        return entries


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        pipeline = Pipeline(pb_utils.get_model_dir())
        config.add_input(pipeline.input)
        for output in pipeline.outputs:
            config.add_output(output)
        written = config.as_dict()
        if not written.get("max_batch_size"):
            config.set_max_batch_size(DEFAULT_MAX_BATCH_SIZE)
        if "sequence_batching" not in written:
            config.set_dynamic_batching()
        return config

    def initialize(self, args: dict[str, str]) -> None:
        self.pipeline = Pipeline(os.path.join(args["model_repository"], args["model_version"]))
        self.batched = json.loads(args["model_config"]).get("max_batch_size", 0) > 0

    def execute(self, requests: list[Any]) -> list[Any]:
        """Requests whose rows have the same shape are computed together; where that fails, each alone, so
        that a wrong one has an error and the others their answers."""
        values = [pb_utils.get_input_tensor_by_name(r, self.pipeline.input["name"]).as_numpy() for r in requests]
        if not self.batched:
            values = [value[np.newaxis] for value in values]
        alike: dict[tuple[int, ...], list[int]] = {}
        for number, value in enumerate(values):
            alike.setdefault(value.shape[1:], []).append(number)
        answers: list[Any] = [None] * len(requests)
        for numbers in alike.values():
            for number, answer in zip(numbers, self._together([values[n] for n in numbers])):
                answers[number] = answer
        return answers

    def _together(self, values: list[np.ndarray]) -> list[Any]:
        try:
            outputs = self.pipeline.run(values[0] if len(values) == 1 else np.concatenate(values))
        except PipelineError as error:
            if len(values) > 1:
                return [answer for value in values for answer in self._together([value])]
            wrong = pb_utils.TritonError(str(error), pb_utils.TritonError.INVALID_ARG)
            return [pb_utils.InferenceResponse(error=wrong)]
        answers, begin = [], 0
        for value in values:
            end = begin + len(value)
            parts = {name: whole[begin:end] if self.batched else whole[0] for name, whole in outputs.items()}
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor(name, part) for name, part in parts.items()]))
            begin = end
        return answers
