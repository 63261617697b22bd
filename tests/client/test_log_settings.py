# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The logging extension by Triton's own clients, and what a line of the log looks like."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import ServerProcess, client_repository
from tritonclient.utils import InferenceServerException

DEFAULTS: dict[str, Any] = {
    "log_file": "", "log_info": True, "log_warning": True, "log_error": True,
    "log_verbose_level": 0, "log_format": "default"}


@pytest.fixture(params=["http", "grpc"])
def settings(request: pytest.FixtureRequest, http_client: Any, grpc_client: Any) -> Iterator[Any]:
    """A function that changes settings and returns them all; None asks only. As before afterwards."""
    client = http_client if request.param == "http" else grpc_client

    def change(**changes: Any) -> dict[str, Any]:
        if request.param == "http":
            found: dict[str, Any] = (client.update_log_settings(changes) if changes
                                     else client.get_log_settings())
            return found
        answer = (client.update_log_settings(changes) if changes
                  else client.get_log_settings())
        return {name: getattr(value, value.WhichOneof("parameter_choice"))
                for name, value in answer.settings.items()}

    yield change
    change(**{name: value for name, value in DEFAULTS.items() if name != "log_file"})


def test_settings_are_told_and_changed(settings: Any) -> None:
    assert settings() == DEFAULTS
    changed = settings(log_info=False, log_verbose_level=3, log_format="ISO8601")
    assert changed == {**DEFAULTS, "log_info": False, "log_verbose_level": 3,
                       "log_format": "ISO8601"}
    assert settings() == changed
    assert settings(log_format="json")["log_format"] == "json"


@pytest.mark.parametrize(("changes", "words"), [
    ({"log_file": "/tmp/x"}, "can not be updated"),
    ({"log_level": True}, "log_level"),
    ({"log_info": "yes"}, "log_info"),
    ({"log_verbose_level": True}, "log_verbose_level"),
    ({"log_format": "xml"}, "log_format"),
    ({"log_error": False, "log_format": "xml"}, "log_format"),
])
def test_a_wrong_setting_changes_nothing(settings: Any, changes: dict[str, Any], words: str) -> None:
    # Some of these the client refuses by itself: gRPC's settings have types.
    with pytest.raises((InferenceServerException, TypeError)) as caught:
        settings(**changes)
    assert words in str(caught.value) or caught.type is TypeError
    assert settings() == DEFAULTS


_ANYTHING = """
import sys
from triton_py.core.log import log
from triton_py.inprocess import Options
options = Options()
options.set_log_file(sys.argv[1])
options.set_log_format(2)
for text in sys.stdin.buffer.read().split(b"\\0"):
    log(0, text.decode("utf-8", "surrogateescape"), "a/file.c", 7)
"""


def test_a_line_is_an_object_whatever_is_logged(tmp_path: Path) -> None:
    """Backends log what they like, also bytes that are no text."""
    texts = [b"", b'a "quoted" \\ line\n\tof\x01\x7f', "gr\u00fc\u00dfe \u65e5\u672c \U0001f600".encode(),
             b"\xff", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80",
             b"\xe0\x80\xaf", b"\xf0\x80\x80\x80", b"\x80", b"x" * 5000]
    path = tmp_path / "log"
    subprocess.run([sys.executable, "-c", _ANYTHING, path], input=b"\0".join(texts), check=True,
                   timeout=60)
    lines = path.read_bytes().splitlines()
    assert len(lines) == len(texts)
    for line, text in zip(lines, texts, strict=True):
        entry = json.loads(line.decode("utf-8"))
        assert entry["file"] == "file.c" and entry["line"] == 7 and entry["level"] == "INFO"
        try:
            assert entry["message"] == text.decode()
        except UnicodeDecodeError:
            assert entry["message"] == "\ufffd" * len(text) or text == b"\xc3("
            assert text != b"\xc3(" or entry["message"] == "\ufffd("


def test_lines_change_with_the_settings(tmp_path: Path) -> None:
    """Of a server of its own: the log is the process's."""
    import tritonclient.http

    log = tmp_path / "log"
    repository = client_repository(tmp_path / "models")
    with ServerProcess(repository, "--strict-readiness=false", "--model-control-mode=explicit",
                       "--exit-on-error=false", "--log-verbose=1", f"--log-file={log}",
                       "--log-format=json") as server, \
            tritonclient.http.InferenceServerClient(server.http) as client:
        def lines() -> list[str]:
            before = len(log.read_text().splitlines())
            client.load_model("identity_fp32")
            client.unload_model("identity_fp32")
            return log.read_text().splitlines()[before:]

        objects = [json.loads(line) for line in log.read_text().splitlines() + lines()]
        assert {entry["level"] for entry in objects} >= {"INFO", "VERBOSE"}
        for entry in objects:
            assert set(entry) == {"time", "level", "pid", "line", "file", "message"}
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry["time"])
        client.update_log_settings({"log_format": "ISO8601"})
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [IWEV] \d+ ", line)
                   for line in lines())
        client.update_log_settings({"log_format": "default"})
        assert all(re.match(r"[IWE]\d{4} \d\d:\d\d:\d\d\.\d{6} \d+ ", line) for line in lines())
        client.update_log_settings({"log_info": False, "log_verbose_level": 0})
        assert lines() == []
