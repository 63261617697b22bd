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

#: ELF's names of those that a backend may have been built for by mistake.
MACHINES: dict[str | int, str] = {
    "EM_386": "x86 (32 bit)", "EM_MIPS": "MIPS", "EM_PPC": "PowerPC", "EM_PPC64": "PowerPC (64 bit)",
    "EM_S390": "S/390", "EM_ARM": "ARM (32 bit)", "EM_X86_64": "x86-64",
    "EM_AARCH64": "AArch64 (arm64)", "EM_CUDA": "CUDA", "EM_AMDGPU": "AMD GPU",
    "EM_RISCV": "RISC-V", "EM_BPF": "BPF", "EM_LOONGARCH": "LoongArch",
}  # fmt: skip
#: The processor -> the prefix of Debian's cross compilers.
COMPILERS: dict[str | int, str] = {
    "EM_X86_64": "x86_64-linux-gnu", "EM_AARCH64": "aarch64-linux-gnu",
    "EM_PPC64": "powerpc64le-linux-gnu", "EM_S390": "s390x-linux-gnu",
    "EM_RISCV": "riscv64-linux-gnu", "EM_386": "i686-linux-gnu", "EM_ARM": "arm-linux-gnueabihf",
}  # fmt: skip
_CACHE_LINE = re.compile(r"^\t(\S+) \(.*\) => (.+)$")


def machine_name(machine: str | int) -> str:
    """A processor, in words."""
    name = machine.removeprefix("EM_") if isinstance(machine, str) else machine
    return MACHINES.get(machine, f"processor {name} of ELF's list")


@dataclass(frozen=True)
class Machine:
    """The kind of file that the process of a server takes, and where its loader looks."""

    bits: int
    little: bool
    processor: str | int
    library_path: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    #: SONAME -> paths, as ldconfig lists them.
    cache: dict[str, list[str]] = field(default_factory=dict)
    default_folders: tuple[str, ...] = ()
    multiarch: str = ""

    def takes(self, elf: Elf) -> bool:
        """Whether a file is for this processor, word size and byte order."""
        return (elf.bits, elf.little, elf.machine) == (self.bits, self.little, self.processor)

    def __str__(self) -> str:
        return kind(self.processor, self.bits, self.little)


def kind(processor: str | int, bits: int, little: bool) -> str:
    """``x86-64, 64 bit, little endian``."""
    return f"{machine_name(processor)}, {bits} bit, {'little' if little else 'big'} endian"


def this_machine() -> Machine:
    """This one, by the interpreter that runs: what it is, the libraries have to be, too."""
    try:
        python = Elf(os.path.realpath("/proc/self/exe"))
    except (OSError, ElfError) as error:
        raise DoctorError(f"the interpreter's own file can't be read: {error}") from None
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    python.close()
    return Machine(
        python.bits, python.little, python.machine,
        _folders(os.environ.get("LD_LIBRARY_PATH", ""), ":;"),
        tuple(p for p in re.split(r"[:\s]", os.environ.get("LD_PRELOAD", "")) if p),
        _cache(), _default_folders(multiarch, python.bits), multiarch,
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
