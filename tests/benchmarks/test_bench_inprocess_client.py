# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``inprocess_client``: a closed loop over the C API, against this package's own library."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace

import pytest

from triton_py.benchmarks import load
from triton_py.benchmarks.load import programs
from triton_py.benchmarks.peers import TritonPy
from triton_py.benchmarks.scenarios import tensor
from triton_py.errors import InternalError

ONE = "INPUT0:FP32:16"


@pytest.fixture(scope="module")
def library():
    return TritonPy().inprocess()


def client(*arguments, env=None):
    return subprocess.run([programs.program("inprocess_client"), *map(str, arguments)], timeout=60,
                          capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})


@pytest.fixture
def run(library, identity_models, shipped):
    def run(*arguments, model="identity", inputs=(ONE,)):
        command = ["--server", library.library, "--repository", identity_models, "--backends",
                   shipped, "--model", model, "--warmup", 0]
        for text in inputs:
            command += ["--input", text]
        if library.preload:
            command += ["--preload", library.preload]
        return client(*command, *arguments, env=library.env)

    return run


@pytest.mark.parametrize("arguments, said", [
    ([], "--server, --repository, --model and --input are needed"),
    (["--server", "x", "--repository", "y", "--model", "m"], "--server, --repository, --model and"),
    (["--model"], "--model needs a value"),
    (["--in-flight", "0"], "--in-flight 0: expected a number from 1 to 1024"),
    (["--in-flight", "many"], "--in-flight many: expected a number"),
    (["--seconds", "4000"], "--seconds 4000: expected a number from 0 to 3600"),
    (["--requests", "0"], "--requests 0: expected a number from 1"),
    (["--input", "X"] * 129, "more than 128 inputs"),
    (["--speed", "3"], "unknown argument '--speed'"),
])
def test_wrong_arguments_are_2_and_a_sentence(arguments, said):
    done = client(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"inprocess_client: {said}")


@pytest.mark.parametrize("text, said", [
    ("INPUT0", "--input is NAME:DATATYPE:DIMS[:BYTES], not 'INPUT0'"),
    ("INPUT0:FP32", "--input is NAME:DATATYPE:DIMS[:BYTES], not 'INPUT0:FP32'"),
    ("INPUT0:FP31:16", "'FP31' is no data type"), ("INPUT0:FP32:x", "'x' is no dimension"),
    ("INPUT0:FP32:-1", "'-1' is no dimension"), ("INPUT0:FP32:1" + ",1" * 16, "more than 16"),
    ("INPUT0:BYTES:4", "BYTES need their size"), ("INPUT0:BYTES:4:15", "BYTES need their size")])
def test_wrong_inputs(run, text, said):
    done = run(inputs=[text])
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_library_that_is_none(identity_models):
    common = ["--repository", identity_models, "--model", "m", "--input", ONE]
    done = client("--server", "/nowhere/lib.so", *common)
    assert done.returncode == 1 and "/nowhere/lib.so" in done.stderr
    done = client("--server", "libm.so.6", *common)
    assert (done.returncode, done.stderr) == (
        1, "inprocess_client: libm.so.6 has no TRITONSERVER_ErrorCodeString\n")


@pytest.mark.parametrize("requests, in_flight", [(1, 1), (100, 1), (100, 8), (3, 8)])
def test_so_many_requests(run, requests, in_flight):
    done = run("--requests", requests, "--in-flight", in_flight, "--check-identity")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    assert made["requests"] == requests == sum(count for _, count in made["histogram"])
    assert made["cpu_seconds"] > 0 and made["peak_kib"] > 0


def test_a_request_that_is_refused_ends_it_with_the_servers_words(run):
    done = run("--requests", 1, inputs=["INPUT0:FP32:17"])
    assert done.returncode == 1
    assert "TRITONSERVER_ServerInferAsync" in done.stderr and "17" in done.stderr
    done = run("--requests", 1, model="none")
    assert done.returncode == 1
    assert "TRITONSERVER_InferenceRequestNew" in done.stderr and "none" in done.stderr


def test_the_wrapper(library, identity_models, shipped):
    work = load.Work(identity_models, shipped, "identity", (tensor(ONE),), 4, 0.1, 0.0)
    made = load.inprocess(library.library, work, library.preload, library.env)
    assert made.requests > 0 and made.seconds >= 0.1
    assert sum(count for _, count in made.histogram) == made.requests
    assert {"cpu_seconds", "switches", "peak_kib"} <= set(made.more)
    with pytest.raises(InternalError, match="inprocess_client ended with 1: .*none"):
        load.inprocess(library.library, replace(work, model="none"), library.preload, library.env)
