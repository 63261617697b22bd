# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The commands as a user calls them: output, exit status, no traceback, no waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

import triton_py
from triton_py.cli.main import COMMANDS


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "triton_py", *arguments], capture_output=True,
                          text=True, timeout=60, env={**os.environ, **environ}, check=False)


def test_version():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"triton-py {triton_py.__version__}\n")


def test_help_names_every_command():
    result = run("--help")
    assert result.returncode == 0
    for name in COMMANDS:
        assert f"  {name}" in result.stdout


def test_no_command_prints_the_help_and_fails():
    result = run()
    assert result.returncode == 1
    assert "usage: triton-py" in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command):
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"usage: triton-py {command}" in result.stdout
    assert result.stderr == ""


def test_an_unknown_command_is_answered_with_the_nearest():
    result = run("serv")
    assert result.returncode == 1
    assert "Did you mean 'serve'?" in result.stderr


def test_help_imports_nothing_but_the_standard_library():
    # What makes start-up slow is numpy, grpc and the core: none is loaded to print a help text.
    code = ("import sys; from triton_py.cli.main import main; main(['{}'] + {!r});"
            "heavy = [m for m in ('numpy', 'grpc', 'uvloop', 'google.protobuf', 'triton_py.core')"
            " if m in sys.modules]; sys.exit(str(heavy) if heavy else 0)")
    for arguments in (["--version"], ["config", "--include"]):
        result = subprocess.run([sys.executable, "-c", code.format(arguments[0], arguments[1:])],
                                capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stderr
    begin = time.monotonic()
    assert run("serve", "--help").returncode == 0
    assert time.monotonic() - begin < 5


def test_a_grpc_server_loads_no_numpy() -> None:
    """It would be a fifth of its memory at rest, and is for classification alone."""
    code = ("import sys; import triton_py.grpc.server;"
            " sys.exit('numpy is loaded' if 'numpy' in sys.modules else 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_config_prints_just_the_path():
    for flag, path in (("--include", triton_py.get_include()),
                       ("--libdir", triton_py.get_library_dir()),
                       ("--backends", triton_py.get_backend_dir()),
                       ("--repoagents", triton_py.get_repoagent_dir())):
        result = run("config", flag)
        assert (result.returncode, result.stdout) == (0, path + "\n")
    assert os.path.isfile(os.path.join(triton_py.get_include(), "triton/core/tritonbackend.h"))
    assert run("config").stdout.count("\n") == 4


@pytest.mark.parametrize("arguments, text", [
    (("serve",), "no model repository"),
    (("serve", "--model-repository=/does/not/exist"), "there is no such directory"),
    (("serve", f"--model-repository={__file__}"), "not a directory"),
    (("serve", "--demo", "--repoagent-directory=/does/not/exist"),
     "--repoagent-directory=/does/not/exist: there is no such directory"),
    (("serve", "--demo", "--http-port=abc"), 'Bad option: "--http-port".'),
    (("serve", "--demo", "--rate-limit=execution_count"), "not supported yet by triton-py"),
    (("infer", "m", "novalue"), "expected name=value"),
    (("infer", "m", "X=1", "X=2"), "given twice"),
    (("infer", "m", "X=1", "--shape", "Y=1"), "there is no input Y"),
    (("infer", "m", "X=1", "--url", "127.0.0.1:1"), "is the server running there?"),
    (("infer", "m", "X=1", "--url", "ftp://x"), "expected host:port"),
    (("infer", "m", "X=1", "--client-cert=c"), "belong together"),
    (("infer", "m", "X=1", "--root-cert=c", "--url=h:1"), "--url h:1 is not encrypted"),
    (("infer", "m", "X=1", "--root-cert=c", "--url=unix:/s"), "is not encrypted"),
    (("infer", "m", "X=1", "--root-cert=c", "--protocol=grpc"), "is not encrypted"),
    (("infer", "m", "X=1", "--root-cert=/does/not/exist", "--url=https://h"),
     "--root-cert /does/not/exist: No such file"),
    (("infer", "m", "X=1", f"--root-cert={__file__}", "--url=grpcs://h:1", "--protocol=grpc"),
     "can't use the certificates"),
    (("infer", "m", "X=1", "--header", "a b=1"), "no header can be like that"),
    (("infer", "m", "X=1", "--url", "unix:/does/not/exist"),
     "no answer from unix:/does/not/exist"),
    (("infer", "m", "X=1", "--protocol=grpc", "--url", "127.0.0.1:1", "--timeout=5"),
     "no answer from 127.0.0.1:1"),
])
def test_mistakes_end_in_one_sentence_and_status_1(arguments, text):
    result = run(*arguments)
    assert result.returncode == 1, result.stderr
    assert text in result.stderr
    assert "Traceback" not in result.stderr


def test_a_reader_that_goes_away_is_no_error():
    # `triton-py serve --help | head -1`
    line = f"set -o pipefail; {sys.executable} -m triton_py serve --help | head -1"
    result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60,
                            check=False)
    assert result.stderr == ""
