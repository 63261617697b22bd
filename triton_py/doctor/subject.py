# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The file under examination: whether it is a shared object at all, and what it is if not."""

from __future__ import annotations

import difflib
import os
import stat
from pathlib import Path
from shlex import quote

from .elf import Elf, ElfError
from .elf_symbols import sections
from .finding import ERROR, WARNING, Finding

_ENOUGH = 4096
_PIE = 0x08000000
#: How other files begin: (bytes, what it is, what to do).
_BEGINNINGS = (
    (b"!<arch>\n", "a static library (an archive of object files)",
     ("link its object files to a shared object: gcc -shared -Wl,--whole-archive {path} "
      "-Wl,--no-whole-archive -o libtriton_<name>.so (they must have been compiled with -fPIC)")),
    (b"version https://git-lfs", "a Git LFS pointer: the library itself was not downloaded",
     "run 'git lfs pull' in the checkout, then copy the library again"),
    (b"/annex/objects/", "a git-annex pointer: the library itself was not fetched",
     "run 'git annex get' for it in the checkout"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O file, for macOS", "build it on Linux, or take a build for Linux"),
    (b"\xce\xfa\xed\xfe", "a Mach-O file, for macOS", "build it on Linux, or take a build for Linux"),
    (b"\xca\xfe\xba\xbe", "a universal Mach-O file, for macOS",
     "build it on Linux, or take a build for Linux"),
    (b"MZ", "a Windows file (DLL or program)", "build it on Linux, or take a build for Linux"),
    (b"#!", "a script", "give the library that it makes or wraps"),
    (b"PK\x03\x04", "a zip archive, such as a wheel", "unpack it: unzip {path}"),
    (b"\x1f\x8b", "a file compressed with gzip", "unpack it: gunzip, or tar xzf"),
    (b"(\xb5/\xfd", "a file compressed with zstd", "unpack it: unzstd"),
    (b"\xfd7zXZ", "a file compressed with xz", "unpack it: unxz, or tar xJf"),
    (b"BC\xc0\xde", "LLVM bitcode", "link it with clang -shared"),
    (b"INPUT", "a script for the linker, not a library", "give the file that it names"),
    (b"GROUP", "a script for the linker, not a library", "give the file that it names"),
    (b"/* GNU ld script", "a script for the linker, not a library", "give the file that it names"),
    (b"<!DOCTYPE", "an HTML page: a download that went wrong", "download the library again"),
    (b"<html", "an HTML page: a download that went wrong", "download the library again"),
)  # fmt: skip


def find_file(path: str) -> Finding | None:
    """What is wrong with the file as a file; None if it can be read and has content."""
    try:
        info = os.stat(path)
    except FileNotFoundError:
        return _absent(path)
    except NotADirectoryError:
        return Finding("no-such-file", ERROR, f"'{path}' leads through a file as if it were a folder",
                       (), ("give the library's path",))
    except PermissionError as error:
        return _unreadable(path, error)
    except (OSError, ValueError) as error:
        return Finding("no-such-file", ERROR, f"'{path}' can't be looked up: {error}")
    if not stat.S_ISREG(info.st_mode):
        return _irregular(path, info.st_mode)
    if info.st_size == 0:
        return Finding("empty-file", ERROR, f"'{path}' is empty", ("it has 0 bytes",),
                       ("build or copy it again; a full disk leaves such a file behind",))
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        return _unreadable(path, error)
    return None


def _absent(path: str) -> Finding:
    evidence = []
    if os.path.islink(path):
        evidence = [f"it is a link to '{os.readlink(path)}', which is not there"]
    fix = ["build the library, or give the path where it lies"]
    folder = os.path.dirname(path) or "."
    if os.path.isdir(folder):
        # What is a library first: among names so alike, a file of another kind is a poor guess.
        names = sorted(n for n in os.listdir(folder) if ".so" in n)
        near = difflib.get_close_matches(os.path.basename(path), names, 3, 0.6)
        if near:
            fix.insert(0, "did you mean " + " or ".join(f"'{os.path.join(folder, n)}'" for n in near))
        elif not evidence:
            evidence = [f"libraries in '{folder}': {', '.join(names[:5]) or 'none'}"]
    else:
        evidence.append(f"there is no folder '{folder}' either")
    return Finding("no-such-file", ERROR, f"there is no file '{path}'", tuple(evidence), tuple(fix))


def _unreadable(path: str, error: OSError) -> Finding:
    who = f"this user has the id {os.geteuid()}"
    try:
        info = os.stat(path)
        who += f"; the file is user {info.st_uid}'s and has the mode {stat.S_IMODE(info.st_mode):o}"
    except OSError:
        who += "; a folder on the way there can't be entered"
    return Finding("not-readable", ERROR, f"'{path}' can't be read: {error.strerror}", (who,),
                   (f"chmod a+r {quote(path)}, and a+x on the folders above it",))


def _irregular(path: str, mode: int) -> Finding:
    if stat.S_ISDIR(mode):
        inside = sorted(Path(path).glob("libtriton_*.so"))
        fix = (f"give the library in it: '{inside[0]}'" if inside else
               "give the library's path, libtriton_<name>.so")
        return Finding("not-a-file", ERROR, f"'{path}' is a folder", (), (fix,))
    what = next((word for test, word in ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
                                         (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))
                 if test(mode)), "no regular file")
    return Finding("not-a-file", ERROR, f"'{path}' is {what}", (),
                   ("give a regular file: the loader maps it into memory",))


def find_mount(path: str) -> Finding | None:
    """A file system that forbids to map the file as code."""
    if not os.statvfs(path).f_flag & os.ST_NOEXEC:
        return None
    return Finding(
        "noexec-mount", ERROR, f"'{path}' lies on a file system that is mounted noexec",
        ("the loader can't map code from there: \"failed to map segment from shared object\"",),
        ("copy the library to another file system",
         "or mount that one with exec (a container's volume, /tmp or /dev/shm often is not)"))


def find_no_elf(path: str) -> Finding:
    """What a file is that does not begin as ELF files do."""
    with open(path, "rb") as file:
        begin = file.read(_ENOUGH)
    for magic, what, fix in _BEGINNINGS:
        if begin.startswith(magic):
            return Finding("not-elf", ERROR, f"'{path}' is {what}", (_shown(begin),),
                           (fix.format(path=quote(path)),))
    try:
        begin.decode()
        what = "a text file, not a shared object"
    except UnicodeDecodeError as error:
        # A character cut by the end of what was read is text still.
        text = error.start > len(begin) - 4 and b"\0" not in begin
        what = "a text file, not a shared object" if text else "not an ELF file"
    if not begin.strip(b"\0"):
        what = "full of zeros: a copy or download that was cut off"
    return Finding("not-elf", ERROR, f"'{path}' is {what}", (_shown(begin),),
                   ("give the shared object that the compiler made: gcc -shared -fPIC ...",))


def _shown(begin: bytes) -> str:
    line = begin[:40].split(b"\n")[0]
    if line and all(32 <= b < 127 for b in line):
        return f'it begins "{line.decode()}"'
    return f"it begins with the bytes {begin[:8].hex(' ')}; an ELF file begins with 7f 45 4c 46"


def find_kind(elf: Elf) -> Finding | None:
    """An ELF file of a kind that is not loaded."""
    shared = "link it as a shared object: gcc -shared -fPIC ... -o libtriton_<name>.so"
    kind, what = elf.type, ""
    if kind == "ET_REL":
        what = "is an object file (.o), not linked yet"
        shared = f"link it: gcc -shared {quote(elf.path)} -o libtriton_<name>.so"
    elif kind == "ET_EXEC" or kind == "ET_DYN" and _is_program(elf):
        what = "is a program, not a shared object"
    elif kind == "ET_CORE":
        what = "is a core dump"
    elif kind != "ET_DYN":
        what = f"is an ELF file of an unknown type, {kind}"
    if what:
        return Finding("not-a-shared-object", ERROR, f"'{elf.path}' {what}",
                       (f"its ELF type is {kind}; that of a shared object is ET_DYN"
                        + (" (but it is marked as a program)" if kind == "ET_DYN" else ""),),
                       (shared,))
    return None


def _is_program(elf: Elf) -> bool:
    """A position-independent program differs from a library by a flag; older ones by DT_DEBUG."""
    if elf.flags_1 & _PIE:
        return True
    return "DT_DEBUG" in elf.dynamic and elf.segment("PT_INTERP") is not None


def find_no_dynamic(elf: Elf) -> Finding | None:
    """A file without a dynamic section, such as ``objcopy --only-keep-debug`` writes."""
    if elf.dynamic:
        return None
    try:
        dynamic = [s for s in sections(elf) if s["sh_addr"] and s["sh_name"]]
        debug = bool(dynamic) and all(s["sh_type"] in ("SHT_NOBITS", "SHT_NOTE") for s in dynamic)
    except ElfError:
        debug = False
    if debug:
        return Finding("debug-file", ERROR,
                       f"'{elf.path}' is the debug information of a library, split off it",
                       ("its sections have addresses but no content",),
                       ("give the library itself; this file belongs beside it, for the debugger",))
    return Finding("damaged", ERROR, f"'{elf.path}' has no dynamic section",
                   ("the loader finds nothing in it to load",),
                   ("link it anew: gcc -shared -fPIC ...; strip --strip-all keeps what is needed",))


def find_cut(elf: Elf) -> Finding | None:
    """A file that ends before what its header announces."""
    again = ("copy or download it again, and compare the size or checksum with the original",)
    ends = [(elf.segments_end, "its table of segments", ERROR)]
    if elf.segments_end <= elf.size:
        ends += [(s.offset + s.file_size, "what is to be mapped", ERROR)
                 for s in elf.segments if s.type in ("PT_LOAD", "PT_DYNAMIC") and s.file_size]
    if elf.has_sections:
        ends.append((elf.sections_end, "its table of sections (which the loader does without)",
                     WARNING))
    for end, what, severity in ends:
        if end > elf.size:
            return Finding("truncated", severity, f"'{elf.path}' breaks off",
                           (f"it has {elf.size} bytes, but {what} ends at byte {end}",), again)
    return None

