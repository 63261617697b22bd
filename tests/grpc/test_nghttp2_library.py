# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where nghttp2 is found, and what happens where it is not."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_support import Loop, front_end, infer, request

from triton_py.errors import UnavailableError
from triton_py.grpc import Transport, _nghttp2
from triton_py.inprocess import NativeServer

HERE = Path(__file__).parent

FAKE = """
struct info { int age; int number; const char* text; const char* protocol; };
static struct info info = { 1, %s, "%s", "h2" };
struct info* nghttp2_version(int least) { return &info; }
"""


def library(place: Path, source: str) -> Any:
    file = place / "lib.c"
    file.write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", str(file), "-o", str(place / "lib.so")], check=True)
    return [("the library", lambda: str(place / "lib.so"))]


def test_one_is_found() -> None:
    assert _nghttp2.load().startswith("nghttp2 1.")


def test_nothing_there() -> None:
    with pytest.raises(_nghttp2.LibraryNotFound, match="/nowhere.so"):
        _nghttp2.load([("nothing", lambda: "/nowhere.so")])


def test_one_that_is_too_old(tmp_path: Path) -> None:
    with pytest.raises(_nghttp2.LibraryNotFound, match=r"is nghttp2 1.18.1, at least 1.52.0"):
        _nghttp2.load(library(tmp_path, FAKE % ("0x011201", "1.18.1")))


def test_one_that_lacks_functions(tmp_path: Path) -> None:
    with pytest.raises(_nghttp2.LibraryNotFound, match="lacks nghttp2_session_callbacks_new"):
        _nghttp2.load(library(tmp_path, FAKE % ("0x014300", "1.67.0")))


def test_one_that_is_something_else(tmp_path: Path) -> None:
    with pytest.raises(_nghttp2.LibraryNotFound, match="exports no nghttp2"):
        _nghttp2.load(library(tmp_path, "int x;"))


def test_a_later_place_is_tried(tmp_path: Path) -> None:
    real = _nghttp2._candidates()
    found = _nghttp2.load([("nothing", lambda: "/nowhere.so"), *real])
    assert found.startswith("nghttp2 1.")


def test_grpcio_carries_where_there_is_none(
    h2_loop: Loop, native: NativeServer, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def nothing() -> str:
        raise _nghttp2.LibraryNotFound("no usable nghttp2: it is a test")

    monkeypatch.setattr("triton_py.grpc.nghttp2_transport.load", nothing)
    with caplog.at_level(logging.WARNING), \
            front_end(h2_loop, native, transport=Transport.AUTO) as (_, address), \
            grpc.insecure_channel(address) as channel:
        assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert [w for w in warnings if "grpcio" in w and "it is a test" in w] == warnings
    assert len(warnings) == 1
    with pytest.raises(UnavailableError, match="it is a test"), \
            front_end(h2_loop, native, transport=Transport.NGHTTP2):
        pass


SERVE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from grpc_support import *
from triton_py.grpc import _nghttp2
_nghttp2._candidates = lambda: [("package ngh2", _nghttp2._package_file)]
loop = Loop()
with native_server(Path(sys.argv[2])) as native, front_end(loop, native) as (_, address), \\
        grpc.insecure_channel(address) as channel:
    data = bytes(3_000_000)
    for _ in range(3):
        assert infer(channel, request("echo", data)).raw_output_contents[0] == data
    got = list(stream(channel, iter([request("echo", id=str(i)) for i in range(20)])))
    assert [g.infer_response.id for g in got] == [str(i) for i in range(20)]
assert "ngh2" not in sys.modules, "the package's code has run"
print(_nghttp2.load())
"""


def test_the_one_in_the_package(repository: Path) -> None:
    """In a process of its own: a library is bound once."""
    done = subprocess.run([sys.executable, "-c", SERVE, str(HERE), str(repository)],
                          check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "(package ngh2)" in done.stdout
