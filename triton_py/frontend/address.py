# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Addresses to listen on: a host, or ``unix:PATH`` as gRPC's clients write it."""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
from contextlib import suppress

#: Bytes of a path that a socket's address has room for.
LONGEST_PATH = 107

_OTHER_KINDS = re.compile(r"(unix-abstract|vsock|dns|ipv4|ipv6|http|https|grpc|tcp):", re.IGNORECASE)


def unix_path(address: str) -> str | None:
    """The path of ``unix:PATH`` or ``unix:///PATH``; None for a host.

    :raises ValueError: no path, one that is too long, or another kind of address.
    """
    if not address.startswith("unix:"):
        if _OTHER_KINDS.match(address):
            raise ValueError(f"'{address}' is no address to listen on, which is a host or unix:PATH")
        return None
    path = address[len("unix:"):]
    if path.startswith("//"):
        path = path[2:]
        if not path.startswith("/"):
            raise ValueError(f"'{address}' names no path: after unix:// it begins with a slash")
    if not path or "\0" in path or path.endswith("/"):
        raise ValueError(f"'{address}' names no file")
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise ValueError(f"the path in '{address}' is longer than {LONGEST_PATH} bytes")
    return path


def check_unix(path: str) -> None:
    """Whether a socket can be bound at ``path``; a file that a dead server left is no hindrance.

    :raises OSError: no such folder, a file that is no socket, or a server that listens there.
    """
    try:
        kind = os.lstat(path).st_mode
    except FileNotFoundError:
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                errno.ENOENT, f"there is no directory '{folder}'") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(
                errno.EACCES, f"no file can be made in '{folder}'") from None
        return
    if not stat.S_ISSOCK(kind):
        raise FileExistsError(errno.EEXIST, "there is a file that is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # Without waiting: a server whose backlog is full is one, too.
        probe.setblocking(False)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except BlockingIOError:
            pass
    raise OSError(errno.EADDRINUSE, "a server is listening there")


def bind_unix(path: str, mode: int) -> socket.socket:
    """A socket bound to ``path``, which gets the permissions ``mode``; it does not listen yet.

    :raises OSError: as ``check_unix``.
    """
    check_unix(path)
    with suppress(FileNotFoundError):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        # Before it listens: until then nobody can connect, whatever the umask made of it.
        os.chmod(path, mode)
    except BaseException:
        remove_unix(path, file_identity(path) if sock.getsockname() else None)
        sock.close()
        raise
    return sock


def file_identity(path: str) -> tuple[int, int] | None:
    """What tells the file from another at the same place; None where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove_unix(path: str, identity: tuple[int, int] | None) -> None:
    """Takes the socket's file away, if it is still the one that was ``identity``."""
    if identity is not None and file_identity(path) == identity:
        with suppress(FileNotFoundError):
            os.unlink(path)
