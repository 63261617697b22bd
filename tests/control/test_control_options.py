# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Server options, replayed from recorded setter calls, and the configuration of backends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from triton_py.control.backends import backend_config
from triton_py.control.options import _SETTERS, ControlMode, ServerOptions
from triton_py.errors import InvalidArgumentError, UnsupportedError

ABI = Path(__file__).parents[2] / "cbackend" / "abi" / "abi.json"

#: Answered by the core itself: it takes a C callback, which is no setting to replay.
NOT_REPLAYED = {"LogCallback"}


def setters_of_the_abi() -> dict[str, int]:
    """Setter name to number of arguments after the options object."""
    functions = json.loads(ABI.read_text())["functions"]
    found = {}
    for function in functions:
        match = re.fullmatch(r"TRITONSERVER_ServerOptions(?:Set|Add)(\w+)", function["name"])
        if match and match[1] not in NOT_REPLAYED:
            found[match[1]] = len(function["args"]) - 1
    return found


def test_there_is_a_field_for_every_setter_of_the_abi() -> None:
    assert {name: count for name, (count, _) in _SETTERS.items()} == setters_of_the_abi()


def test_the_defaults_are_those_of_the_c_api() -> None:
    options = ServerOptions()
    assert options.server_id == "triton"
    assert options.model_control_mode is ControlMode.POLL
    assert options.strict_model_config and options.exit_on_error and options.strict_readiness
    assert options.exit_timeout == 30
    assert options.pinned_memory_pool_byte_size == 256 * 1024 * 1024
    assert options.model_load_thread_count == 4
    assert options.metrics_interval == 2000


def test_settings_are_replayed_in_order() -> None:
    options = ServerOptions.from_settings(
        [
            ("ModelRepositoryPath", "/a"),
            ("ModelRepositoryPath", "/b"),
            ("ModelRepositoryPath", "/a"),
            ("ModelControlMode", 2),
            ("StartupModel", "m"),
            ("StrictModelConfig", False),
            ("BackendConfig", "onnxruntime", "k", "v"),
            ("BackendConfig", "onnxruntime", "k", "w"),
            ("BackendConfig", "", "all", "1"),
            ("HostPolicy", "cpu", "numa-node", "0"),
            ("HostPolicy", "cpu", "cpu-cores", "0-3"),
            ("RateLimiterResource", "R", 4, -1),
            ("RateLimiterResource", "R", 2, -1),
            ("CudaMemoryPoolByteSize", 0, 1 << 20),
            ("ModelLoadDeviceLimit", 2, 1, 0.5),
            ("MinSupportedComputeCapability", 7.5),
            ("ExitTimeout", 5),
        ]
    )
    assert options.model_repository_paths == ["/a", "/b"]
    assert options.model_control_mode is ControlMode.EXPLICIT
    assert options.startup_models == ["m"]
    assert options.auto_complete_config
    assert options.backend_config == {
        "onnxruntime": {"k": "w"},
        "": {"all": "1", "model-load-gpu-limit-device-1": "0.500000"},
    }
    assert options.host_policies == {"cpu": {"numa-node": "0", "cpu-cores": "0-3"}}
    assert options.rate_limiter_resources == {-1: {"R": 2}}
    assert options.cuda_memory_pool_byte_size == {0: 1 << 20}
    assert options.min_supported_compute_capability == 7.5
    assert options.exit_timeout == 5


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        (("NoSuchThing", 1), UnsupportedError, "server option 'NoSuchThing' is not supported"),
        (("ServerId",), InvalidArgumentError, "takes 1 argument"),
        (("ModelControlMode", 7), InvalidArgumentError, "unknown control mode '7'"),
        (("HostPolicy", "p", "nice", "1"), UnsupportedError, "'nice'"),
        (("ModelLoadThreadCount", 0), InvalidArgumentError, "at least 1"),
        (("ModelLoadDeviceLimit", 2, -1, 0.5), InvalidArgumentError, "device ID >= 0"),
        (("ModelLoadDeviceLimit", 2, 0, 1.5), InvalidArgumentError, "range"),
        (("ModelLoadDeviceLimit", 1, 0, 0.5), InvalidArgumentError, "kind"),
    ],
)
def test_bad_settings_say_what_is_wrong(
    setting: tuple[object, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ServerOptions.from_settings([setting])


def test_the_users_backend_directory_comes_before_the_shipped_one(tmp_path: Path) -> None:
    shipped = str(tmp_path / "shipped")
    assert ServerOptions().backend_directories(shipped) == [shipped]
    assert ServerOptions(backend_directory="/opt/b").backend_directories(shipped) == [
        "/opt/b",
        shipped,
    ]
    same = str(tmp_path / "x" / ".." / "shipped")
    assert ServerOptions(backend_directory=same).backend_directories(shipped) == [same]


def test_the_users_agents_come_before_the_shipped_ones(tmp_path: Path) -> None:
    shipped = str(tmp_path / "shipped")
    assert ServerOptions().repo_agent_directories(shipped) == [shipped]
    options = ServerOptions.from_settings([("RepoAgentDirectory", "/opt/a")])
    assert options.repo_agent_directories(shipped) == ["/opt/a", shipped]


def config_of(options: ServerOptions, backend: str) -> dict[str, str]:
    text = backend_config(
        options, backend, backend_directory="/backends", min_compute_capability=6.0
    )
    data = json.loads(text)
    assert set(data) == {"cmdline"}
    return data["cmdline"]


def test_a_backends_configuration_has_what_the_server_adds() -> None:
    assert config_of(ServerOptions(strict_model_config=False), "x") == {
        "auto-complete-config": "true",
        "backend-directory": "/backends",
        "default-max-batch-size": "4",
        "min-compute-capability": "6.000000",
    }


def test_settings_of_one_backend_override_those_for_all() -> None:
    options = ServerOptions(
        backend_config={
            "": {"shared": "all", "default-max-batch-size": "8", "kept": "1"},
            "x": {"shared": "own", "only": "x"},
            "y": {"other": "y"},
        }
    )
    config = config_of(options, "x")
    assert config["auto-complete-config"] == "false"
    assert config["shared"] == "own"
    assert config["only"] == "x"
    assert config["kept"] == "1"
    assert config["default-max-batch-size"] == "8"
    assert "other" not in config
    assert config_of(options, "y")["shared"] == "all"
