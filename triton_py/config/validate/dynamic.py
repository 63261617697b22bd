# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rules about dynamic batching and its queue."""

from __future__ import annotations

from triton_py.proto.model_config import ModelConfig, ModelQueuePolicy

from .problem import Problem, Problems, problem

#: Each level has a queue of its own, made when the model is loaded.
MAX_PRIORITY_LEVELS = 65536


def preferred_size_problems(
    sizes: list[int], max_batch_size: int, path: str, title: str, name: str
) -> Problems:
    """Problems of a list of preferred batch sizes; `title` starts the sentences."""
    for index, size in enumerate(sizes):
        where = f"{path}.preferred_batch_size[{index}]"
        if size <= 0:
            yield problem(f"{title} must be positive for {name}", where, size)
        elif size > max_batch_size:
            yield Problem(
                f"{title} must be <= max batch size for {name}",
                where,
                f"{where} is {size}, max_batch_size is {max_batch_size}",
            )


def dynamic_batching_problems(config: ModelConfig) -> Problems:
    """Problems of the dynamic batcher's settings; none where the model has another scheduler."""
    if not config.HasField("dynamic_batching"):
        return
    batching, name, path = config.dynamic_batching, config.name, "dynamic_batching"
    yield from preferred_size_problems(
        list(batching.preferred_batch_size),
        config.max_batch_size,
        path,
        "dynamic batching preferred size",
        name,
    )
    levels = batching.priority_levels
    if levels > MAX_PRIORITY_LEVELS:
        yield problem(
            f"priority levels must be <= {MAX_PRIORITY_LEVELS} for {name}",
            f"{path}.priority_levels",
            levels,
        )
    if levels != 0:
        if not 1 <= batching.default_priority_level <= levels:
            yield problem(
                f"default priority level must be in range [1, {levels}] for {name}",
                f"{path}.default_priority_level",
                batching.default_priority_level,
            )
        for level in sorted(batching.priority_queue_policy):
            if not 1 <= level <= levels:
                yield Problem(
                    f"priority queue policy must have priority level in range [1, {levels}] for "
                    f"{name}, got {level}",
                    f"{path}.priority_queue_policy[{level}]",
                )
    if batching.preserve_ordering:
        yield from _preserve_ordering(config)


def _preserve_ordering(config: ModelConfig) -> Problems:
    batching, path = config.dynamic_batching, "dynamic_batching"
    if batching.priority_levels > 1:
        yield problem(
            "Only one priority level is allowed when 'preserve_ordering' is true for "
            f"{config.name}",
            f"{path}.priority_levels",
            batching.priority_levels,
        )
    policies = [(f"{path}.default_queue_policy", batching.default_queue_policy)]
    policies += [
        (f"{path}.priority_queue_policy[{level}]", batching.priority_queue_policy[level])
        for level in sorted(batching.priority_queue_policy)
    ]
    for where, policy in policies:
        delays = policy.timeout_action == ModelQueuePolicy.DELAY
        if delays and policy.default_timeout_microseconds != 0:
            yield Problem(
                "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is "
                f"true for {config.name}",
                f"{where}.timeout_action",
                f"{where} has",
            )
