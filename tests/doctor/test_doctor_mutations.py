# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Damaged files by the hundred: each ends in a verdict. TRITON_PY_DOCTOR_MUTATIONS makes more."""

from __future__ import annotations

import os
import random
import struct
import time
from pathlib import Path

import pytest
from doctor_support import EXECUTE, backend, errors, library, static

from triton_py.doctor.examine import examine
from triton_py.doctor.report import as_json, as_text

_COUNT = int(os.environ.get("TRITON_PY_DOCTOR_MUTATIONS", "150"))
_VALUES = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    inner = library(folder / "x" / "libinner.so", "int inner(void) { return 1; }",
                    "-Wl,-soname,libinner.so")
    source = EXECUTE + "#include <pthread.h>\nint inner(void); int f(pthread_t t) " \
        "{ return pthread_join(t, NULL) + inner(); }"
    return backend(folder, source, inner, "-Wl,-rpath,$ORIGIN").read_bytes()


def _tables(data: bytes) -> list[int]:
    """Where the parts begin that other parts are found by."""
    places = [0]
    segments, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    places += [segments + 56 * i for i in range(count)]
    for i in range(count):
        kind, _, offset = struct.unpack_from("<IIQ", data, segments + 56 * i)
        if kind == 2:
            places += [offset + 16 * n for n in range(30)]
    sections, number = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 60)[0]
    return places + [sections + 64 * i for i in range(number)]


def _mutate(rng: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        how = rng.randrange(4)
        if how == 0:
            return bytes(damaged[: rng.randrange(len(damaged))])
        if how == 1:
            damaged[rng.randrange(min(len(damaged), 0x2000))] = rng.randrange(256)
        else:
            size = rng.choice((2, 4, 8))
            place = rng.choice(_tables(data)) + rng.choice((0, 4, 8, 16, 24, 32, 40, 48, 56))
            value = rng.choice((*_VALUES, rng.randrange(1 << 16)))
            piece = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
            damaged[place : place + size] = piece[: max(0, len(damaged) - place)]
    return bytes(damaged)


def test_library(tmp_path: Path, sound: bytes) -> None:
    rng = random.Random(7)
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "libtriton_x.so"
    for number in range(_COUNT):
        path.write_bytes(_mutate(rng, sound))
        began = time.monotonic()
        result = static(path)
        assert result.findings and as_text(result) and as_json(result), number
        assert time.monotonic() - began < 20, number


def test_loaded_where_reading_finds_nothing(tmp_path: Path, sound: bytes) -> None:
    """Code and data may be damaged, too: what the child does is a finding, whatever it is."""
    rng = random.Random(9)
    library(tmp_path / "x" / "libinner.so", "int inner(void) { return 1; }",
            "-Wl,-soname,libinner.so")
    path = tmp_path / "x" / "libtriton_x.so"
    tried = 0
    for number in range(_COUNT // 8):
        damaged = bytearray(sound)
        for _ in range(30):
            damaged[rng.randrange(0x1000, min(len(damaged), 0x4000))] = rng.randrange(256)
        path.write_bytes(bytes(damaged))
        result = examine(str(path), limit_s=10)
        assert as_text(result), number
        tried += result.tried
    assert tried


def test_dependency(tmp_path: Path, sound: bytes) -> None:
    """The one that is examined is sound; what it needs is not."""
    rng = random.Random(8)
    inner = library(tmp_path / "x" / "libinner.so", "int inner(void) { return 1; }",
                    "-Wl,-soname,libinner.so")
    path = backend(tmp_path, EXECUTE + "int inner(void); int f(void) { return inner(); }", inner,
                   "-Wl,-rpath,$ORIGIN")
    whole = inner.read_bytes()
    failed = 0
    for number in range(_COUNT // 3):
        inner.write_bytes(_mutate(rng, whole))
        result = static(path)
        assert as_text(result), number
        failed += bool(errors(result))
    assert failed > _COUNT // 12
