# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rules about instance groups, once their defaults are filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup

from ..names import ENSEMBLE_PLATFORM, TENSORRT_PLATFORM
from ..normalize import usable_gpus
from .problem import Problem, Problems, duplicates

#: Every instance is a thread and a copy of the model at the backend's discretion; more is a slip.
MAX_INSTANCES = 4096


def instance_group_problems(
    config: ModelConfig, gpus: int | Iterable[int], min_compute_capability: float
) -> Problems:
    """Problems of the instance groups on a machine with these GPUs; none for an ensemble."""
    if config.HasField("ensemble_scheduling") or config.platform == ENSEMBLE_PLATFORM:
        return
    if not config.instance_group:
        yield Problem(
            f"must specify one or more 'instance group's for {config.name}", "instance_group"
        )
    available = usable_gpus(gpus)
    for index, group in enumerate(config.instance_group):
        path = f"instance_group[{index}]"
        title = f"instance group {group.name} of model {config.name}"
        yield from _devices(group, path, title, available, min_compute_capability)
        yield from _profiles(group, path, title, config.platform)
        yield from _other(group, path, title)


def _devices(
    group: ModelInstanceGroup,
    path: str,
    title: str,
    available: tuple[int, ...],
    min_compute_capability: float,
) -> Problems:
    if group.kind == ModelInstanceGroup.KIND_GPU:
        if not group.gpus:
            what = "specifies no GPUs" if available else "no GPUs are available"
            yield Problem(f"{title} has kind KIND_GPU but {what}", f"{path}.kind")
        for index, gpu in enumerate(group.gpus):
            if gpu not in available:
                yield Problem(
                    f"{title} specifies invalid or unsupported gpu id {gpu}. GPUs with at least "
                    "the minimum required CUDA compute compatibility of "
                    f"{min_compute_capability:.6f} are: {', '.join(map(str, available))}",
                    f"{path}.gpus[{index}]",
                )
    elif group.kind in (ModelInstanceGroup.KIND_CPU, ModelInstanceGroup.KIND_MODEL):
        if group.gpus:
            kind = ModelInstanceGroup.Kind.Name(group.kind)
            yield Problem(f"{title} has kind {kind} but specifies one or more GPUs", f"{path}.gpus")
    else:
        yield Problem(f"{title} has unexpected kind KIND_AUTO", f"{path}.kind")


def _profiles(group: ModelInstanceGroup, path: str, title: str, platform: str) -> Problems:
    if group.profile and platform != TENSORRT_PLATFORM:
        yield Problem(
            f"{title} and platform {platform} specifies profile field which is only supported for "
            "TensorRT models",
            f"{path}.profile",
        )
        return
    for index, profile in enumerate(group.profile):
        if not re.fullmatch(r"\d+", profile):
            yield Problem(
                f"{title} and platform {platform} specifies invalid profile {profile}. The field "
                "should contain the string representation of a non-negative integer.",
                f"{path}.profile[{index}]",
            )


def _other(group: ModelInstanceGroup, path: str, title: str) -> Problems:
    if not 0 <= group.count <= MAX_INSTANCES:
        yield Problem(
            f"{title} has count {group.count}, which must be between 1 and {MAX_INSTANCES}, or 0 "
            "for the default",
            f"{path}.count",
        )
    # What `--host-policy=<name>,<setting>=<value>` can't spell can't be meant.
    if re.search(r"[\s,=]", group.host_policy):
        yield Problem(
            f"{title} has host policy '{group.host_policy}': a name can't have blanks, ',' or '='",
            f"{path}.host_policy",
        )
    resources = group.rate_limiter.resources
    for index, resource in enumerate(resources):
        where = f"{path}.rate_limiter.resources[{index}]"
        if not resource.name:
            yield Problem(f"{title} has a rate limiter resource without a 'name'", where)
        elif any(r.name == resource.name and getattr(r, "global") for r in resources) and any(
            r.name == resource.name and not getattr(r, "global") for r in resources
        ):
            yield Problem(
                f'Resource "{resource.name}" is present as both global and device-specific '
                f"resource in {title}",
                where,
            )
    for index, name in duplicates(resource.name for resource in resources):
        yield Problem(
            f"{title} names rate limiter resource '{name}' more than once",
            f"{path}.rate_limiter.resources[{index}].name",
        )
