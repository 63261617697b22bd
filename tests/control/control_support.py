# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the control plane's tests share: a repository on disk, calls in the background."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane

from triton_py.control import ControlPlane
from triton_py.errors import TritonError

StartServer = Callable[..., ControlPlane]

CONFIG = """
backend: "fake"
max_batch_size: 8
input [{{ name: "IN" data_type: TYPE_FP32 dims: [4] }}]
output [{{ name: "OUT" data_type: TYPE_FP32 dims: [4] {output} }}]
{extra}
"""


class Repository:
    """A model repository with a library for the backend ``fake`` beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.backends = root / "backends"
        self.agents = root / "agents"
        self.path = root / "models"
        self.path.mkdir()
        self.library("fake")

    def library(self, backend: str, directory: Path | None = None) -> Path:
        folder = directory or self.backends / backend
        folder.mkdir(parents=True, exist_ok=True)
        library = folder / f"libtriton_{backend}.so"
        library.touch()
        return library

    def agent(self, name: str) -> Path:
        """A library for a repository agent."""
        library = self.agents / name / f"libtritonrepoagent_{name}.so"
        library.parent.mkdir(parents=True, exist_ok=True)
        library.touch()
        return library

    def model(
        self,
        name: str,
        *versions: int,
        extra: str = "",
        output: str = "",
        config: str | None = None,
    ) -> Path:
        """Write a model folder, over the one that is there; version 1 unless told."""
        folder = self.path / name
        for version in versions or (1,):
            (folder / str(version)).mkdir(parents=True, exist_ok=True)
        if config is None:
            config = CONFIG.format(extra=extra, output=output)
        (folder / "config.pbtxt").write_text(config)
        return folder


class Background:
    """A call on a thread of its own; ``result`` waits for it and raises what it raised."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001
            self._error = error

    def running(self) -> bool:
        return self._thread.is_alive()

    def result(self) -> Any:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive(), "the call does not return"
        if self._error is not None:
            raise self._error
        return self._value

    def error(self) -> TritonError:
        with pytest.raises(TritonError) as caught:
            self.result()
        return caught.value


def states(server: ControlPlane) -> dict[str, dict[str, str]]:
    """name -> version ("" without one) -> state, with the reason after a colon."""
    found: dict[str, dict[str, str]] = {}
    for entry in server.index(ready_only=False):
        versions = found.setdefault(entry["name"], {})
        if "state" in entry:
            reason = f": {entry['reason']}" if "reason" in entry else ""
            versions[entry.get("version", "")] = entry["state"] + reason
    return found


def end(server: ControlPlane, dataplane: FakeDataPlane, root: Path) -> None:
    """The end of a random history: the server stops, all that it made is closed, the folder goes."""
    dataplane.fail.clear()
    assert server.stop(TIMEOUT_S)
    assert dataplane.open_models() == []
    assert all(backend.closed for backend in dataplane.backends)
    shutil.rmtree(root)


def wait_until_unloaded(server: ControlPlane) -> None:
    """Wait for the background work of unloads."""
    assert server._retirer.wait_idle(TIMEOUT_S), "an unload does not end"
