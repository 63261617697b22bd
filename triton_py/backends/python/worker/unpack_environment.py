# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Unpacks the environment of a Python model, an archive made by conda-pack or venv-pack.

    python unpack_environment.py ARCHIVE PLACE

``PLACE`` is a folder in which each archive has a folder of its own, named after its path, size and time,
beside a file that is locked: exclusively by who unpacks, shared by all who use what was unpacked. The
file holds where in the folder ``bin`` is, once all is there. So one of several who want the same archive
unpacks it, and what was broken off is done anew.

Tells the server by lines: "info TEXT", "error TEXT", or "lock FILE" and "folder FOLDER"; then waits for the
end of its input, by when the server has locked the file.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import lzma
import os
import re
import select
import shutil
import subprocess
import sys
import tarfile
import time
import zlib
from typing import IO, Any

#: So often a long unpacking tells how far it is, in seconds.
TELL_EVERY = 10.0
#: Links that may lead outside: a virtual environment's to the interpreter it was made with, and to those.
_INTERPRETER = re.compile(r"(\./)*([^/]+/)?bin/python[0-9.]*")
_BESIDE = re.compile(r"(\./)*python[0-9.]*")


class UnpackError(Exception):
    """Why an archive is no environment, in words for who made it."""


def tell(kind: str, text: str) -> None:
    print(kind, text.replace("\n", " "), flush=True)


def server_is_gone() -> bool:
    """Its end of the socket is closed: nobody waits any more."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    return bool(poll.poll(0))


# What is in the archive


def inside(folder: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == folder or real.startswith(folder + os.sep)


def check(member: tarfile.TarInfo, folder: str) -> None:
    """Raise UnpackError where a member would come to lie, or lead, outside the folder."""
    place = os.path.join(folder, member.name)
    if os.path.isabs(member.name) or not inside(folder, place):
        raise UnpackError(f"'{member.name}' would lie outside the environment")
    if member.issym() or member.islnk():
        # A symbolic link starts where it lies, a hard one at the top.
        start = os.path.dirname(place) if member.issym() else folder
        if os.path.isabs(member.linkname) or not inside(folder, os.path.join(start, member.linkname)):
            raise UnpackError(f"'{member.name}' is a link to '{member.linkname}', outside the environment")
    elif not (member.isfile() or member.isdir()):
        raise UnpackError(f"'{member.name}' is neither a file nor a folder nor a link")


def is_interpreter(member: tarfile.TarInfo) -> bool:
    link = member.linkname
    return (member.issym() and _INTERPRETER.fullmatch(member.name) is not None
            and (os.path.isabs(link) or _BESIDE.fullmatch(link) is not None))


def extract(archive: tarfile.TarFile, path: str, folder: str) -> int:
    """Everything in the archive at ``path``, as this user's. Returns how many members there were."""
    # "data" looks at the same things once more, and at the modes.
    options: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    count = size = 0
    told = time.monotonic()
    for member in archive:
        if is_interpreter(member):
            place = os.path.join(folder, member.name)
            if not inside(folder, os.path.dirname(place)):
                raise UnpackError(f"'{member.name}' would lie outside the environment")
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(member.linkname, place)
        else:
            check(member, folder)
            member.uid, member.gid, member.uname, member.gname = os.geteuid(), os.getegid(), "", ""
            member.mode = member.mode & 0o755 | (0o700 if member.isdir() else 0o600)
            archive.extract(member, folder, **options)
        count += 1
        size += member.size
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            tell("info", f"'{path}': {count} files so far, {size >> 20} MiB")
        if count % 64 == 0 and server_is_gone():
            raise UnpackError("the server is gone")
    return count


def check_end(archive: tarfile.TarFile) -> None:
    """Raise UnpackError where the archive goes on with what is no member, or breaks off: ``tarfile`` takes
    both for its end. Reading all of it has checksums looked at."""
    file: IO[bytes] = archive.fileobj  # type: ignore[assignment]
    file.seek(archive.offset)
    block = file.read(tarfile.BLOCKSIZE)
    if len(block) < tarfile.BLOCKSIZE:
        raise UnpackError("it breaks off")
    if block.strip(b"\0"):
        raise UnpackError(f"it is damaged at byte {archive.offset} of what is packed")
    while file.read(1 << 20):
        pass


def top(folder: str) -> str:
    """Where ``bin`` is: at the top, or in the one folder there is."""
    entries = os.listdir(folder)
    for candidate in [".", *(entries if len(entries) == 1 else [])]:
        if os.path.lexists(os.path.join(folder, candidate, "bin", "python")):
            return candidate
    raise UnpackError(f"it has no bin/python; at its top are {', '.join(sorted(entries)[:5]) or 'no files'}")


def relocate(root: str) -> None:
    """What conda-pack leaves to be done in the place where an environment is unpacked."""
    python, script = os.path.join(root, "bin", "python"), os.path.join(root, "bin", "conda-unpack")
    if not os.path.exists(script):
        return
    done = subprocess.run([python, script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace").strip()
        raise UnpackError(f"bin/conda-unpack ended with status {done.returncode}: {said[-2000:]}")


def unpack(path: str, folder: str) -> str:
    """Unpacks an archive into a new folder; returns where in it ``bin`` is."""
    begun = time.monotonic()
    tell("info", f"unpacking '{path}' ({os.path.getsize(path) >> 20} MiB) to '{folder}'")
    os.mkdir(folder, 0o700)
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:
        raise UnpackError(f"'{folder}' lies on a file system that is mounted noexec; "
                          "--backend-config=python,env-dir=FOLDER names another place")
    with tarfile.open(path, "r:*") as archive:
        count = extract(archive, path, folder)
        check_end(archive)
    # Whatever the archive says of its own top folder: it is the server's user's alone.
    os.chmod(folder, 0o700)
    where = top(folder)
    root = os.path.normpath(os.path.join(folder, where))
    python = os.path.join(root, "bin", "python")
    if not os.path.exists(python):
        raise UnpackError(f"bin/python is a link to '{os.path.realpath(python)}', which is not there")
    relocate(root)
    tell("info", f"unpacked '{path}': {count} files in {time.monotonic() - begun:.1f} s")
    return where


# Who does it


def named(path: str) -> tuple[str, str]:
    """The name of an archive's folder, and the pattern of the names that it had before it changed."""
    status = os.stat(path)
    base = re.sub(r"[^\w.-]", "_", os.path.basename(path).split(".tar")[0])[:32]
    place = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    content = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:12]
    return f"{base}-{place}-{content}", f"{glob.escape(base)}-{place}-*.lock"


def locked(file: str, how: int) -> int | None:
    """A descriptor of the file, which is made and locked; None where that can't be had at once."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
            # Whoever had it may have removed it.
            if os.path.exists(file) and os.path.samestat(os.stat(file), os.fstat(descriptor)):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.close(descriptor)


def content(descriptor: int) -> str:
    return os.pread(descriptor, 4096, 0).decode()


def have(path: str, place: str) -> tuple[str, str]:
    """Unpacks the archive unless it is. Returns the file that this process has locked, and the folder that
    has ``bin``."""
    name, before = named(path)
    folder, file = os.path.join(place, name), os.path.join(place, name + ".lock")
    while True:
        descriptor = locked(file, fcntl.LOCK_SH)
        assert descriptor is not None
        where = content(descriptor)
        if where and os.path.exists(os.path.join(folder, where, "bin", "python")):
            # The descriptor stays open, and with it the lock.
            remove_old(place, before, file)
            return file, os.path.normpath(os.path.join(folder, where))
        os.close(descriptor)
        descriptor = locked(file, fcntl.LOCK_EX)
        assert descriptor is not None
        where = content(descriptor)
        if not where or not os.path.exists(os.path.join(folder, where, "bin", "python")):
            os.ftruncate(descriptor, 0)
            shutil.rmtree(folder, ignore_errors=True)
            try:
                where = unpack(path, folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                os.unlink(file)
                raise
            os.pwrite(descriptor, where.encode(), 0)
        os.close(descriptor)


def remove_old(place: str, pattern: str, but: str) -> None:
    """What the same archive was unpacked to before it changed, unless a model has it still."""
    for file in glob.glob(os.path.join(glob.escape(place), pattern)):
        descriptor = None if file == but else locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if descriptor is not None:
            shutil.rmtree(file[:-len(".lock")], ignore_errors=True)
            os.unlink(file)
            os.close(descriptor)


def remove_abandoned(place: str) -> None:
    """Temporary folders of servers that had no time to remove them, beside this one's."""
    if not os.path.exists(os.path.join(place, ".alive")):
        return
    for file in glob.glob(os.path.join(glob.escape(os.path.dirname(place)), "triton-py-env-*", ".alive")):
        try:
            if os.stat(file).st_uid != os.geteuid():
                continue
            descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue  # another server was quicker
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(os.path.dirname(file), ignore_errors=True)
        except BlockingIOError:
            continue  # its server lives
        finally:
            os.close(descriptor)


def main() -> int:
    sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    path, place = os.path.realpath(sys.argv[1]), os.path.abspath(sys.argv[2])
    try:
        os.makedirs(place, 0o700, exist_ok=True)
        remove_abandoned(place)
        file, folder = have(path, place)
    except tarfile.ReadError as error:
        tell("error", f"it is no tar archive that Python {sys.version.split()[0]} can read: {error}")
        return 1
    except (UnpackError, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, KeyError,
            ValueError) as error:
        tell("error", str(error) or type(error).__name__)
        return 1
    tell("lock", file)
    tell("folder", folder)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
