# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests share that load models over a storage service's own protocol."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from control_fakes import FakeDataPlane
from control_support import CONFIG, StartServer, states, wait_until_unloaded

from triton_py.repository.remote import credentials, filesystems

#: Objects of a bucket, by name.
OBJECTS = {
    "models/m/config.pbtxt": CONFIG.format(extra="", output=""),
    "models/m/1/weights.bin": "weights 1",
    "models/m/2/weights.bin": "weights 2",
    "models/m/2/deep/er/file": "deep",
    "models/n/config.pbtxt": CONFIG.format(extra="", output=""),
    "models/n/1/weights.bin": "weights of n",
    "models/README.md": "no model",
}


def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of who runs the tests, or of an earlier test, and no machine's role."""
    for fields in credentials.FIELDS.values():
        for variable in fields.values():
            if variable:
                monkeypatch.delenv(variable, raising=False)
    for variable in (credentials.CREDENTIAL_FILE, "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(filesystems, "_opened", {})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def load_and_follow(
    models: str, put: Callable[[str, str], None], start: StartServer, dataplane: FakeDataPlane
) -> None:
    """What a server does with ``OBJECTS`` in any storage, and when they change.

    Args:
        models: the repository's path.
        put: writes an object: name, content.
    """
    server = start(model_repository_paths=[models], startup_models=["*"])
    assert states(server) == {"m": {"2": "READY"}, "n": {"1": "READY"}}
    folder = Path(dataplane.served("m", 2).directory)
    assert (folder / "2" / "weights.bin").read_text() == "weights 2"
    assert (folder / "2" / "deep" / "er" / "file").read_text() == "deep"
    assert (folder / "1" / "weights.bin").read_text() == "", "the policy doesn't pick it"
    server.load("m")
    assert len(dataplane.models) == 2, "nothing has changed"
    put("models/m/2/weights.bin", "others 2")
    server.load("m")
    assert server.model_is_ready("m", 2)
    folder = Path(dataplane.served("m", 2).directory)
    assert (folder / "2" / "weights.bin").read_text() == "others 2"
    put("models/m/3/weights.bin", "weights 3")
    server.load("m")
    wait_until_unloaded(server)
    assert states(server)["m"] == {"2": "UNAVAILABLE: unloaded", "3": "READY"}
