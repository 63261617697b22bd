# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Check a model configuration that is complete and normalized.

Each rule is a generator of problems; the functions here either raise the first of them or list them
all. The sentences are Triton's where clients and test suites know them, followed by the value in
question.

Three sets, because they can be checked at different times: the configuration itself, as soon as it
is read; inputs and outputs, when the backend has had its turn at completing them; instance groups,
when the backend's preferences and the machine's GPUs are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triton_py.proto.model_config import ModelConfig

from ..errors import ConfigError
from .dynamic import dynamic_batching_problems
from .ensemble import ensemble_problems
from .general import (
    enum_problems,
    general_problems,
    identity_problems,
    metrics_problems,
    warmup_problems,
)
from .instances import instance_group_problems
from .problem import Problem
from .sequence import sequence_problems
from .tensors import io_problems

__all__ = ["problems", "validate_config", "validate_instance_groups", "validate_io"]

#: Least CUDA compute capability, as `--min-supported-compute-capability` has it.
MIN_COMPUTE_CAPABILITY = 6.0

_CONFIG_RULES = (
    identity_problems,
    enum_problems,
    general_problems,
    dynamic_batching_problems,
    sequence_problems,
    ensemble_problems,
    warmup_problems,
    metrics_problems,
)


def validate_config(config: ModelConfig) -> None:
    """Check everything but inputs, outputs and instance groups. Raises ConfigError."""
    _raise_first(_config_problems(config))


def validate_io(config: ModelConfig) -> None:
    """Check inputs, outputs, batch inputs and batch outputs. Raises ConfigError."""
    _raise_first(io_problems(config))


def validate_instance_groups(
    config: ModelConfig,
    gpus: int | Iterable[int] = 0,
    min_compute_capability: float = MIN_COMPUTE_CAPABILITY,
) -> None:
    """Check the instance groups against the usable GPUs, a count or device numbers.

    `min_compute_capability` only serves the sentence: `gpus` has to respect it. Raises ConfigError.
    """
    _raise_first(instance_group_problems(config, gpus, min_compute_capability))


def problems(
    config: ModelConfig,
    gpus: int | Iterable[int] | None = None,
    min_compute_capability: float = MIN_COMPUTE_CAPABILITY,
) -> list[ConfigError]:
    """All that is wrong with a configuration; instance groups only where `gpus` is given."""
    found = [*_config_problems(config), *io_problems(config)]
    if gpus is not None:
        found += instance_group_problems(config, gpus, min_compute_capability)
    return [_error(problem) for problem in found]


def _config_problems(config: ModelConfig) -> Iterator[Problem]:
    for rule in _CONFIG_RULES:
        yield from rule(config)


def _error(problem: Problem) -> ConfigError:
    return ConfigError(str(problem), field=problem.field)


def _raise_first(found: Iterator[Problem]) -> None:
    for problem in found:
        raise _error(problem)
