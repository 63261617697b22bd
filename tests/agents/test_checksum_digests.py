# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The checksum agent's digests against hashlib: every length around a block, every way to cut."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from agents_support import CHECKSUM, compile_shared
from hypothesis import given
from hypothesis import strategies as st

ALGORITHMS = ("md5", "sha256")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    output: Path = tmp_path_factory.mktemp("digests") / "libdigests.so"
    compile_shared(output, "-fvisibility=default", "-Wshadow", "-Wconversion",
                   *(CHECKSUM / f"{name}.c" for name in ("digest", *ALGORITHMS)))
    loaded = ctypes.CDLL(str(output))
    loaded.digest_update.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    loaded.digest_find.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    loaded.digest_find.restype = ctypes.c_void_p
    return loaded


def digest(library: ctypes.CDLL, algorithm: str, parts: Iterable[bytes]) -> str:
    state = ctypes.create_string_buffer(256)
    text = ctypes.create_string_buffer(2 * 32 + 1)
    library.digest_begin(state, ctypes.byref(ctypes.c_char.in_dll(library, f"digest_{algorithm}")))
    for part in parts:
        library.digest_update(state, part, len(part))
    library.digest_end(state, text)
    return text.value.decode()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_length_up_to_three_blocks(library: ctypes.CDLL, algorithm: str) -> None:
    for length in range(200):
        data = bytes(range(256))[:length]
        assert digest(library, algorithm, [data]) == hashlib.new(algorithm, data).hexdigest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(parts=st.lists(st.binary(max_size=200), max_size=8))
def test_the_parts_of_a_message_do_not_matter(
    library: ctypes.CDLL, algorithm: str, parts: list[bytes]
) -> None:
    expected = hashlib.new(algorithm, b"".join(parts)).hexdigest()
    assert digest(library, algorithm, parts) == expected


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_message_of_more_bits_than_32_bits_count(library: ctypes.CDLL, algorithm: str) -> None:
    part = bytes(1 << 20)
    expected = hashlib.new(algorithm)
    for _ in range(513):
        expected.update(part)
    assert digest(library, algorithm, [part] * 513) == expected.hexdigest()


@pytest.mark.parametrize(
    ("name", "known"),
    [("MD5", True), ("md5", True), ("Sha256", True), ("SHA-256", False), ("SHA2", False),
     ("SHA2567", False), ("", False), ("CRC32", False)],
)
def test_names_in_any_case(library: ctypes.CDLL, name: str, known: bool) -> None:
    # What follows the name is not part of it.
    text = f"{name}:x".encode()
    assert (library.digest_find(text, len(name)) is not None) is known
