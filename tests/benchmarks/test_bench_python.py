# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Scenarios of Python models: that their answers are right, that all of the server's processes are
counted, and peers that take such models in a form of their own.

``TRITON_PY_PYTRITON`` is an environment with nvidia-pytriton; ``TRITON_PY_PEERS`` a folder with
environments named as the peers are: mlserver, litserve, mosec. Without them their tests are skipped.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from triton_py.benchmarks import scenarios
from triton_py.benchmarks.load import bodies
from triton_py.benchmarks.machine import usage
from triton_py.benchmarks.peers import (
    PEERS,
    LitServe,
    MLServer,
    Mosec,
    TritonPy,
    TritonServer,
    peer,
)
from triton_py.benchmarks.peers.litserve import _Served as LitServed
from triton_py.benchmarks.peers.mosec import _Served as MosecServed
from triton_py.benchmarks.runner.execute import write_repository
from triton_py.benchmarks.runner.measure import check_answer
from triton_py.errors import InternalError, UnsupportedError

CATALOGUE = scenarios.builtin()
PYTHON = {name: one for name, one in CATALOGUE.scenarios.items()
          if "python" in one.tags and one.kind != "start"}
#: Of each model one; sizes are the same to it.
EACH = ("python-http", "python-1mib", "python-strings", "python-grpc-strings", "python-stream",
        "python-chain")
ISOLATIONS = ("process", "inprocess")


def wrong(scenario):
    """It, with an answer that is another model's."""
    other = "identity" if "answer" in scenario.settings else "times-eight"
    return replace(scenario, settings={**scenario.settings, "answer": other})


@pytest.fixture(scope="module", params=ISOLATIONS)
def ours(request, shipped, tmp_path_factory):
    """This installation with all of the models."""
    folder = tmp_path_factory.mktemp("models")
    for scenario in {PYTHON[name].model: PYTHON[name] for name in EACH}.values():
        write_repository(folder, scenario, CATALOGUE, [("ISOLATION", request.param)])
    with TritonPy().serve(folder, shipped, tmp_path_factory.mktemp("log") / "log", []) as served:
        yield served


@pytest.mark.parametrize("name", EACH)
def test_the_models_answer_as_they_should(ours, name):
    check_answer(PYTHON[name], ours)
    with pytest.raises(InternalError, match=f"the answer of '{PYTHON[name].model}' is not"):
        check_answer(wrong(PYTHON[name]), ours)


def test_an_answer_has_all_of_a_streams_responses():
    found = bodies.expected(PYTHON["python-stream"])
    config = CATALOGUE.models["python-stream"]
    assert f'string_value: "{len(found)}"' in config
    assert np.frombuffer(found[7], np.float32)[0] == np.float32(7)


WORKS = """
import time
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        began = time.process_time()
        while time.process_time() - began < 0.2:
            pass
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", r.inputs()[0].as_numpy())])
                for r in requests]
"""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_what_a_model_works_is_the_servers_cpu(isolation, shipped, tmp_path):
    """Also where its process is another, in a group of its own."""
    (tmp_path / "r" / "m" / "1").mkdir(parents=True)
    (tmp_path / "r" / "m" / "1" / "model.py").write_text(WORKS)
    (tmp_path / "r" / "m" / "config.pbtxt").write_text(
        'backend: "python" input { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4 ] } '
        'output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 4 ] } '
        f'parameters {{ key: "ISOLATION" value {{ string_value: "{isolation}" }} }}')
    one = scenarios.Scenario("m", "m", "http", "m", scenarios.tensors(["INPUT0:FP32:4"]), (1,))
    with TritonPy().serve(tmp_path / "r", shipped, tmp_path / "log", []) as served:
        before = usage(served.pid)
        check_answer(one, served)
        after = usage(served.pid)
    assert after.cpu_seconds - before.cpu_seconds >= 0.2


# --- peers with a protocol of their own, played by a small server ----------------------------

#: Answers GET of ``argv[2]`` with ``argv[3]``, and POST with what ``argv[4]`` makes of the body.
SERVER = """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(sys.argv[3].encode())
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(eval(sys.argv[4], {"body": body, "json": json, "path": self.path}))
    def answer(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
ADD_SUB = ("json.dumps({'OUTPUT0': [a + b for a, b in zip(*json.loads(body).values())], "
           "'OUTPUT1': [a - b for a, b in zip(*json.loads(body).values())]}).encode()")


def played(kind, tmp_path, answer, page="ok"):
    (port,) = peer.free_ports(1)
    return kind([sys.executable, "-c", SERVER, str(port), "", page, answer], {}, tmp_path / "log",
                port, 0)


@pytest.mark.parametrize("kind", [LitServed, MosecServed])
def test_json_of_their_own(kind, tmp_path):
    with played(kind, tmp_path, ADD_SUB) as served:
        one = PYTHON["python-json"]
        sent = json.loads(served.request(one).data)
        assert list(sent) == ["INPUT0", "INPUT1"] and len(sent["INPUT1"]) == 16
        # Whole numbers: this server adds with 64 bits, where the models have 32.
        whole = replace(one, inputs=scenarios.tensors(["INPUT*2:INT32:16"]))
        check_answer(whole, served)
    with played(kind, tmp_path, ADD_SUB.replace("a - b", "b - a")) as served, \
            pytest.raises(InternalError, match="is not add-sub"):
        check_answer(whole, served)


def test_bytes_of_their_own(tmp_path):
    with played(MosecServed, tmp_path, "body if path == '/inference' else b''") as served:
        one = PYTHON["python-1mib"]
        assert served.request(one).data == bodies.raw(one.inputs[0])
        check_answer(one, served)


def test_mosec_counts_what_it_answered(tmp_path):
    page = ('# TYPE mosec_service_throughput counter\n'
            'mosec_service_throughput_total{code="200",endpoint="/inference"} 12\n'
            'mosec_service_throughput_total{code="422",endpoint="/inference"} 3\n'
            'mosec_service_process_duration_second_count{stage="total",connection="total"} 15\n')
    with played(MosecServed, tmp_path, "body", page) as served:
        assert served.successes("python-passed") == (12, 3)


@pytest.mark.parametrize("kind, name, said", [
    (LitServed, "python-http", "takes JSON over HTTP alone"),
    (LitServed, "python-grpc", "takes JSON over HTTP alone"),
    (MosecServed, "python-http", "a body's form is the service's: here json for 'python-add-sub'"),
    (MosecServed, "python-grpc-1mib", "takes HTTP alone")])
def test_what_they_do_not_take_is_said(kind, name, said, tmp_path):
    with played(kind, tmp_path, "body") as served, pytest.raises(UnsupportedError, match=said):
        served.request(PYTHON[name])


@pytest.mark.parametrize("made", [LitServe, Mosec, MLServer])
def test_a_model_that_is_not_written_for_them_is_named(made, tmp_path):
    write_repository(tmp_path / "r", PYTHON["python-chain"], CATALOGUE)
    with pytest.raises(UnsupportedError, match="the model 'python-chain' is not written for "):
        made(str(tmp_path)).serve(tmp_path / "r", tmp_path, tmp_path / "log", [])


# --- the real ones ---------------------------------------------------------------------------


def real(made, name, shipped, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    write_repository(tmp_path / "r", PYTHON[name], CATALOGUE)
    with made.serve(tmp_path / "r", made.backends(shipped, folder), tmp_path / "log", []) as served:
        served.request(PYTHON[name])
        check_answer(PYTHON[name], served)


@pytest.mark.slow
@pytest.mark.skipif("TRITON_PY_PYTRITON" not in os.environ, reason="TRITON_PY_PYTRITON is not set")
@pytest.mark.parametrize("name", EACH)
def test_triton_answers_as_it_should(name, shipped, tmp_path):
    real(TritonServer(os.environ["TRITON_PY_PYTRITON"]), name, shipped, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif("TRITON_PY_PEERS" not in os.environ, reason="TRITON_PY_PEERS is not set")
@pytest.mark.parametrize("which, name", [
    (which, name) for which in ("mlserver", "litserve", "mosec")
    for name, one in PYTHON.items() if which in one.tags])
def test_the_peers_answer_as_they_should(which, name, shipped, tmp_path):
    made = PEERS[which](str(Path(os.environ["TRITON_PY_PEERS"], which)))
    assert "protocol" in made.subject().facts
    real(made, name, shipped, tmp_path)
