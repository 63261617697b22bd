# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Server options, under the names that Triton's Python package gives them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import triton_py
from triton_py.api.enums import (
    InstanceGroupKind,
    LogFormat,
    ModelControlMode,
    RateLimitMode,
    parse,
)
from triton_py.errors import InvalidArgumentError
from triton_py.inprocess import Options as NativeOptions

__all__ = ["ModelLoadDeviceLimit", "Options", "RateLimiterResource"]

StrPath = str | os.PathLike[str]


@dataclass(slots=True)
class RateLimiterResource:
    """How much of a named resource there is; device -1: counted once for all devices."""

    name: str
    count: int
    device: int = -1


@dataclass(slots=True)
class ModelLoadDeviceLimit:
    """Which part of a device's memory (0 to 1) may be full for a model still to be loaded."""

    kind: InstanceGroupKind
    device: int
    fraction: float


@dataclass(slots=True, kw_only=True)
class Options:
    """What a server is started with. Sizes are bytes, times as the names or comments say."""

    model_repository: StrPath | Sequence[StrPath] = ()
    server_id: str = "triton"
    model_control_mode: ModelControlMode | str = ModelControlMode.NONE
    #: Only with ModelControlMode.EXPLICIT; ["*"] for all.
    startup_models: Sequence[str] = ()
    strict_model_config: bool = False
    model_config_name: str | None = None

    rate_limiter_mode: RateLimitMode | str = RateLimitMode.OFF
    rate_limiter_resources: Sequence[RateLimiterResource] = ()

    pinned_memory_pool_size: int = 1 << 28
    cuda_memory_pool_sizes: Mapping[int, int] = field(default_factory=dict)

    cache_config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cache_directory: StrPath | None = None

    min_supported_compute_capability: float | None = None

    exit_on_error: bool = True
    strict_readiness: bool = True
    #: Seconds that stop() waits for requests in flight.
    exit_timeout: int = 30
    buffer_manager_thread_count: int = 0
    model_load_thread_count: int = 4
    model_load_retry_count: int = 0
    model_namespacing: bool = False
    enable_peer_access: bool = True

    #: None: standard output and standard error.
    log_file: StrPath | None = None
    log_info: bool = False
    log_warn: bool = False
    log_error: bool = False
    log_format: LogFormat | str = LogFormat.DEFAULT
    log_verbose: int = 0

    metrics: bool = True
    gpu_metrics: bool = True
    cpu_metrics: bool = True
    #: Milliseconds.
    metrics_interval: int = 2000

    #: None: the backends that ship with this package.
    backend_directory: StrPath | None = None
    #: Searched before the repository agents that ship.
    repo_agent_directory: StrPath | None = None
    model_load_device_limits: Sequence[ModelLoadDeviceLimit] = ()
    #: backend name ("" for all) -> setting -> value
    backend_configuration: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    host_policies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: "" -> setting -> value, see docs/metrics.md
    metrics_configuration: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def repositories(self) -> list[str]:
        """The model repositories as a list of paths."""
        given = self.model_repository
        paths = [given] if isinstance(given, (str, os.PathLike)) else list(given or ())
        if not paths:
            raise InvalidArgumentError("Model repository must be specified.")
        return [os.fspath(path) for path in paths]

    def native(self) -> NativeOptions:
        """The C API's options; wrong values are reported here."""
        options = NativeOptions()
        options.set_server_id(self.server_id)
        for path in self.repositories():
            options.set_model_repository_path(path)
        mode = parse(ModelControlMode, self.model_control_mode, "model_control_mode")
        options.set_model_control_mode(mode)
        for name in self.startup_models:
            options.set_startup_model(name)
        options.set_strict_model_config(self.strict_model_config)
        if self.model_config_name is not None:
            options.set_model_config_name(self.model_config_name)
        options.set_rate_limiter_mode(
            parse(RateLimitMode, self.rate_limiter_mode, "rate_limiter_mode")
        )
        for resource in self.rate_limiter_resources:
            options.add_rate_limiter_resource(resource.name, resource.count, resource.device)
        self._set_memory(options)
        options.set_exit_on_error(self.exit_on_error)
        options.set_strict_readiness(self.strict_readiness)
        options.set_exit_timeout(self.exit_timeout)
        options.set_buffer_manager_thread_count(self.buffer_manager_thread_count)
        options.set_model_load_thread_count(self.model_load_thread_count)
        options.set_model_load_retry_count(self.model_load_retry_count)
        options.set_model_namespacing(self.model_namespacing)
        options.set_enable_peer_access(self.enable_peer_access)
        self._set_logging(options)
        options.set_metrics(self.metrics)
        options.set_gpu_metrics(self.metrics and self.gpu_metrics)
        options.set_cpu_metrics(self.metrics and self.cpu_metrics)
        options.set_metrics_interval(self.metrics_interval)
        self._set_directories(options)
        for backend, settings in self.backend_configuration.items():
            for setting, value in settings.items():
                options.set_backend_config(backend, setting, value)
        for policy, settings in self.host_policies.items():
            for setting, value in settings.items():
                options.set_host_policy(policy, setting, value)
        for name, settings in self.metrics_configuration.items():
            for setting, value in settings.items():
                options.set_metrics_config(name, setting, value)
        return options

    def _set_memory(self, options: NativeOptions) -> None:
        options.set_pinned_memory_pool_byte_size(self.pinned_memory_pool_size)
        for device, size in self.cuda_memory_pool_sizes.items():
            options.set_cuda_memory_pool_byte_size(device, size)
        if self.min_supported_compute_capability is not None:
            options.set_min_supported_compute_capability(self.min_supported_compute_capability)
        for limit in self.model_load_device_limits:
            kind = parse(InstanceGroupKind, limit.kind, "kind of a model load device limit")
            options.set_model_load_device_limit(kind, limit.device, limit.fraction)
        for name, settings in self.cache_config.items():
            options.set_cache_config(name, json.dumps(settings))

    def _set_logging(self, options: NativeOptions) -> None:
        # Each level brings the more serious ones with it.
        info = self.log_info or self.log_verbose > 0
        warn = self.log_warn or info
        if self.log_file is not None:
            options.set_log_file(os.fspath(self.log_file))
        options.set_log_verbose(self.log_verbose)
        options.set_log_info(info)
        options.set_log_warn(warn)
        options.set_log_error(self.log_error or warn)
        options.set_log_format(parse(LogFormat, self.log_format, "log_format"))

    def _set_directories(self, options: NativeOptions) -> None:
        backends = self.backend_directory or triton_py.get_backend_dir()
        options.set_backend_directory(os.fspath(backends))
        if self.repo_agent_directory is not None:
            options.set_repo_agent_directory(os.fspath(self.repo_agent_directory))
        if self.cache_directory is not None:
            options.set_cache_directory(os.fspath(self.cache_directory))
