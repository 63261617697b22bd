# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What happens to a model configuration once its backend is loaded, in the order of the steps.

Each step takes a ModelConfig message and returns a new one, so that the versions of a model, which
are built side by side from one plan, don't disturb each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from triton_py import config as model_configs
from triton_py.config import ConfigError
from triton_py.proto.model_config import ModelConfig


def resolve_instance_groups(
    config: ModelConfig,
    preferred: Iterable[tuple[int, int, Sequence[int]]],
    gpus: int,
    min_compute_capability: float,
    file: str | None,
) -> ModelConfig:
    """Decide kind, count and devices of the instance groups.

    Args:
        preferred: the backend's, as TRITONSERVER_InstanceGroupKind, count, devices.
        gpus: how many GPUs there are.
        min_compute_capability: for the message.
        file: where errors are looked up, None for nowhere.

    Raises:
        ConfigError: a group asks for a GPU that isn't there.
    """
    resolved = _copy(config)
    groups = [model_configs.PreferredGroup.from_abi(*group) for group in preferred]
    model_configs.normalize_instance_groups(resolved, groups, gpus)
    try:
        model_configs.validate_instance_groups(resolved, gpus, min_compute_capability)
    except ConfigError as error:
        raise _located(error, file) from None
    return resolved


def with_instance_groups(config: ModelConfig, groups: ModelConfig) -> ModelConfig:
    """A configuration with the instance groups and the version policy of another one."""
    changed = _copy(config)
    changed.ClearField("instance_group")
    changed.ClearField("version_policy")
    changed.instance_group.extend(groups.instance_group)
    if groups.HasField("version_policy"):
        changed.version_policy.CopyFrom(groups.version_policy)
    return changed


def apply_auto_complete(config: ModelConfig, returned: str) -> tuple[ModelConfig, list[str]]:
    """Take over what a backend handed to TRITONBACKEND_ModelSetConfig.

    Returns:
        The completed configuration, and the fields that the backend had no right to change.
    """
    completed = model_configs.apply_autocomplete(config, returned)
    return completed.config, completed.ignored


def check_complete(config: ModelConfig, file: str | None) -> None:
    """Check the final configuration; `file` is where errors are looked up, None for nowhere."""
    try:
        model_configs.validate_config(config)
        model_configs.validate_io(config)
    except ConfigError as error:
        raise _located(error, file) from None


def _located(error: ConfigError, file: str | None) -> ConfigError:
    return model_configs.locate(error, file) if file else error


def _copy(config: ModelConfig) -> ModelConfig:
    copy = ModelConfig()
    copy.CopyFrom(config)
    return copy


def to_json(config: ModelConfig) -> str:
    """One line of JSON, a function of the message's value alone."""
    return model_configs.to_json(config)


def to_dict(config: ModelConfig) -> dict[str, Any]:
    """What ``to_json`` writes, as data."""
    return model_configs.to_dict(config)


def requires_reload(before: ModelConfig, after: ModelConfig) -> bool:
    """Whether a change of configuration can't be made while a model serves; both as planned."""
    return model_configs.requires_reload(before, after)


def compile_spec(config: ModelConfig) -> dict[str, Any]:
    """The data plane's digest of a final configuration."""
    return dict(model_configs.compile_spec(config))


def metadata(config: ModelConfig, versions: Sequence[int]) -> dict[str, Any]:
    """The protocol's model metadata."""
    return model_configs.metadata(config, versions)
