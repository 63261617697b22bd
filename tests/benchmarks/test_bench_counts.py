# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is allocated and copied in a process is counted, whoever's process it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from triton_py.benchmarks import load
from triton_py.benchmarks.load import counts
from triton_py.benchmarks.peers import TritonPy
from triton_py.benchmarks.results import Case
from triton_py.benchmarks.runner import measure
from triton_py.benchmarks.runner.measure import Place
from triton_py.benchmarks.scenarios import Scenario, tensors

#: Finds the functions as any code in the process does, and prints what was counted meanwhile.
PROGRAM = """
import ctypes, json, os, threading
own = ctypes.CDLL(None)
class Counts(ctypes.Structure):
    _fields_ = [("allocations", ctypes.c_uint64), ("copied", ctypes.c_uint64)]
own.triton_py_counts.restype = ctypes.POINTER(Counts)
for name in ("malloc", "calloc", "realloc", "reallocarray", "aligned_alloc", "memalign", "memcpy",
             "memmove", "mempcpy", "__memcpy_chk", "__memmove_chk", "__mempcpy_chk"):
    getattr(own, name).restype = ctypes.c_void_p
P, N = ctypes.c_void_p, ctypes.c_size_t
def now():
    seen = own.triton_py_counts().contents
    return seen.allocations, seen.copied
"""


def run(program: str, **env: str) -> list[int]:
    said = subprocess.run([sys.executable, "-c", PROGRAM + program], check=True, timeout=60,
                          capture_output=True, text=True,
                          env={**os.environ, **counts.preload(), **env}).stdout
    numbers: list[int] = json.loads(said)
    return numbers


@pytest.mark.parametrize("call", [
    "own.malloc(N(100))", "own.calloc(N(10), N(10))", "own.realloc(None, N(100))",
    "own.reallocarray(None, N(10), N(10))", "own.aligned_alloc(N(64), N(128))",
    "own.memalign(N(64), N(100))", "own.posix_memalign(ctypes.byref(place), N(64), N(100)) or place.value",
])
def test_every_way_to_allocate(call):
    """A thousand calls are a thousand more than none; what Python does beside them is the same."""
    program = """
place = P()
def calls(number):
    before = now()[0]
    for _ in range(number):
        memory = {call}
        assert memory, "no memory"
        own.free(P(memory))
    return now()[0] - before
calls(2000)
print(json.dumps([calls(0), calls(1000)]))
"""
    none, thousand = run(program.replace("{call}", call))
    assert 1000 <= thousand - none < 1010


@pytest.mark.parametrize("call", ["memcpy", "memmove", "mempcpy"])
@pytest.mark.parametrize("checked", [False, True])
def test_every_way_to_copy(call, checked):
    name, room = (f"__{call}_chk", ", N(1 << 20)") if checked else (call, "")
    program = f"""
a, b = ctypes.create_string_buffer(b"x" * (1 << 20)), ctypes.create_string_buffer(1 << 20)
before = now()[1]
end = own["{name}"](a and b, a, N(1 << 20){room})
after = now()[1]
assert b.raw == a.raw[:1 << 20]
print(json.dumps([after - before]))
"""
    (copied,) = run(program.replace('own["', 'own.').replace('"](', '('))
    assert 1 << 20 <= copied < (1 << 20) + 10_000


def test_a_copy_beyond_its_place_ends_the_process():
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("own.__memcpy_chk(P(0), P(0), N(2), N(1))")
    assert caught.value.returncode == -6


def test_all_threads_and_children_add_to_one_file(tmp_path):
    file = counts.new_file(tmp_path / "counts")
    assert counts.read(file) == counts.Counts(0, 0)
    program = """
size = 1 << 20
def copy():
    a, b = ctypes.create_string_buffer(size), ctypes.create_string_buffer(size)
    for _ in range(50):
        own.memcpy(b, a, N(size))
threads = [threading.Thread(target=copy) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
child = os.fork()
if child == 0:
    copy()
    os._exit(0)
os.waitpid(child, 0)
print(json.dumps([now()[1]]))
"""
    (copied,) = run(program, TRITON_PY_COUNTS=str(file))
    assert counts.read(file).copied >= copied
    # The interpreter's own start is in it, too.
    assert 250 << 20 <= copied < 300 << 20


def test_without_a_file_it_counts_for_itself(tmp_path):
    assert run("print(json.dumps(now()))", TRITON_PY_COUNTS=str(tmp_path / "none"))[0] > 0


def test_another_preload_stays(monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "/some/libother.so")
    assert counts.preload()["LD_PRELOAD"].split()[1:] == ["/some/libother.so"]


# --- of a scenario ---------------------------------------------------------------------------

INPUTS = tensors(["INPUT0:FP32:16"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["inprocess", "http", "grpc"])
def test_figures_of_a_request(kind, tmp_path, shipped, identity_models, monkeypatch):
    monkeypatch.setattr(measure, "COUNTED_SECONDS", 0.3)
    scenario = Scenario("s", "s", kind, "identity", INPUTS, (1, 4), (100,) * (kind != "inprocess"))
    made = list(measure.count(scenario, TritonPy(),
                              Place(identity_models, shipped, tmp_path / "log")))
    assert [one.case for one in made] == [Case("s", "1"), Case("s", "4")]
    for one in made:
        assert set(one.figures) == {"allocations", "copied"} and one.requests > 10
        # At least the backend's copy of 64 bytes; and not the program's start.
        assert 64 <= one.figures["copied"] < 50_000
        assert 0 <= one.figures["allocations"] < 200


@pytest.mark.slow
def test_a_larger_tensor_is_copied_whole(tmp_path, shipped, identity_models):
    work = load.Work(identity_models, shipped, "floats", tensors(["INPUT0:FP32:250000"]), 1, 0.3, 0.1,
                     counted=True)
    made = TritonPy().closed_loop(work)
    # The identity backend copies each of its million bytes once, nobody else does.
    assert 1e6 <= made.more["copied"] / made.requests < 1.1e6
