# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The demo tells file types as the magika package itself does, through the server."""

from __future__ import annotations

import http.client
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sample_files
from serve_process import Serving

from triton_py.cli import demo
from triton_py.cli.errors import CliError

CLIENT = sample_files.ROOT / "examples" / "magika_client.py"


def labels_by_magika(files: list[Path]) -> list[str]:
    from magika import Magika

    return [str(result.output.label) for result in Magika().identify_paths(files)]


@pytest.fixture(scope="module")
def server():
    with Serving("--demo") as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    return sample_files.make(tmp_path_factory.mktemp("files"))


def test_at_least_thirty_files_of_ten_types_are_told_as_magika_tells_them(server, files):
    expected = labels_by_magika(files)
    assert len(files) >= 30
    assert len(set(expected)) >= 10
    result = subprocess.run(
        [sys.executable, str(CLIENT), "--url", server.address("http"), *map(str, files)],
        capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [f"{path}: {label}" for path, label
                                          in zip(files, expected, strict=True)]


def test_the_labels_are_right_where_there_is_no_doubt(server, files):
    result = subprocess.run(
        [sys.executable, str(CLIENT), "--url", server.address("http"), *map(str, files)],
        capture_output=True, text=True, timeout=100, check=True)
    told = {Path(path).name: label for path, _, label in
            (line.rpartition(": ") for line in result.stdout.splitlines())}
    for name, label in {"argparse.py": "python", "tritonserver.h": "c", "code.zip": "zip",
                        "image.png": "png", "paper.pdf": "pdf", "tone.wav": "wav",
                        "page.html": "html", "data.sqlite": "sqlite", "pyproject.toml": "toml",
                        "empty": "empty", "Main.java": "java"}.items():
        assert told[name] == label


def test_requests_are_counted_and_batched(server, files):
    connection = http.client.HTTPConnection(server.address("http"), timeout=30)

    def statistics() -> dict:
        connection.request("GET", "/v2/models/magika/stats")
        return json.loads(connection.getresponse().read())["model_stats"][0]

    before = statistics()
    subprocess.run([sys.executable, str(CLIENT), "--url", server.address("http"),
                    *map(str, files)], capture_output=True, timeout=100, check=True)
    after = statistics()
    connection.close()
    requests = after["inference_count"] - before["inference_count"]
    # Files that are too small for the model never reach it.
    assert len(files) - 6 <= requests <= len(files)
    assert after["execution_count"] - before["execution_count"] <= requests
    assert after["inference_stats"]["fail"].get("count", 0) == 0


def test_the_identity_model_is_there_too(server):
    result = subprocess.run(
        [sys.executable, "-m", "triton_py", "infer", "identity", "INPUT0=[1, 2.5, -3]", "--url",
         server.address("http")], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["OUTPUT0", "FP32[1,", "3]", "[[", "1.", "2.5", "-3.", "]]"]


def test_the_server_says_what_to_try_and_that_works(server):
    assert "Try it from another terminal:" in server.output
    commands = re.findall(r"^  (?:python|triton-py) (.*)$", server.output, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        line = f"{sys.executable} " + ("" if "magika_client" in command else "-m triton_py ")
        result = subprocess.run(["sh", "-c", line + command], cwd=sample_files.ROOT,
                                capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, f"{command}: {result.stderr}"


def test_files_and_servers_that_are_not_there(server, tmp_path):
    result = subprocess.run([sys.executable, str(CLIENT), str(tmp_path / "none"), __file__, "--url",
                             server.address("http")], capture_output=True, text=True, timeout=60,
                            check=False)
    assert result.returncode == 1
    assert "none: no such file" in result.stderr
    assert result.stdout == f"{__file__}: python\n"
    result = subprocess.run([sys.executable, str(CLIENT), __file__, "--url", "127.0.0.1:1"],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert "triton-py serve --demo" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("missing", ["magika", "onnxruntime"])
def test_a_missing_package_is_named_with_what_to_install(monkeypatch, missing):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name, *a: None if name == missing else find_spec(name, *a))
    with pytest.raises(CliError, match=rf"package {missing} is not installed.*'triton-py\[demo\]'"):
        demo.find_magika()


def test_the_temporary_repository_goes_away():
    with demo.demo_repository() as root:
        assert (root / "magika" / "1" / "model.onnx").stat().st_size > 100_000
        labels = (root / "magika" / "labels.txt").read_text().split()
    assert len(labels) > 100
    assert not root.exists()


def test_the_configuration_parses_and_carries_the_models_meaning():
    from triton_py import config

    with demo.demo_repository() as root:
        magika = config.load_config(config.config_path(root / "magika"))
        identity = config.load_config(config.config_path(root / "identity"))
    meaning = json.loads(magika.parameters["magika_config"].string_value)
    assert magika.output[0].dims[0] == len(meaning["target_labels_space"])
    assert magika.input[0].dims[0] == meaning["beg_size"] + meaning["end_size"]
    assert "python" in json.loads(magika.parameters["magika_text_labels"].string_value)
    assert identity.backend == "identity"
