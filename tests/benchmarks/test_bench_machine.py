# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a process has used, counted by the system; what a machine is."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import subprocess
import sys

import pytest

from triton_py.benchmarks import fingerprints, machine

# Each says a line when it has done its work, and ends when its standard input does.
BURNS = """
import time
while time.process_time() < 0.3: pass
print("done", flush=True); input()
"""
WAITS = "print('done', flush=True); input()"
SWITCHES = """
import os
a, b = os.pipe(); c, d = os.pipe()
if os.fork() == 0:
    for _ in range(500): os.read(a, 1); os.write(d, b"x")
    os._exit(0)
for _ in range(500): os.write(b, b"x"); os.read(c, 1)
print("done", flush=True); input()
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {BURNS!r}], stdin=subprocess.PIPE)
input()
child.stdin.close(); child.wait()
"""
HOLDS = "held = bytearray(b'x') * (64 << 20); print('done', flush=True); input()"
HELD = "held = bytearray(b'x') * (64 << 20); del held; print('done', flush=True); input()"


def used(program):
    """What it has used once it has said that it is done."""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"done\n"
        try:
            return machine.usage(process.pid)
        finally:
            process.stdin.close()


def test_a_process_that_works_has_used_time_and_one_that_waits_has_not():
    burnt, waited = used(BURNS), used(WAITS)
    assert burnt.cpu_seconds >= 0.3
    assert waited.cpu_seconds < burnt.cpu_seconds


def test_children_count():
    assert used(PARENT).cpu_seconds >= 0.3


def test_switches_are_counted():
    """Two processes that wait for each other a thousand times."""
    assert used(SWITCHES).switches >= used(WAITS).switches + 400


def test_memory_at_rest_and_at_its_peak():
    waits, holds, held = used(WAITS), used(HOLDS), used(HELD)
    assert holds.resident_mib > waits.resident_mib + 60
    assert held.peak_mib > waits.peak_mib + 60
    assert held.resident_mib < held.peak_mib - 60


def test_a_process_that_is_gone():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    with pytest.raises(ProcessLookupError, match=f"no process {process.pid}"):
        machine.usage(process.pid)


def test_children_begin_with_the_process_itself():
    assert machine.children(os.getpid())[0] == os.getpid()


def test_the_fingerprint_says_what_decides_and_names_nobody():
    made = machine.fingerprint()
    assert all(set(keys) & set(made) for keys in fingerprints.MATTERS.values())
    assert set(made) == {"cpu", "cores", "memory", "kernel", "governor", "libc", "python",
                         "hypervisor"}
    assert all(isinstance(value, str) and value for value in made.values())
    assert made["kernel"] == platform.release()
    assert int(made["cores"]) == len(os.sched_getaffinity(0))
    assert socket.gethostname() not in made.values()


def test_a_machine_without_a_model_name_or_governor(monkeypatch):
    monkeypatch.setattr(machine, "_first", lambda path, default="unknown": default)
    made = machine.fingerprint()
    assert (made["cpu"], made["governor"]) == (platform.machine(), "none")


def test_the_hash_of_a_file(tmp_path):
    data = b"x" * ((1 << 20) + 5)
    (tmp_path / "f").write_bytes(data)
    assert machine.sha256(tmp_path / "f") == hashlib.sha256(data).hexdigest()
