# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The real load: what constructors and Initialize may do, and what is never run."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from doctor_support import CONSTRUCTOR, EXECUTE, INITIALIZE, backend, errors, finding

from triton_py.doctor import check_trial
from triton_py.doctor.examine import examine
from triton_py.doctor.finding import NOTE, WARNING, DoctorError
from triton_py.doctor.trial import Trial, try_load

_EXTRA = "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"


def make(folder: Path, *parts: str) -> Path:
    return backend(folder, _EXTRA + EXECUTE + "\n".join(parts))


def test_loads(tmp_path: Path) -> None:
    result = examine(str(make(tmp_path, INITIALIZE % 'puts("hello"); return NULL;')))
    assert result.loads and result.tried
    found = finding(result, "loaded")
    assert found.severity == NOTE and "it printed: hello" in found.evidence


@pytest.mark.parametrize(
    ("code", "signal_name"), [("abort();", "SIGABRT"), ("raise(SIGSEGV);", "SIGSEGV"),
                              ("raise(SIGILL);", "SIGILL")])
@pytest.mark.parametrize("stage", ["load", "initialize"])
def test_crash(tmp_path: Path, code: str, signal_name: str, stage: str) -> None:
    part = CONSTRUCTOR % code if stage == "load" else INITIALIZE % (code + " return NULL;")
    result = examine(str(make(tmp_path, part)))
    assert errors(result) == [f"{stage}-crashed"]
    assert signal_name in finding(result, f"{stage}-crashed").what


@pytest.mark.parametrize("stage", ["load", "initialize"])
def test_hang(tmp_path: Path, stage: str) -> None:
    code = "for (;;) pause();"
    part = CONSTRUCTOR % code if stage == "load" else INITIALIZE % (code + " return NULL;")
    began = time.monotonic()
    result = examine(str(make(tmp_path, part)), limit_s=2)
    assert errors(result) == [f"{stage}-hung"] and time.monotonic() - began < 30


@pytest.mark.parametrize("stage", ["load", "initialize"])
@pytest.mark.parametrize("status", [0, 3])
def test_exit(tmp_path: Path, stage: str, status: int) -> None:
    code = f"exit({status});"
    part = CONSTRUCTOR % code if stage == "load" else INITIALIZE % (code + " return NULL;")
    result = examine(str(make(tmp_path, part)))
    assert errors(result) == [f"{stage}-ended"]
    assert f"status {status}" in finding(result, f"{stage}-ended").what


def test_initialize_refuses(tmp_path: Path) -> None:
    part = INITIALIZE % 'return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "no device \\x1b[2J");'
    found = finding(examine(str(make(tmp_path, part))), "initialize-failed")
    assert "no device" in found.what


def test_finalize_fails(tmp_path: Path) -> None:
    part = ("TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *b)"
            "{ (void)b; abort(); }")
    result = examine(str(make(tmp_path, part)))
    assert result.loads and finding(result, "finalize-failed").severity == WARNING


def test_loader_has_the_last_word(tmp_path: Path) -> None:
    """What reading alone only warns of, the loader may refuse."""
    path = backend(tmp_path, EXECUTE + "static __thread char big[4000]; char f(int i) "
                   "{ return big[i]++; }", "-ftls-model=initial-exec")
    found = finding(examine(str(path)), "load-refused")
    assert "static TLS block" in found.what and "GLIBC_TUNABLES" in found.fix[0]


def test_nothing_is_run_when_it_need_not_be(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    part = CONSTRUCTOR % f'FILE *f = fopen("{mark}", "w"); if (f) fclose(f);'
    path = make(tmp_path, part, "int lost(void); int f(void) { return lost(); }")
    result = examine(str(path))
    assert not result.tried and finding(result, "not-tried") and not mark.exists()
    path = make(tmp_path / "b", part)
    result = examine(str(path), load=False)
    assert result.loads and not result.tried and not mark.exists()
    assert examine(str(path)).tried and mark.exists()


def test_children_end_with_the_trial(tmp_path: Path) -> None:
    """A process that the library leaves behind keeps the pipes open, and must not keep us."""
    part = CONSTRUCTOR % (f'if (fork() == 0) {{ FILE *f = fopen("{tmp_path}/pid", "w"); '
                          'fprintf(f, "%d", getpid()); fclose(f); sleep(600); }')
    began = time.monotonic()
    path = make(tmp_path, part, INITIALIZE % "sleep(1); return NULL;")
    assert examine(str(path)).loads
    assert time.monotonic() - began < 20
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            break
        if state == "Z":
            break
        time.sleep(0.05)
    else:
        raise AssertionError("it lives on")


def test_endless_output(tmp_path: Path) -> None:
    path = make(tmp_path, CONSTRUCTOR % 'for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxx");')
    trial = try_load("x", str(path), limit_s=2)
    assert trial.ended == "hung" and 0 < len(trial.output) < 20


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    path = str(make(tmp_path))
    examine(path)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        examine(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_core_that_does_not_start_is_no_finding() -> None:
    with pytest.raises(DoctorError, match="no module"):
        check_trial.find_trial(Trial(step="start", ended="ended", output=["no module"]), 1)
