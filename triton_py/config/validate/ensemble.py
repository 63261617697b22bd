# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rules about ensembles that need no other model: the steps, and how tensors flow between them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from triton_py.proto.model_config import ModelConfig

from ..names import ENSEMBLE_PLATFORM
from .problem import Problem, Problems

_PATH = "ensemble_scheduling"


@dataclass
class _Tensor:
    """A tensor of the ensemble, a node; edges lead from a step's inputs to its outputs."""

    name: str
    written: bool = False  # a step has it as output
    ready: bool = False
    before: list[_Tensor] = field(default_factory=list)
    after: list[_Tensor] = field(default_factory=list)


def ensemble_problems(config: ModelConfig) -> Problems:
    """Problems of an ensemble's configuration; none where the model isn't one."""
    name = config.name
    if not config.HasField("ensemble_scheduling"):
        if config.platform == ENSEMBLE_PLATFORM:
            yield Problem(
                f"ensemble scheduling must be set for ensemble {name} whose platform is "
                f"{ENSEMBLE_PLATFORM}",
                _PATH,
            )
        return
    if config.platform != ENSEMBLE_PLATFORM:
        yield Problem(
            f"ensemble scheduling cannot be set for model '{name}' whose platform is not "
            f"{ENSEMBLE_PLATFORM}",
            _PATH,
        )
        return
    if config.instance_group:
        yield Problem(
            f"instance group should not be specified for ensemble '{name}'", "instance_group"
        )
    if config.HasField("optimization"):
        yield Problem(f"optimization should not be specified for ensemble '{name}'", "optimization")
    if config.model_warmup:
        yield Problem(f"model_warmup can not be specified for ensemble '{name}'", "model_warmup")
    if not config.ensemble_scheduling.step:
        yield Problem(f"must specify 'step' for ensemble '{name}'", _PATH)
        return
    flaws = list(_steps(config))
    yield from flaws
    if not flaws:  # the flow of an ensemble with a broken step would be misleading
        yield from _flow(config)


def _steps(config: ModelConfig) -> Problems:
    name = config.name
    written: set[str] = set()
    for index, step in enumerate(config.ensemble_scheduling.step):
        path = f"{_PATH}.step[{index}]"
        for member in ("model_name", "input_map", "output_map"):
            if not getattr(step, member):
                yield Problem(f"must specify '{member}' in step {index} of ensemble '{name}'", path)
        if step.model_version < -1:
            yield Problem(
                f"step {index} of ensemble '{name}' asks for version {step.model_version} of model "
                f"'{step.model_name}'; it must be -1, for the latest, or a version number",
                f"{path}.model_version",
            )
        for output in sorted(step.output_map):
            tensor = step.output_map[output]
            where = f'{path}.output_map["{output}"]'
            if not tensor:
                yield Problem(
                    f"output '{output}' is mapped to an empty name in step {index} of ensemble "
                    f"'{name}'",
                    where,
                )
            elif tensor in written:
                yield Problem(
                    f"ensemble tensor '{tensor}' can appear in an output map only once for "
                    f"ensemble '{name}' step {index}",
                    where,
                )
            written.add(tensor)
        for key in sorted(step.input_map):
            if not step.input_map[key]:
                yield Problem(
                    f"input '{key}' is mapped to an empty name in step {index} of ensemble "
                    f"'{name}'",
                    f'{path}.input_map["{key}"]',
                )


def _graph(config: ModelConfig) -> dict[str, _Tensor]:
    tensors: dict[str, _Tensor] = {}

    def node(name: str) -> _Tensor:
        return tensors.setdefault(name, _Tensor(name))

    for step in config.ensemble_scheduling.step:
        outputs = [node(step.output_map[key]) for key in sorted(step.output_map)]
        for output in outputs:
            output.written = True
        for key in sorted(step.input_map):
            source = node(step.input_map[key])
            for output in outputs:
                output.before.append(source)
                source.after.append(output)
    return tensors


def _flow(config: ModelConfig) -> Problems:
    name = config.name
    tensors = _graph(config)
    queue: deque[_Tensor] = deque()
    for index, tensor in enumerate(config.input):
        node = tensors.get(tensor.name)
        if node is None:
            yield Problem(
                f"ensemble input '{tensor.name}' for ensemble {name}' is not used",
                f"input[{index}].name",
            )
            continue
        if node.written:
            yield Problem(
                f"ensemble input '{tensor.name}' for ensemble '{name}' is also written by a step",
                f"input[{index}].name",
            )
        node.ready = True
        queue.append(node)
    while queue:
        for following in queue.popleft().after:
            if not following.ready and all(node.ready for node in following.before):
                following.ready = True
                queue.append(following)
    finals = set()
    for index, output in enumerate(config.output):
        node = tensors.get(output.name)
        path = f"output[{index}].name"
        finals.add(output.name)
        if node is None:
            yield Problem(f"ensemble output '{output.name}' for ensemble {name}' is not used", path)
        elif not node.ready:
            yield Problem(_not_written(node, name), path)
    for tensor_name in sorted(tensors):
        node = tensors[tensor_name]
        if tensor_name not in finals and not (node.ready and node.after):
            yield Problem(
                f"ensemble tensor '{tensor_name}' is unused in ensemble '{name}'", f"{_PATH}.step"
            )


def _not_written(node: _Tensor, name: str) -> str:
    """Why an output isn't produced: the tensor farthest up the graph that nothing provides."""
    text = f"output '{node.name}' for ensemble '{name}' is not written"
    seen: set[str] = set()
    last = node
    while True:
        missing = [n for n in last.before if not n.ready and n.name not in seen]
        if not missing:
            break
        last = missing[0]
        seen.add(last.name)
    if last is not node:
        text += f": at least one of its depending tensors, '{last.name}', is not connected"
    return text
