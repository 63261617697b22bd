# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A library that nobody here has built: libtriton_python.so as the package nvidia-pytriton carries it,
linked to a server's library of another name, with a stub process beside it.

    python -m venv DIR && DIR/bin/pip install nvidia-pytriton
    TRITON_PY_PYTRITON=DIR pytest tests/conformance/test_third_party.py

An environment of its own: its stub process needs a numpy before 2, and takes it from the Python that comes
first in PATH. (With a numpy of 2 its outputs have no bytes, under Triton's own server, too.)

docs/certify-findings.md has what it violates.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from triton_py.conformance.results import ERROR, FAIL, PASS, RunResult
from triton_py.conformance.run import certify
from triton_py.conformance.server_alias import server_names
from triton_py.conformance.target import ModelUnderTest, open_target

PLACE = os.environ.get("TRITON_PY_PYTRITON", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(700),
    pytest.mark.skipif(not PLACE, reason="not run: TRITON_PY_PYTRITON names no nvidia-pytriton"),
]
CONFIG = """
backend: "python"
max_batch_size: 8
input { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }
output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
"""
MODEL = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            data = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", data * 2)]))
        return responses
"""
#: What it is known to violate; it may not violate anything else.
KNOWN = {
    "loading.any-path", "responses.timely", "decoupled.factory-deleted-once",
    "hygiene.errors-deleted",
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backend with the stub for this Python, at the distance that its RPATH asks for."""
    root = tmp_path_factory.mktemp("pytriton")
    (packages,) = Path(PLACE).glob("lib/python*/site-packages")
    server = packages / "pytriton" / "tritonserver"
    folder = root / "pytriton" / "tritonserver" / "backends" / "python"
    shutil.copytree(server / "backends" / "python", folder)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / version / "triton_python_backend_stub"
    shutil.copy(stub, folder)
    (folder / stub.name).chmod(0o755)
    (root / "nvidia_pytriton.libs").symlink_to(packages / "nvidia_pytriton.libs")
    return folder / "libtriton_python.so"


@pytest.fixture(scope="module")
def result(library: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    model = tmp_path_factory.mktemp("model")
    (model / "1").mkdir()
    (model / "1" / "model.py").write_text(MODEL)

    def right(inputs):
        return {"OUT": inputs["IN"] * 2}

    target = open_target(library, [ModelUnderTest("double", CONFIG, str(model), reference=right)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(PLACE, 'bin')}{os.pathsep}{os.environ['PATH']}")
        return certify(target, examples=4, budget_s=600, profiles=["core", "batching"],
                       shrink_s=2.0, again=False)  # fmt: skip


def test_it_asks_for_another_server(library: Path) -> None:
    (name,) = server_names(library)
    assert name.startswith("libtritonserver-")


def test_it_is_examined(result: RunResult) -> None:
    statuses = {r.clause.id: (r.status, r.reason) for r in result.results}
    assert not [id for id, (status, _) in statuses.items() if status == ERROR], statuses
    for clause in ("lifecycle.initialize-succeeds", "tensors.reference", "tensors.split-inputs",
                   "batching.as-alone", "requests.released"):  # fmt: skip
        assert statuses[clause][0] == PASS, statuses[clause]


def test_what_it_violates_is_known(result: RunResult) -> None:
    found = {r.clause.id: r.violations[0].summary for r in result.results if r.status == FAIL}
    assert set(found) <= KNOWN, found
    assert "loading.any-path" in found
