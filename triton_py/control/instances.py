# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From instance groups to the instances to create."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triton_py.config import instance_signature
from triton_py.control.dataplane import KIND_CPU, KIND_GPU, KIND_MODEL
from triton_py.errors import InvalidArgumentError
from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup


@dataclass(frozen=True)
class InstanceSpec:
    """The arguments of ``Model.add_instance``, in its order."""

    name: str
    kind: int
    device_id: int
    host_policy: str
    host_policy_settings: dict[str, str]
    profiles: list[str]
    passive: bool
    secondary_devices: list[tuple[str, int]]
    #: Not an argument. Equal for two instances of which either can serve in the other's place.
    signature: bytes = b""


@dataclass(frozen=True)
class Instance:
    """An instance that a model has, and the number by which the data plane knows it."""

    spec: InstanceSpec
    number: int


def instances(
    config: ModelConfig, host_policies: Mapping[str, dict[str, str]]
) -> list[InstanceSpec]:
    """The instances of a normalised configuration, in its order.

    A group of kind GPU has ``count`` instances on each of its devices, those of other kinds have
    ``count`` in all. Instance i of a group is called ``<group>_<i>``, on every device.

    Raises:
        InvalidArgumentError: a group whose kind was not resolved.
    """
    found: list[InstanceSpec] = []
    for group in config.instance_group:
        signature = _signature(group)
        for index in range(group.count):
            for kind, device_id, default_policy in _placements(group):
                policy = group.host_policy or default_policy
                found.append(
                    InstanceSpec(
                        name=f"{group.name}_{index}",
                        kind=kind,
                        device_id=device_id,
                        host_policy=policy,
                        host_policy_settings=dict(host_policies.get(policy, {})),
                        profiles=list(group.profile),
                        passive=group.passive,
                        secondary_devices=[
                            (
                                ModelInstanceGroup.SecondaryDevice.SecondaryDeviceKind.Name(
                                    device.kind
                                ),
                                device.device_id,
                            )
                            for device in group.secondary_devices
                        ],
                        signature=signature,
                    )
                )
    return found


def _signature(group: ModelInstanceGroup) -> bytes:
    """A group's, without its devices: each instance has its own."""
    plain = ModelInstanceGroup()
    plain.CopyFrom(group)
    plain.ClearField("gpus")
    return instance_signature(plain)


def match_instances(
    existing: Sequence[Instance], wanted: Sequence[InstanceSpec], together: bool
) -> tuple[list[Instance], list[InstanceSpec], list[Instance]]:
    """What becomes of a model's instances when its groups change.

    One stays where an equal one is wanted, and keeps its name; of several equal ones rather the
    one of the same name.

    Args:
        together: instances of one device share a thread: all of a device's stay, or none.

    Returns:
        Those that stay, the specifications of those to be created, those to be removed.
    """
    left = list(existing)
    chosen: list[Instance | None] = [None] * len(wanted)
    for by_name in (True, False):
        for index, spec in enumerate(wanted):
            if chosen[index] is None:
                chosen[index] = _take(left, spec, by_name)
    if together:
        moved = {_device(i.spec) for i in left if not i.spec.passive}
        moved |= {
            _device(spec)
            for spec, found in zip(wanted, chosen, strict=True)
            if found is None and not spec.passive
        }
        for index, found in enumerate(chosen):
            if found is not None and not found.spec.passive and _device(found.spec) in moved:
                left.append(found)
                chosen[index] = None
    kept = [found for found in chosen if found is not None]
    missing = [spec for spec, found in zip(wanted, chosen, strict=True) if found is None]
    return kept, missing, left


def _take(left: list[Instance], spec: InstanceSpec, by_name: bool) -> Instance | None:
    for instance in left:
        have = instance.spec
        if (have.signature, have.kind, have.device_id) == (
            spec.signature,
            spec.kind,
            spec.device_id,
        ) and (have.name == spec.name or not by_name):
            left.remove(instance)
            return instance
    return None


def _device(spec: InstanceSpec) -> tuple[int, int]:
    return spec.kind, spec.device_id


def _placements(group: ModelInstanceGroup) -> list[tuple[int, int, str]]:
    """(kind, device, default host policy) of each device that a group goes to."""
    if group.kind == ModelInstanceGroup.KIND_CPU:
        return [(KIND_CPU, 0, "cpu")]
    if group.kind == ModelInstanceGroup.KIND_MODEL:
        return [(KIND_MODEL, 0, "model")]
    if group.kind == ModelInstanceGroup.KIND_GPU:
        return [(KIND_GPU, device, f"gpu_{device}") for device in group.gpus]
    raise InvalidArgumentError(
        f"instance_group kind {ModelInstanceGroup.Kind.Name(group.kind)} not supported"
    )
