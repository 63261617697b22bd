# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What this machine's loader takes: the kind of file, and the folders that it looks in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field

from .elf import Elf, ElfError
from .finding import DoctorError

#: ELF's machine numbers, of those that a backend may have been built for by mistake.
MACHINES = {
    3: "x86 (32 bit)", 8: "MIPS", 20: "PowerPC", 21: "PowerPC (64 bit)", 22: "S/390",
    40: "ARM (32 bit)", 62: "x86-64", 183: "AArch64 (arm64)", 190: "CUDA", 224: "AMD GPU",
    243: "RISC-V", 247: "BPF", 258: "LoongArch",
}  # fmt: skip
#: Machine number -> the prefix of Debian's cross compilers.
COMPILERS = {62: "x86_64-linux-gnu", 183: "aarch64-linux-gnu", 21: "powerpc64le-linux-gnu",
             22: "s390x-linux-gnu", 243: "riscv64-linux-gnu", 3: "i686-linux-gnu",
             40: "arm-linux-gnueabihf"}
_CACHE_LINE = re.compile(r"^\t(\S+) \(.*\) => (.+)$")


def machine_name(number: int) -> str:
    """A processor, in words."""
    return MACHINES.get(number, f"processor {number} of ELF's list")


@dataclass(frozen=True)
class Machine:
    """The kind of file that the process of a server takes, and where its loader looks."""

    bits: int
    little: bool
    processor: int
    library_path: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    #: SONAME -> paths, as ldconfig lists them.
    cache: dict[str, list[str]] = field(default_factory=dict)
    default_folders: tuple[str, ...] = ()
    multiarch: str = ""

    def takes(self, elf: Elf) -> bool:
        """Whether a file is for this processor, word size and byte order."""
        h = elf.header
        return (h.bits, h.little, h.machine) == (self.bits, self.little, self.processor)

    def __str__(self) -> str:
        return kind(self.processor, self.bits, self.little)


def kind(processor: int, bits: int, little: bool) -> str:
    """``x86-64, 64 bit, little endian``."""
    return f"{machine_name(processor)}, {bits} bit, {'little' if little else 'big'} endian"


def this_machine() -> Machine:
    """This one, by the interpreter that runs: what it is, the libraries have to be, too."""
    try:
        python = Elf(os.path.realpath("/proc/self/exe"))
    except (OSError, ElfError) as error:
        raise DoctorError(f"the interpreter's own file can't be read: {error}") from None
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    h = python.header
    python.close()
    return Machine(
        h.bits, h.little, h.machine,
        _folders(os.environ.get("LD_LIBRARY_PATH", ""), ":;"),
        tuple(p for p in re.split(r"[:\s]", os.environ.get("LD_PRELOAD", "")) if p),
        _cache(), _default_folders(multiarch, h.bits), multiarch,
    )  # fmt: skip


def interpreter() -> str:
    """The program that a server runs in: its file, links resolved."""
    return os.path.realpath(sys.executable or "/proc/self/exe")


def _folders(text: str, separators: str) -> tuple[str, ...]:
    """A search path's folders; an empty one among them is the current folder."""
    return tuple(p or "." for p in re.split(f"[{separators}]", text)) if text else ()


def _default_folders(multiarch: str, bits: int) -> tuple[str, ...]:
    names = [f"/lib/{multiarch}", f"/usr/lib/{multiarch}"] if multiarch else []
    names += ["/lib64", "/usr/lib64"] if bits == 64 else []
    return tuple(name for name in (*names, "/lib", "/usr/lib") if os.path.isdir(name))


def _cache() -> dict[str, list[str]]:
    """What ldconfig has collected; {} where there is no ldconfig, as in images made from nothing."""
    program = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if program is None:
        return {}
    try:
        # LD_PRELOAD is meant for the server; here it would only get in the way.
        environ = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        text = subprocess.run([program, "-p"], capture_output=True, text=True, timeout=30,
                              check=False, errors="surrogateescape", env=environ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := _CACHE_LINE.match(line):
            found.setdefault(match[1], []).append(match[2])
    return found
