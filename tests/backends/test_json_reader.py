# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The C backends' JSON reader held against Python's, under the address sanitizer.

Leaks are left to test_under_host.py: looking for them here needs rights that a container may lack.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import backend_builder
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Reader:
    """The filter process; ``read`` gives what it made of a text."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"},
        )

    def read(self, text: bytes) -> tuple[bool, str]:
        """(accepted, the document written again or the error's text)"""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(b"%d\n" % len(text) + text)
        stdin.flush()
        head = stdout.readline()
        if not head:
            assert self._process.stderr is not None
            raise AssertionError(self._process.stderr.read().decode())
        verdict, size = head.split()
        return verdict == b"ok", stdout.read(int(size)).decode("utf-8", "surrogateescape")

    def close(self) -> None:
        """Ends the process."""
        _, complaints = self._process.communicate(timeout=30)
        assert self._process.returncode == 0, complaints.decode()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    made = Reader(backend_builder.build_json_filter(tmp_path_factory.mktemp("json")))
    yield made
    made.close()


# A name or a string of the configuration is a C string afterwards: no NUL.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=30,
)
COMMON = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@COMMON
@given(value=VALUES, ascii_only=st.booleans(), indent=st.sampled_from([None, 2]))
def test_what_python_writes_comes_back(
    reader: Reader, value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    accepted, written = reader.read(text.encode())
    assert accepted, written
    assert json.loads(written) == value


def strict(text: str) -> object:
    """Python's reader with its liberties taken away."""

    def no_constant(name: str) -> object:
        raise ValueError(name)

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a name that is there twice")
        return dict(pairs)

    return json.loads(text, parse_constant=no_constant, object_pairs_hook=unique)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            '"',
            '"a"',
            '"b"',
            "1",
            "-",
            "0",
            ".",
            "e",
            "+",
            "true",
            "false",
            "null",
            "nul",
            " ",
            "\n",
            "\\",
            "\\u0041",
            "\\ud83d",
            "\\ude00",
            "\\n",
            "\x01",
        ]
    ),
    max_size=12,
).map("".join)


@COMMON
@given(text=FRAGMENTS | st.text(max_size=12))
def test_agrees_with_python_on_what_is_json(reader: Reader, text: str) -> None:
    if not text.strip(" \t\r\n"):
        assert reader.read(text.encode("utf-8", "surrogatepass")) == (True, "{}")
        return
    encoded = text.encode("utf-8", "surrogatepass")
    accepted, written = reader.read(encoded)
    try:
        value = strict(text)
        # Python keeps halves of surrogate pairs and NULs; here they are refused.
        json.dumps(value, ensure_ascii=False).encode()
        valid = "\\u0000" not in json.dumps(value)
    except (ValueError, RecursionError):
        valid = False
    assert accepted == valid, (text, written)
    if accepted:
        assert json.loads(written) == value


def test_errors_say_where(reader: Reader) -> None:
    assert reader.read(b'{"a": 1,}') == (False, "JSON error at byte 8 of 9: expected a string")
    assert reader.read(b"[1 2]") == (False, "JSON error at byte 3 of 5: expected ',' or ']'")
    assert reader.read(b"[" * 200)[1].endswith("nested too deeply")


def test_numbers_keep_their_text(reader: Reader) -> None:
    text = "[9007199254740993,1e400,-0,1.10]"
    assert reader.read(text.encode()) == (True, text)
