# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Server options: one field per ``TRITONSERVER_ServerOptionsSet*`` function.

The C object is a list of recorded setter calls; ``ServerOptions.from_settings`` replays them. The
defaults are those of the C API, not of the command line (which sets what differs, as
``strict_model_config`` and ``model_control_mode``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.metrics import MetricsSettings, check_setting

_GPU_KIND = 2
_HOST_POLICY_SETTINGS = ("numa-node", "cpu-cores")


class ControlMode(IntEnum):
    """TRITONSERVER_ModelControlMode."""

    NONE = 0
    POLL = 1
    EXPLICIT = 2

    @property
    def label(self) -> str:
        """As Triton's table of options writes it."""
        return f"MODE_{self.name}"


@dataclass
class ServerOptions:
    """What a server was asked to be. Byte sizes in bytes, times in the unit of the name."""

    server_id: str = "triton"
    model_repository_paths: list[str] = field(default_factory=list)
    model_control_mode: ControlMode = ControlMode.POLL
    startup_models: list[str] = field(default_factory=list)
    strict_model_config: bool = True
    model_config_name: str = ""
    rate_limiter_mode: int = 0
    #: device (-1 for one shared by all) -> resource name -> count
    rate_limiter_resources: dict[int, dict[str, int]] = field(default_factory=dict)
    pinned_memory_pool_byte_size: int = 1 << 28
    cuda_memory_pool_byte_size: dict[int, int] = field(default_factory=dict)
    cuda_virtual_address_size: dict[int, int] = field(default_factory=dict)
    response_cache_byte_size: int = 0
    cache_config: dict[str, str] = field(default_factory=dict)
    cache_directory: str = "/opt/tritonserver/caches"
    #: None: 6.0 where there is a GPU, 0 elsewhere.
    min_supported_compute_capability: float | None = None
    exit_on_error: bool = True
    strict_readiness: bool = True
    exit_timeout: int = 30
    buffer_manager_thread_count: int = 0
    model_load_thread_count: int = 4
    model_load_retry_count: int = 0
    model_namespacing: bool = False
    enable_peer_access: bool = False
    log_file: str = ""
    log_info: bool = True
    log_warn: bool = True
    log_error: bool = True
    log_format: int = 0
    log_verbose: int = 0
    metrics: bool = True
    gpu_metrics: bool = True
    cpu_metrics: bool = True
    metrics_interval: int = 2000
    #: setting -> value; each is one that there is
    metrics_config: dict[str, str] = field(default_factory=dict)
    #: Empty: only the backends that ship with triton-py.
    backend_directory: str = ""
    #: Empty: only the repository agents that ship with triton-py.
    repo_agent_directory: str = ""
    #: backend name ("" for all) -> setting -> value; of a setting given twice the last one counts
    backend_config: dict[str, dict[str, str]] = field(default_factory=dict)
    #: policy name -> setting -> value
    host_policies: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Of ``triton-py serve`` alone: no function of the C API sets it.
    watch_backends: bool = False

    @classmethod
    def from_settings(cls, settings: Iterable[Sequence[Any]]) -> ServerOptions:
        """Replay recorded setter calls.

        Args:
            settings: one tuple per call: the C function's name after
                ``TRITONSERVER_ServerOptionsSet`` or ``...Add``, then its arguments.

        Raises:
            InvalidArgumentError: an argument out of range, or of the wrong number.
            UnsupportedError: a setting this server doesn't know.
        """
        options = cls()
        for name, *arguments in settings:
            options.apply(name, *arguments)
        return options

    def apply(self, name: str, *arguments: Any) -> None:
        """Apply one setter call; ``from_settings`` says what the arguments are."""
        rule = _SETTERS.get(name)
        if rule is None:
            raise UnsupportedError(f"server option '{name}' is not supported")
        count, setter = rule
        if len(arguments) != count:
            raise InvalidArgumentError(
                f"server option '{name}' takes {count} argument(s), got {len(arguments)}"
            )
        setter(self, *arguments)

    @property
    def metrics_settings(self) -> MetricsSettings:
        return MetricsSettings.from_config(self.metrics_config)

    @property
    def auto_complete_config(self) -> bool:
        return not self.strict_model_config

    def backend_directories(self, shipped: str) -> list[str]:
        """Where backends are searched: the user's directory, then the shipped one."""
        return _directories(self.backend_directory, shipped)

    def repo_agent_directories(self, shipped: str) -> list[str]:
        """Where repository agents are searched: the user's directory, then the shipped one."""
        return _directories(self.repo_agent_directory, shipped)


def _directories(chosen: str, shipped: str) -> list[str]:
    if not chosen:
        return [shipped]
    if os.path.realpath(chosen) == os.path.realpath(shipped):
        return [chosen]
    return [chosen, shipped]


_Setter = Callable[..., None]


def _value(attribute: str, convert: Callable[[Any], Any]) -> tuple[int, _Setter]:
    def setter(options: ServerOptions, value: Any) -> None:
        setattr(options, attribute, convert(value))

    return 1, setter


def _count(attribute: str, least: int) -> tuple[int, _Setter]:
    def setter(options: ServerOptions, value: int) -> None:
        if value < least:
            raise InvalidArgumentError(f"{attribute} must be at least {least}, got {value}")
        setattr(options, attribute, int(value))

    return 1, setter


def _appended(attribute: str) -> tuple[int, _Setter]:
    def setter(options: ServerOptions, value: str) -> None:
        values = getattr(options, attribute)
        if value not in values:
            values.append(value)

    return 1, setter


def _keyed(attribute: str) -> tuple[int, _Setter]:
    def setter(options: ServerOptions, key: Any, value: Any) -> None:
        getattr(options, attribute)[key] = value

    return 2, setter


def _nested(attribute: str) -> tuple[int, _Setter]:
    def setter(options: ServerOptions, group: str, key: str, value: str) -> None:
        getattr(options, attribute).setdefault(group, {})[key] = value

    return 3, setter


def _set_control_mode(options: ServerOptions, mode: int) -> None:
    try:
        options.model_control_mode = ControlMode(mode)
    except ValueError:
        raise InvalidArgumentError(f"unknown control mode '{mode}'") from None


def _add_rate_limiter_resource(options: ServerOptions, name: str, count: int, device: int) -> None:
    resources = options.rate_limiter_resources.setdefault(device, {})
    resources[name] = min(count, resources.get(name, count))


def _set_host_policy(options: ServerOptions, policy: str, setting: str, value: str) -> None:
    if setting not in _HOST_POLICY_SETTINGS:
        raise UnsupportedError(
            f"Unsupported host policy setting '{setting}' is specified, supported settings are "
            "'numa-node', 'cpu-cores'"
        )
    options.host_policies.setdefault(policy, {})[setting] = value


def _set_metrics_config(options: ServerOptions, group: str, setting: str, value: str) -> None:
    if group:
        raise UnsupportedError(
            f"metrics setting '{setting}' is given for '{group}'; there are only settings of all "
            "metrics, with an empty name"
        )
    try:
        check_setting(setting, value)
    except ValueError as error:
        raise InvalidArgumentError(str(error)) from None
    options.metrics_config[setting] = value


def _set_model_load_device_limit(
    options: ServerOptions, kind: int, device: int, fraction: float
) -> None:
    if device < 0:
        raise InvalidArgumentError(f"expects device ID >= 0, got {device}")
    if not 0.0 <= fraction <= 1.0:
        raise InvalidArgumentError(
            f"expects limit fraction to be in range [0.0, 1.0], got {fraction:f}"
        )
    if kind != _GPU_KIND:
        raise InvalidArgumentError(f"given device kind is not supported, got: {kind}")
    # Backends read the limit from their configuration, so it travels as a global setting.
    settings = options.backend_config.setdefault("", {})
    settings[f"model-load-gpu-limit-device-{device}"] = f"{fraction:f}"


_SETTERS: dict[str, tuple[int, _Setter]] = {
    "ServerId": _value("server_id", str),
    "ModelRepositoryPath": _appended("model_repository_paths"),
    "ModelControlMode": (1, _set_control_mode),
    "StartupModel": _appended("startup_models"),
    "StrictModelConfig": _value("strict_model_config", bool),
    "ModelConfigName": _value("model_config_name", str),
    "RateLimiterMode": _value("rate_limiter_mode", int),
    "RateLimiterResource": (3, _add_rate_limiter_resource),
    "PinnedMemoryPoolByteSize": _value("pinned_memory_pool_byte_size", int),
    "CudaMemoryPoolByteSize": _keyed("cuda_memory_pool_byte_size"),
    "CudaVirtualAddressSize": _keyed("cuda_virtual_address_size"),
    "ResponseCacheByteSize": _value("response_cache_byte_size", int),
    "CacheConfig": _keyed("cache_config"),
    "CacheDirectory": _value("cache_directory", str),
    "MinSupportedComputeCapability": _value("min_supported_compute_capability", float),
    "ExitOnError": _value("exit_on_error", bool),
    "StrictReadiness": _value("strict_readiness", bool),
    "ExitTimeout": _value("exit_timeout", int),
    "BufferManagerThreadCount": _value("buffer_manager_thread_count", int),
    "ModelLoadThreadCount": _count("model_load_thread_count", 1),
    "ModelLoadRetryCount": _count("model_load_retry_count", 0),
    "ModelNamespacing": _value("model_namespacing", bool),
    "EnablePeerAccess": _value("enable_peer_access", bool),
    "LogFile": _value("log_file", str),
    "LogInfo": _value("log_info", bool),
    "LogWarn": _value("log_warn", bool),
    "LogError": _value("log_error", bool),
    "LogFormat": _value("log_format", int),
    "LogVerbose": _value("log_verbose", int),
    "Metrics": _value("metrics", bool),
    "GpuMetrics": _value("gpu_metrics", bool),
    "CpuMetrics": _value("cpu_metrics", bool),
    "MetricsInterval": _value("metrics_interval", int),
    "MetricsConfig": (3, _set_metrics_config),
    "BackendDirectory": _value("backend_directory", str),
    "RepoAgentDirectory": _value("repo_agent_directory", str),
    "ModelLoadDeviceLimit": (3, _set_model_load_device_limit),
    "BackendConfig": _nested("backend_config"),
    "HostPolicy": (3, _set_host_policy),
}
