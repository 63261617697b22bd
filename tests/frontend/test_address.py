# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Addresses, and the files of Unix sockets: those of the living, the dead, and others' files."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from triton_py.frontend.address import (
    LONGEST_PATH,
    bind_unix,
    check_unix,
    file_identity,
    remove_unix,
    unix_path,
)


@pytest.mark.parametrize(("address", "path"), [
    ("127.0.0.1", None), ("0.0.0.0", None), ("::1", None), ("[::1]", None), ("fe80::1", None),
    ("localhost", None), ("unixes.example", None), ("unix", None),
    ("unix:/tmp/a", "/tmp/a"), ("unix:///tmp/a", "/tmp/a"), ("unix:a/b", "a/b"),
    ("unix:/a:8001", "/a:8001")])
def test_addresses(address: str, path: str | None) -> None:
    assert unix_path(address) == path


@pytest.mark.parametrize(("address", "text"), [
    ("unix:", "names no file"), ("unix:/", "names no file"), ("unix:/tmp/", "names no file"),
    ("unix://host/a", "begins with a slash"), ("unix://", "begins with a slash"),
    ("unix:/a\0b", "names no file"), ("unix:/" + "a" * LONGEST_PATH, "longer than 107 bytes"),
    ("unix:/" + "ä" * 54, "longer than 107 bytes"), ("unix-abstract:a", "is no address"),
    ("vsock:1:2", "is no address"), ("http://localhost", "is no address"),
    ("ipv4:127.0.0.1", "is no address")])
def test_what_is_no_address(address: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        unix_path(address)


def test_the_longest_path_is_bound(tmp_path: Path) -> None:
    # Relative: the folder's own name may take up the room.
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        bind_unix("a" * LONGEST_PATH, 0o600).close()
    finally:
        os.chdir(before)


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666, 0o777, 0o000])
def test_the_mode_is_the_files_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077)
    try:
        with bind_unix(str(tmp_path / "s"), mode):
            assert stat.S_IMODE(os.stat(tmp_path / "s").st_mode) == mode
    finally:
        os.umask(before)


def test_nobody_gets_in_before_it_listens(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with bind_unix(path, 0o666), socket.socket(socket.AF_UNIX) as client, \
            pytest.raises(ConnectionRefusedError):
        client.connect(path)


def test_what_a_dead_server_left_is_replaced(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    bind_unix(path, 0o600).close()
    assert os.path.exists(path)
    check_unix(path)
    assert os.path.exists(path), "looking takes nothing away"
    bind_unix(path, 0o600).close()


@pytest.mark.parametrize("backlog", [8, 0])
def test_a_living_servers_is_not(tmp_path: Path, backlog: int) -> None:
    """Not even that of one whose backlog is full."""
    path = str(tmp_path / "s")
    with bind_unix(path, 0o600) as sock:
        sock.listen(backlog)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                break
        for look in (check_unix, lambda p: bind_unix(p, 0o600)):
            with pytest.raises(OSError, match="a server is listening there") as caught:
                look(path)
            assert caught.value.errno == errno.EADDRINUSE
        assert os.path.exists(path)
        for client in waiting:
            client.close()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="no socket"):
        bind_unix(str(path), 0o600)
    assert path.read_text() == "mine"
    link = tmp_path / "l"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError, match="no socket"):
        bind_unix(str(link), 0o600)
    with pytest.raises(FileExistsError, match="no socket"):
        check_unix(str(tmp_path))


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no directory"):
        check_unix(str(tmp_path / "no" / "s"))
    if os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        with pytest.raises(PermissionError, match="no file can be made"):
            check_unix(str(closed / "s"))


def test_only_ones_own_file_is_taken_away(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with bind_unix(path, 0o600):
        ours = file_identity(path)
        remove_unix(path, None)
        assert os.path.exists(path)
        os.rename(path, path + "2")
        Path(path).write_text("another's")
        remove_unix(path, ours)
        assert os.path.exists(path)
        os.unlink(path)
        remove_unix(path, ours)
        os.rename(path + "2", path)
        remove_unix(path, ours)
        assert not os.path.exists(path)
