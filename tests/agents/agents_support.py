# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Test agents, models behind agents, and what the agents wrote down."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from live_objects import more_than

from triton_py import Server
from triton_py.inprocess import live_objects

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INCLUDE = ROOT / "cbackend" / "include"
CHECKSUM = ROOT / "cbackend" / "agents" / "checksum"

#: Agents made of src/recording.c: name -> macros.
RECORDING: dict[str, tuple[str, ...]] = {
    "first": (),
    "second": (),
    "third": (),
    "bare": ("-DBARE",),
    "no_action": ("-DNO_ACTION",),
    "no_start": ("-DFAIL_INITIALIZE",),
    "no_end": ("-DFAIL_FINALIZE",),
    "newer": ("-DNEWER",),
}

CONFIG = """\
backend: "identity"
max_batch_size: {batch}
input {{ name: "INPUT0" data_type: TYPE_INT32 dims: [-1] }}
output {{ name: "OUTPUT0" data_type: TYPE_INT32 dims: [-1] }}
"""


def compile_shared(output: Path, *parts: str | Path) -> Path:
    """Compiles C files to a shared library as an agent's author would; warnings are errors."""
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [*shlex.split(os.environ.get("CC", "gcc")), "-std=c11", "-O1", "-g", "-Wall",
               "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden", f"-I{INCLUDE}",
               *map(str, parts), "-o", str(output)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stderr}"
    return output


def build_recording(folder: Path) -> Path:
    """Compiles all of RECORDING into an agent directory, which it returns."""
    for name, macros in RECORDING.items():
        compile_shared(folder / name / f"libtritonrepoagent_{name}.so", f'-DAGENT_NAME="{name}"',
                       *macros, HERE / "src" / "recording.c")
    return folder


def agents_text(*agents: tuple[str, dict[str, str]]) -> str:
    """The field model_repository_agents of a configuration."""
    lines = ["model_repository_agents {"]
    for name, parameters in agents:
        lines.append(f'  agents {{ name: "{name}"')
        for key, value in parameters.items():
            quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            lines.append(f'    parameters {{ key: "{key}" value: "{quoted}" }}')
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


@dataclass
class Place:
    """A repository, the agents' directory and their record, the server's temporary folders."""

    repository: Path
    agents: Path
    record: Path
    temporary: Path
    options: dict[str, Any] = field(default_factory=dict)

    def model(self, name: str, *agents: tuple[str, dict[str, str]], batch: int = 0) -> Path:
        """Writes a model of the identity backend, over the one that is there; returns its folder."""
        folder = self.repository / name
        (folder / "1").mkdir(parents=True, exist_ok=True)
        text = CONFIG.format(batch=batch) + (agents_text(*agents) if agents else "")
        (folder / "config.pbtxt").write_text(text)
        return folder

    @contextmanager
    def server(self, **options: Any) -> Iterator[Server]:
        """A server in explicit mode unless told; afterwards nothing of it is left."""
        before = live_objects()
        settings: dict[str, Any] = {
            "model_repository": self.repository,
            "model_control_mode": "explicit",
            "repo_agent_directory": self.agents,
            "exit_timeout": 20,
        }
        with Server(**(settings | self.options | options)) as server:
            yield server
        assert more_than(before) == {}
        assert list(self.temporary.iterdir()) == [], "an acquired folder is left"

    def lines(self, *kinds: str) -> list[str]:
        """What was written down so far; only lines whose second word is one of ``kinds``, if any."""
        text = self.record.read_text() if self.record.exists() else ""
        # A parameter's value may have lines of its own.
        found = [line for line in text.splitlines() if line.split(" ")[0] in RECORDING]
        return [line for line in found if not kinds or line.split(" ")[1] in kinds]

    def events(self) -> list[str]:
        """Agent and event of each line that tells of a call of the server."""
        told = {"Initialize", "Finalize", "ModelInitialize", "ModelFinalize", "LOAD",
                "LOAD_COMPLETE", "LOAD_FAIL", "UNLOAD", "UNLOAD_COMPLETE"}
        return [" ".join(line.split(" ")[:2]) for line in self.lines()
                if line.split(" ")[1] in told]

    def forget(self) -> None:
        """Starts the record anew."""
        self.record.unlink(missing_ok=True)

    def wait_for(self, event: str) -> None:
        """Waits until an event was written down, such as the end of an unload."""
        eventually(lambda: event in self.events())


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "that does not come true"
        time.sleep(0.01)


def ask(server: Server, name: str) -> None:
    """One request, which must be answered by an identity."""
    model = server.model(name)
    batched = model.config()["max_batch_size"] > 0
    value = np.array([[1, 2, 3]] if batched else [1, 2, 3], np.int32)
    response = model.infer(inputs={"INPUT0": value}).result()
    assert response["OUTPUT0"].numpy().tolist() == value.tolist()
