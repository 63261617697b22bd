# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""HTTP on a Unix socket."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from http_running import Running
from http_support import Reader, call, infer, request_bytes
from make_certificates import make, needs_openssl

from triton_py.frontend.tls import Tls

ONE = {"inputs": [{"name": "INPUT0", "shape": [1], "datatype": "INT32", "data": [7]}]}


def test_it_serves_and_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    running = Running(repository, address=f"unix:{path}", unix_socket_mode=0o640)
    try:
        assert running.url == f"unix:{path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert call(running, "GET", "/v2/health/ready").status == 200
        with running.connect() as sock:
            reader = Reader(sock)
            for _ in range(20):
                sock.sendall(request_bytes("POST", "/v2/models/echo/infer", b'{"inputs": [{"name":'
                                           b'"INPUT0","shape":[1],"datatype":"INT32","data":[7]}]}'))
                assert reader.reply().json["outputs"][0]["data"] == [7]
        data = os.urandom(1 << 20) * 8
        reply = infer(running, "identity_uint8", {
            "inputs": [{"name": "INPUT0", "shape": [len(data)], "datatype": "UINT8",
                        "parameters": {"binary_data_size": len(data)}}],
            "parameters": {"binary_data_output": True}}, data)
        assert reply.split[1] == data
    finally:
        running.close()
    assert not path.exists()


def test_the_address_is_gone_with_the_server_and_can_be_had_again(
        repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    for spelled in (f"unix:{path}", f"unix://{path}"):
        running = Running(repository, address=spelled)
        try:
            assert infer(running, "echo", ONE).status == 200
            with pytest.raises(OSError, match="a server is listening there"):
                Running(repository, address=f"unix:{path}")
            assert infer(running, "echo", ONE).status == 200
        finally:
            running.close()


def test_anothers_file_stays(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    running = Running(repository, address=f"unix:{path}")
    try:
        path.unlink()
        path.write_text("another's")
    finally:
        running.close()
    assert path.read_text() == "another's"


@needs_openssl
def test_tls_and_new_certificates(repository: Path, tmp_path: Path) -> None:
    import ssl

    pair = make(tmp_path, "server")
    path = tmp_path / "s"
    running = Running(repository, address=f"unix:{path}", tls=Tls(*pair),
                      client_tls=ssl.create_default_context(cafile=pair.cert))
    try:
        assert infer(running, "echo", ONE).status == 200
        assert running.run(running.http.reload()) is True
        assert path.exists()
        assert infer(running, "echo", ONE).status == 200
    finally:
        running.close()
    assert not path.exists()
