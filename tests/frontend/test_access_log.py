# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The access log's lines, and its thread: slow files, moved ones, and the end."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from triton_py.frontend import access_log
from triton_py.frontend.access_log import AccessLog, Record, json_line, line, peer_text

RECORD = Record(1767323045.678901, "127.0.0.1:5", "HTTP/1.1", "POST", "/v2/models/a%20b/infer",
                "a b", 200, 10, 20, 300)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def note(log: AccessLog, path: str = "/v2") -> None:
    log.write("p", "HTTP/1.1", "GET", path, None, 200, 1, 2, 3)


def test_a_line() -> None:
    assert line(RECORD) == ("2026-01-02T03:04:05.678901Z 127.0.0.1:5 HTTP/1.1 POST "
                            "/v2/models/a%20b/infer a%20b 200 10 20 300")
    empty = RECORD._replace(method=None, path=None, model="", status=None)
    assert line(empty).split(" ")[3:7] == ["-", "-", "-", "-"]


def test_nothing_breaks_a_line() -> None:
    wild = RECORD._replace(path="/a b\n\x1b[31m", model="x\r\ny\u2028 %")
    text = line(wild)
    assert len(text.split(" ")) == 10
    assert text.isascii() and text.isprintable()
    assert len(json_line(wild).splitlines()) == 1


def test_an_object() -> None:
    assert json.loads(json_line(RECORD)) == {
        "time": "2026-01-02T03:04:05.678901Z", "peer": "127.0.0.1:5", "protocol": "HTTP/1.1",
        "method": "POST", "path": "/v2/models/a%20b/infer", "model": "a b", "status": 200,
        "received": 10, "sent": 20, "microseconds": 300}


@pytest.mark.parametrize(("name", "text"), [
    (("127.0.0.1", 80), "127.0.0.1:80"), (("::1", 80, 0, 0), "[::1]:80"), ("", "unix:"),
    ("/tmp/c", "unix:/tmp/c"), (None, "unix:"), (b"", "unix:")])
def test_peers(name: object, text: str) -> None:
    assert peer_text(name) == text


def test_records_are_written_in_order_and_at_the_end(tmp_path: Path) -> None:
    place = tmp_path / "log"
    place.write_text("before\n")
    log = AccessLog(str(place))
    for number in range(1000):
        note(log, f"/{number}")
    log.close()
    log.close()
    lines = place.read_text().splitlines()
    assert lines[0] == "before"
    assert [text.split(" ")[4] for text in lines[1:]] == [f"/{n}" for n in range(1000)]


def test_records_are_written_while_the_server_goes_on(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "log"), as_json=True)
    note(log)
    wait_for(lambda: (tmp_path / "log").read_text().count("\n") == 1)
    note(log)
    wait_for(lambda: (tmp_path / "log").read_text().count("\n") == 2)
    log.close()


def test_a_moved_file_is_opened_again(tmp_path: Path) -> None:
    place = tmp_path / "log"
    log = AccessLog(str(place))
    note(log, "/first")
    wait_for(lambda: "/first" in place.read_text())
    os.rename(place, tmp_path / "log.1")
    note(log, "/second")
    wait_for(lambda: "/second" in (tmp_path / "log.1").read_text())
    log.reopen()
    wait_for(place.exists)
    note(log, "/third")
    log.close()
    assert "/third" in place.read_text()
    assert "/third" not in (tmp_path / "log.1").read_text()


def test_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        AccessLog(str(tmp_path / "no" / "log"))
    with pytest.raises(OSError):
        AccessLog(str(tmp_path))


def test_what_can_not_be_opened_again_is_said_once(tmp_path: Path, caplog) -> None:
    place = tmp_path / "folder" / "log"
    place.parent.mkdir()
    log = AccessLog(str(place))
    note(log, "/first")
    wait_for(lambda: "/first" in place.read_text())
    os.rename(place.parent, tmp_path / "gone")
    log.reopen()
    wait_for(lambda: "can't be written" in caplog.text)
    note(log, "/second")
    log.close()
    # The old file is still the one that is open.
    assert "/second" in (tmp_path / "gone" / "log").read_text()


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog("-")
    assert not log.is_file
    log.reopen()
    note(log)
    log.close()
    assert " GET /v2 - 200 1 2 3\n" in capsys.readouterr().out
    print("still open")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_pipe_that_nobody_reads_holds_up_nobody(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """What there is no room for is counted, and the count is written when there is."""
    monkeypatch.setattr(access_log, "MOST_WAITING", 10_000)
    monkeypatch.setattr(access_log, "CLOSE_SECONDS", 20)
    place = tmp_path / "pipe"
    os.mkfifo(place)
    got: list[str] = []
    opened = threading.Event()
    read = threading.Event()

    def reader() -> None:
        with open(place) as pipe:
            opened.set()
            read.wait(30)
            got.extend(pipe)

    thread = threading.Thread(target=reader)
    thread.start()
    log = AccessLog(str(place), as_json)
    assert opened.wait(10)
    began = time.monotonic()
    for _ in range(60_000):
        note(log)
    assert time.monotonic() - began < 10
    read.set()
    log.close()
    thread.join(20)
    if as_json:
        dropped = sum(json.loads(text).get("dropped", 0) for text in got)
    else:
        dropped = sum(int(text.split()[1]) for text in got if text.startswith("#"))
    whole = [text for text in got if "GET" in text]
    assert dropped > 0
    assert len(whole) + dropped == 60_000
