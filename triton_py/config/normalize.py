# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Write out a configuration's defaults, so that the rest of the server need not know them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup

from .names import (
    DEFAULT_MAX_BATCH_SIZE,
    DEFAULT_SEQUENCE_IDLE_MICROSECONDS,
    TWO_CPU_INSTANCES,
)

_AUTO = ModelInstanceGroup.KIND_AUTO
_CPU = ModelInstanceGroup.KIND_CPU
_GPU = ModelInstanceGroup.KIND_GPU


@dataclass(frozen=True)
class PreferredGroup:
    """An instance group that a backend prefers.

    It says so with TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup.
    `kind` is a ModelInstanceGroup.Kind, which numbers CPU and GPU the other way round than
    TRITONSERVER_InstanceGroupKind does: use `from_abi` for a value of that.
    """

    kind: int
    count: int = 0  # 0: no preference
    gpus: tuple[int, ...] = ()  # empty: no preference

    @classmethod
    def from_abi(cls, kind: int, count: int = 0, gpus: Iterable[int] = ()) -> PreferredGroup:
        """From a TRITONSERVER_InstanceGroupKind: AUTO 0, CPU 1, GPU 2, MODEL 3."""
        return cls(_KIND_OF_ABI[kind], count, tuple(gpus))


_KIND_OF_ABI = (_AUTO, _CPU, _GPU, ModelInstanceGroup.KIND_MODEL)
#: ModelInstanceGroup.Kind -> TRITONSERVER_InstanceGroupKind.
ABI_KINDS = {int(kind): number for number, kind in enumerate(_KIND_OF_ABI)}


def usable_gpus(gpus: int | Iterable[int]) -> tuple[int, ...]:
    """Device numbers, ascending, from a count of GPUs or from device numbers."""
    return tuple(range(gpus)) if isinstance(gpus, int) else tuple(sorted(set(gpus)))


def normalize(config: ModelConfig) -> None:
    """Fill, in place, the defaults that depend on nothing but the configuration itself.

    These are the version policy (the latest version), the preferred batch sizes (the maximum), how
    long a sequence may idle (a second) and pinned memory for inputs and outputs (on). Instance
    groups, which depend on backend and machine, are `normalize_instance_groups`'s.
    """
    _normalize_version_policy(config)
    if config.HasField("dynamic_batching"):
        _prefer_maximum(config.dynamic_batching.preferred_batch_size, config.max_batch_size)
    if config.HasField("sequence_batching"):
        sequence = config.sequence_batching
        if sequence.max_sequence_idle_microseconds == 0:
            sequence.max_sequence_idle_microseconds = DEFAULT_SEQUENCE_IDLE_MICROSECONDS
        if sequence.HasField("oldest"):
            _prefer_maximum(sequence.oldest.preferred_batch_size, config.max_batch_size)
    if not config.HasField("ensemble_scheduling"):
        optimization = config.optimization
        if not optimization.HasField("input_pinned_memory"):
            optimization.input_pinned_memory.enable = True
        if not optimization.HasField("output_pinned_memory"):
            optimization.output_pinned_memory.enable = True


def _normalize_version_policy(config: ModelConfig) -> None:
    policy = config.version_policy
    if not config.HasField("version_policy"):
        policy.latest.num_versions = 1
    elif policy.WhichOneof("policy_choice") is None:
        policy.all.SetInParent()  # `version_policy {}`: nothing is left out
    elif policy.HasField("latest") and policy.latest.num_versions == 0:
        policy.latest.num_versions = 1


def _prefer_maximum(preferred: object, max_batch_size: int) -> None:
    if not preferred and max_batch_size > 0:
        preferred.append(max_batch_size)  # type: ignore[attr-defined]


def normalize_instance_groups(
    config: ModelConfig,
    preferred: Sequence[PreferredGroup] = (),
    gpus: int | Iterable[int] = 0,
) -> None:
    """Fill, in place, the instance groups: name, kind, count, GPUs; one group where there is none.

    `preferred` are the backend's, in its order. `gpus` is the number of usable GPUs or their device
    numbers. KIND_AUTO becomes KIND_GPU where there are GPUs and all that the group lists are among
    them, else KIND_CPU. An ensemble has no instances and stays as it is.
    """
    if config.HasField("ensemble_scheduling"):
        return
    available = usable_gpus(gpus)
    if not config.instance_group:
        _add_group(config, preferred, available)
    for index, group in enumerate(config.instance_group):
        if not group.name:
            group.name = f"{config.name}_{index}"
        if group.kind == _AUTO:
            on_gpu = available and all(gpu in available for gpu in group.gpus)
            group.kind = _GPU if on_gpu else _CPU
        _follow(group, preferred, available)
        if group.count < 1:
            two = group.kind == _CPU and config.backend in TWO_CPU_INSTANCES
            group.count = 2 if two else 1
        if group.kind == _GPU and not group.gpus:
            group.gpus.extend(available)


def _add_group(
    config: ModelConfig, preferred: Sequence[PreferredGroup], available: tuple[int, ...]
) -> None:
    group = config.instance_group.add(name=config.name)
    for choice in preferred:
        if choice.kind == _GPU and not available:
            continue
        if choice.kind == _GPU:
            group.gpus.extend(gpu for gpu in choice.gpus if gpu in available)
        elif choice.kind == _AUTO:
            group.gpus.extend(choice.gpus)  # they decide what AUTO resolves to
        group.kind = choice.kind  # type: ignore[assignment]
        group.count = choice.count
        return


def _follow(
    group: ModelInstanceGroup, preferred: Sequence[PreferredGroup], available: tuple[int, ...]
) -> None:
    """Take count and GPUs, where the group leaves them open, from the preferences for its kind."""
    for choice in preferred:
        if choice.kind != group.kind:
            continue
        if group.kind == _GPU and not group.gpus and choice.gpus:
            group.gpus.extend(gpu for gpu in choice.gpus if gpu in available)
            if not group.gpus:
                continue
        if group.count < 1 and choice.count > 0:
            group.count = choice.count


def add_default_batching(
    config: ModelConfig, default_max_batch_size: int = DEFAULT_MAX_BATCH_SIZE
) -> None:
    """Let a model batch whose configuration doesn't say whether it may, in place.

    For auto-completion of a model that turned out to have a batch dimension. A maximum batch size
    that is set stays. The dynamic batcher is added where there is something to batch and no other
    scheduler.
    """
    if config.max_batch_size == 0:
        config.max_batch_size = max(default_max_batch_size, 1)
    if config.max_batch_size > 1 and config.WhichOneof("scheduling_choice") is None:
        config.dynamic_batching.SetInParent()
