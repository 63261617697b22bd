# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""docs/repository-agents.md is followed to the letter: its agent is built and serves."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from agents_support import INCLUDE, ROOT, Place, ask

from triton_py.errors import InvalidArgumentError

PAGE = (ROOT / "docs" / "repository-agents.md").read_text()


def lines(beginning: str) -> list[str]:
    return re.findall(rf"^{beginning}.*$", PAGE, re.MULTILINE)


@pytest.fixture
def unpack(place: Place, tmp_path: Path) -> Place:
    """The place with the example's agent, built by the page's commands, and model m in an archive."""
    shutil.copy(ROOT / "examples" / "agent_unpack.c", tmp_path)
    (compile_line,) = lines("gcc -shared")
    (directory_line,) = lines("mkdir -p repoagents")
    command = compile_line.replace("$(triton-py config --include)", str(INCLUDE))
    for line in (directory_line, f"{command} -Wall -Wextra -Werror"):
        subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True, timeout=120)
    place.agents = tmp_path / "repoagents"
    version = tmp_path / "build" / "1"
    version.mkdir(parents=True)
    (version / "model.onnx").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    folder = place.model("m", ("unpack", {"archive": "versions.tar.gz"}),
                         ("checksum", {"SHA256:1/model.onnx": digest}))
    (folder / "1").rmdir()
    (tar_line,) = lines("tar -czf")
    subprocess.run(["sh", "-c", tar_line], cwd=tmp_path, check=True, timeout=120)
    return place


def test_the_documented_agent_unpacks_a_model(unpack: Place) -> None:
    with unpack.server() as server:
        server.load("m")
        ask(server, "m")
        (folder,) = unpack.temporary.iterdir()
        assert (folder / "1" / "model.onnx").read_bytes() == b"weights"


def test_an_archive_that_is_none(unpack: Place) -> None:
    (unpack.repository / "m" / "versions.tar.gz").write_text("not an archive")
    with unpack.server() as server, pytest.raises(InvalidArgumentError, match="can't unpack"):
        server.load("m")


def test_the_page_has_the_actions_of_the_header() -> None:
    header = (INCLUDE / "triton" / "core" / "tritonrepoagent.h").read_text()
    actions = re.findall(r"TRITONREPOAGENT_ACTION_(\w+) = ", header)
    assert len(actions) == 5
    assert set(re.findall(r"^\| [\w ,]+ \| `([A-Z_]+)` \|", PAGE, re.MULTILINE)) == set(actions)
    for entry in re.findall(r"TRITONREPOAGENT_ISPEC [^;]*?\b(TRITONREPOAGENT_\w+)\(", header):
        assert f"`{entry}`" in PAGE
