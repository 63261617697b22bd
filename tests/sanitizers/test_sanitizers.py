# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The driver sees what is planted, and nothing in what is sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import sanitize

SOURCE = """
#include <pthread.h>
#include <stdlib.h>

int shift(int by) { return 1 << by; }
void beyond(void) { volatile char *p = malloc(4); p[4] = 1; free((void *)p); }

static int shared;
static void *add(void *nothing) { for (int i = 0; i < 1000; i++) shared++; return nothing; }
void race(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, add, NULL);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
}
void sound(void) { free(malloc(4)); }
"""


def called(kind: str, call: str, folder: Path) -> tuple[int, list[tuple[str, str]], str]:
    """The status of a process that makes the call, what is reported, and its standard error."""
    source, library, reports = folder / "triton_py_planted.c", folder / "planted.so", folder / "reports"
    source.write_text(SOURCE)
    reports.mkdir()
    flags = [f"-fsanitize={sanitize.FLAGS[kind]}", *sanitize.MORE.get(kind, "").split()]
    subprocess.run(["gcc", "-shared", "-fPIC", "-g", "-pthread", *flags, str(source), "-o", str(library)],
                   check=True)
    done = subprocess.run(
        [*sanitize.fixed_addresses(kind), sys.executable, "-c",
         f"import ctypes; ctypes.CDLL({str(library)!r}).{call}"],
        env=sanitize.environment(kind, folder, reports), capture_output=True, text=True, check=False)
    return done.returncode, sanitize.collected(reports), done.stderr


@pytest.mark.parametrize(("kind", "call", "what"), [
    ("thread", "race()", "data race"),
    ("address", "beyond()", "AddressSanitizer: heap-buffer-overflow"),
])
def test_what_is_planted_is_reported(kind: str, call: str, what: str, tmp_path: Path) -> None:
    _, found, _ = called(kind, call, tmp_path)
    assert found, "nothing was reported"
    assert all(what.endswith(kind_of) and "triton_py_planted.c" in where for kind_of, where in found), found


def test_what_is_undefined_ends_the_process(tmp_path: Path) -> None:
    status, _, error = called("address", "shift(40)", tmp_path)
    assert status != 0
    assert "runtime error: shift exponent 40 is too large" in error


@pytest.mark.parametrize("kind", ["thread", "address"])
def test_nothing_is_reported_of_what_is_sound(kind: str, tmp_path: Path) -> None:
    assert called(kind, "sound()", tmp_path) == (0, [], "")
