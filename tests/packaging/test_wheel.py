# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The wheel: built without a network, installed elsewhere, used by somebody who has only that.

A backend author's line, as docs/backends.md prints it, compiles a backend against the installed
package; the installed server serves it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from serve_process import Serving, write_model

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ("identity", "onnxruntime", "repeat")
AGENTS = ("checksum",)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    # From a copy: what happens to lie built in the tree must not get in, and nothing be left there.
    source = tmp_path_factory.mktemp("source") / "triton-py"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(
        ".git", ".venv", "dist", "build", "*.so", "abi_implemented.json",
        ".*_cache", ".hypothesis", "__pycache__"))
    place = tmp_path_factory.mktemp("wheel")
    # What is compiled is tested elsewhere; here it only has to be compiled, and quickly.
    quick = {"CFLAGS": "-O0 -g0", "CXXFLAGS": "-O0 -g0"}
    result = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index",
         "--wheel-dir", str(place), str(source)], capture_output=True, text=True, check=False,
        env={**os.environ, **quick})
    assert result.returncode == 0, result.stdout + result.stderr
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
                    "--target", str(place), str(wheel)], check=True)
    return place


def run(site: Path, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "triton_py", *arguments], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_what_the_wheel_carries(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for header in ("tritonserver", "tritonbackend", "tritoncache", "tritonrepoagent"):
        assert f"triton_py/include/triton/core/{header}.h" in names
    assert "triton_py/lib/libtritonserver.so" in names
    for backend in BACKENDS:
        assert f"triton_py/backends/{backend}/libtriton_{backend}.so" in names
    for file in ("libtriton_python.so", "worker/_bridge.abi3.so", "worker/worker.py", "worker/unpack_environment.py",
                 "worker/triton_python_backend_utils.py"):
        assert f"triton_py/backends/python/{file}" in names
    assert "triton_py/backends/numpy_pipeline/model.py" in names
    for agent in AGENTS:
        assert f"triton_py/repoagents/{agent}/libtritonrepoagent_{agent}.so" in names
    assert "triton_py/py.typed" in names
    # What the benchmarks run elsewhere, and is no module of this package.
    assert "triton_py/benchmarks/scenarios/python/add_sub.py" in names
    assert "triton_py/benchmarks/peers/services/mosec_service.py" in names
    assert "triton_py/abi_implemented.json" in names
    assert any(name.endswith(".pyi") for name in names)
    assert any(re.fullmatch(r"triton_py/inprocess/server\.[\w-]+\.so", name) for name in names)


def test_nothing_generic_lands_in_site_packages(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"triton_py"}


def test_config_points_into_the_installed_package(site):
    for flag in ("--include", "--libdir", "--backends", "--repoagents"):
        path = Path(run(site, "config", flag).strip())
        assert path.is_dir() and path.is_relative_to(site), path
    assert "works" in run(site, "abi")


def test_the_documented_line_builds_a_backend_that_serves(site, tmp_path):
    page = (ROOT / "docs" / "backends.md").read_text()
    line = re.search(r"^gcc -shared .*$", page, re.MULTILINE).group(0)
    folder = tmp_path / "backends" / "x"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "backend_minimal.c", folder / "x.c")
    # `triton-py` as an installed script would be found.
    script = tmp_path / "bin" / "triton-py"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} -m triton_py \"$@\"\n")
    script.chmod(0o755)
    path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sh", "-c", line], cwd=folder, check=True,
                   env={**os.environ, "PATH": path, "PYTHONSAFEPATH": "1"})
    repository = tmp_path / "models"
    write_model(repository, "plus", 'backend: "x"\n'
                'input [ { name: "X" data_type: TYPE_FP32 dims: [ -1 ] } ]\n'
                'output [ { name: "Y" data_type: TYPE_FP32 dims: [ -1 ] } ]\n')
    with Serving(f"--model-repository={repository}",
                 f"--backend-directory={tmp_path / 'backends'}",
                 environ={"PYTHONPATH": str(site)}) as server:
        answer = run(site, "infer", "plus", "X=[1, 2.5]", "--url", server.address("http"), "--json")
        assert '"data": [2.0, 3.5]' in answer
