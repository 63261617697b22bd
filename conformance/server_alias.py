# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a library's file says of itself: what it needs, what it has for others. And libraries that were
linked to a server under another name than libtritonserver.so.

Packages that carry a server rename its library, and with it the DT_NEEDED entry of their backends. Left
alone, the loader would load that other server beside ours.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from .log import LIBRARIES

ALIAS = LIBRARIES / "alias.so"
#: The name that the build gave it (setup.py).
PLACEHOLDER = b"triton-py-alias-" + b"x" * 184
_SERVER = "tritonserver"
_OURS = "libtritonserver.so"


def needed(library: Path) -> list[str]:
    """The names of the libraries that one needs; none where it is no shared object."""
    try:
        with library.open("rb") as file:
            return [
                # An attribute that is made when the entry is read.
                str(getattr(tag, "needed"))  # noqa: B009
                for section in ELFFile(file).iter_sections(type="SHT_DYNAMIC")
                if isinstance(section, DynamicSection)
                for tag in section.iter_tags("DT_NEEDED")
            ]
    except (ELFError, OSError, UnicodeDecodeError):
        return []  # what is wrong with it the loader says better


def exported(library: Path) -> set[str] | None:
    """The names of the functions that a library has for others; None where it can't be told."""
    try:
        with library.open("rb") as file:
            tables = [
                section
                for section in ELFFile(file).iter_sections(type="SHT_DYNSYM")
                if isinstance(section, SymbolTableSection)
            ]
            found = {
                symbol.name
                for table in tables
                for symbol in table.iter_symbols()
                if symbol["st_shndx"] != "SHN_UNDEF"
            }
            return found if tables else None
    except (ELFError, OSError, UnicodeDecodeError):
        return None


def leaves_its_folder(library: Path) -> bool:
    """Whether it looks for other libraries above the folder that it lies in."""
    try:
        with library.open("rb") as file:
            return any(
                "$ORIGIN/.." in str(getattr(tag, tag.entry.d_tag.removeprefix("DT_").lower(), ""))
                for section in ELFFile(file).iter_sections(type="SHT_DYNAMIC")
                if isinstance(section, DynamicSection)
                for tag in section.iter_tags()
                if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH")
            )
    except (ELFError, OSError, UnicodeDecodeError):
        return False


def server_names(library: Path) -> list[str]:
    """Those of them that are a server's, under a name that is not ours."""
    return [n for n in needed(library) if _SERVER in n and n != _OURS]


def load(name: str) -> None:
    """From now on a library that needs ``name`` has it, in this process. Raises OSError."""
    encoded = os.fsencode(name)
    if len(encoded) > len(PLACEHOLDER):
        raise OSError(f"the name '{name}' is too long")
    image = ALIAS.read_bytes()
    if image.count(PLACEHOLDER) != 1:
        raise OSError(f"{ALIAS} does not have the name that is to be replaced")
    file = os.memfd_create("triton-py-alias")
    try:
        os.write(file, image.replace(PLACEHOLDER, encoded.ljust(len(PLACEHOLDER), b"\0")))
        # Never unloaded: ctypes does not.
        ctypes.CDLL(f"/proc/self/fd/{file}", mode=os.RTLD_NOW | os.RTLD_GLOBAL)
    finally:
        os.close(file)
