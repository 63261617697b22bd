# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From instance groups to the instances to create."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
                    )
                )
    return found


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
