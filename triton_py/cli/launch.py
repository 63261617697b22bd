# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``Settings`` to a running server: the calls of ``TRITONSERVER_ServerOptionsSet...`` they mean."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from triton_py.cli.errors import CliError
from triton_py.cli.settings import Settings
from triton_py.cli.values import Setting

if TYPE_CHECKING:
    from triton_py.inprocess import Options

CONTROL_MODES = {"none": 0, "poll": 1, "explicit": 2}  # TRITONSERVER_ModelControlMode
REMOTE_SCHEMES = ("s3://", "gs://", "as://")


def check_paths(settings: Settings) -> None:
    """Looks at the directories that were named, before anything is started.

    :raises CliError: one is missing or can't be read; the message names the flag.
    """
    # What is in object storage the server looks at itself, with the credentials for it.
    places = [("model-repository", path) for path in settings.model_repository
              if not path.startswith(REMOTE_SCHEMES)]
    if settings.backend_directory:
        places.append(("backend-directory", settings.backend_directory))
    if settings.repoagent_directory:
        places.append(("repoagent-directory", settings.repoagent_directory))
    for flag, path in places:
        if not os.path.exists(path):
            raise CliError(f"--{flag}={path}: there is no such directory")
        if not os.path.isdir(path):
            raise CliError(f"--{flag}={path}: not a directory")
        if not os.access(path, os.R_OK | os.X_OK):
            raise CliError(f"--{flag}={path}: not readable by this user")
    files = [("log-file=", settings.log_file)] if settings.log_file else []
    if settings.access_log not in ("", "-"):
        files.append(("access-log=", settings.access_log))
    files += [("trace-config=triton,file=", s.value) for s in settings.trace_config
              if (s.name, s.key) == ("triton", "file")]
    for flag, path in files:
        folder = os.path.dirname(os.path.abspath(path))
        if os.path.isdir(path) or not os.access(folder, os.W_OK):
            raise CliError(f"--{flag}{path}: cannot be written")


def with_runtime_library(settings: Settings) -> list[Setting]:
    """The backend settings, with onnxruntime's library filled in where the user named none.

    Its shared object lies inside the onnxruntime package, where the dynamic loader would not look.
    """
    chosen = list(settings.backend_config)
    if any(s.name == "onnxruntime" and s.key == "library" for s in chosen):
        return chosen
    from triton_py.backends.onnxruntime_library import find

    library = find()
    if library is not None:
        chosen.append(Setting("onnxruntime", "library", str(library)))
    return chosen


def native_options(settings: Settings) -> Options:
    """The server options of ``settings``; every setting has a value, as the flags' defaults say."""
    import triton_py
    from triton_py import development
    from triton_py.inprocess import Options

    development.watch_backends(settings.watch_backends)
    o = Options()
    o.set_server_id(settings.id)
    for path in settings.model_repository:
        o.set_model_repository_path(path)
    o.set_model_control_mode(CONTROL_MODES[settings.model_control_mode])
    for name in settings.load_model:
        o.set_startup_model(name)
    o.set_strict_model_config(settings.disable_auto_complete_config)
    if settings.model_config_name:
        o.set_model_config_name(settings.model_config_name)
    o.set_exit_on_error(settings.exit_on_error)
    o.set_strict_readiness(settings.strict_readiness)
    o.set_exit_timeout(settings.exit_timeout_secs)
    o.set_model_load_thread_count(settings.model_load_thread_count)
    o.set_model_load_retry_count(settings.model_load_retry_count)
    o.set_model_namespacing(settings.model_namespacing)
    o.set_backend_directory(settings.backend_directory or triton_py.get_backend_dir())
    if settings.repoagent_directory:
        o.set_repo_agent_directory(settings.repoagent_directory)
    for setting in with_runtime_library(settings):
        o.set_backend_config(*setting)
    _devices(o, settings)
    _logging(o, settings)
    _metrics(o, settings)
    return o


def _devices(o: Options, settings: Settings) -> None:
    for setting in settings.host_policy:
        o.set_host_policy(*setting)
    if settings.min_supported_compute_capability is not None:
        o.set_min_supported_compute_capability(settings.min_supported_compute_capability)
    o.set_pinned_memory_pool_byte_size(settings.pinned_memory_pool_byte_size)


def _logging(o: Options, settings: Settings) -> None:
    from triton_py.inprocess.log_settings import FORMATS

    if settings.log_file:
        o.set_log_file(settings.log_file)
    o.set_log_info(settings.log_info)
    o.set_log_warn(settings.log_warning)
    o.set_log_error(settings.log_error)
    o.set_log_verbose(settings.log_verbose)
    o.set_log_format(FORMATS[settings.log_format])


def _metrics(o: Options, settings: Settings) -> None:
    o.set_metrics(settings.allow_metrics)
    o.set_gpu_metrics(settings.allow_gpu_metrics)
    o.set_cpu_metrics(settings.allow_cpu_metrics)
    o.set_metrics_interval(settings.metrics_interval_ms)
    for setting in settings.metrics_config:
        o.set_metrics_config(*setting)
