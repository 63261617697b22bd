# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether the library is for this machine."""

from __future__ import annotations

from .elf import Elf
from .finding import ERROR, Finding
from .machine import COMPILERS, Machine, kind


def find_machine(elf: Elf, machine: Machine) -> Finding | None:
    """Another processor, word size or byte order."""
    if machine.takes(elf):
        return None
    compiler = COMPILERS.get(machine.processor, "")
    fix = [(f"build it for this machine{f', with {compiler}-gcc' if compiler else ''}, or take the "
            "build or container image for it")]
    if elf.machine != machine.processor:
        fix.append("or serve on a machine of its kind (docker run --platform chooses an image's)")
    elif elf.bits != machine.bits:
        fix.append(f"or compile with -m{machine.bits}")
    return Finding("wrong-architecture", ERROR,
                   f"'{elf.path}' is for {kind(elf.machine, elf.bits, elf.little)}",
                   (f"this server's process is {machine}",), tuple(fix))
