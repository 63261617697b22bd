# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ELF files: header, segments, sections and the dynamic section, of either word size and byte order.

The dynamic loader reads a file by its segments; so does this, and turns to the section headers only
for what segments don't have (the symbol table for debuggers). No offset in the file is trusted:
what lies outside of it is an ``ElfError`` with a sentence.
"""

from __future__ import annotations

import mmap
import os
import struct
from functools import cached_property
from typing import NamedTuple

ET_REL, ET_EXEC, ET_DYN, ET_CORE = 1, 2, 3, 4
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_TLS, PT_GNU_STACK = 1, 2, 3, 7, 0x6474E551
PF_X = 1
SHT_SYMTAB, SHT_DYNAMIC, SHT_NOBITS, SHT_DYNSYM = 2, 6, 8, 11

DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT = 1, 4, 5, 6, 10, 11
DT_SONAME, DT_RPATH, DT_DEBUG, DT_TEXTREL, DT_RUNPATH, DT_FLAGS = 14, 15, 21, 22, 29, 30
DT_GNU_HASH, DT_VERSYM, DT_FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFB
DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
DF_TEXTREL, DF_STATIC_TLS = 4, 16
DF_1_NODEFLIB, DF_1_PIE = 0x800, 0x08000000

_IDENT_SIZE = 16
_MAX_STRING = 1 << 16


class ElfError(Exception):
    """The file is no ELF file, breaks off, or contradicts itself; the message is a sentence."""


class Header(NamedTuple):
    """What the file says of itself at its beginning."""

    bits: int
    little: bool
    type: int
    machine: int
    flags: int
    segments_at: int
    segment_size: int
    segment_count: int
    sections_at: int
    section_size: int
    section_count: int
    section_names: int


class Segment(NamedTuple):
    """A part of the file that the loader maps, or that tells it something."""

    type: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int


class Section(NamedTuple):
    """A part of the file as the linker sees it."""

    name_at: int
    type: int
    address: int
    offset: int
    size: int
    link: int
    entry_size: int


class Elf:
    """An ELF file, mapped for reading; close it, or use it as a context manager."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises OSError, and ElfError where not even the header can be read."""
        self.path = os.fspath(path)
        with open(self.path, "rb") as file:
            self.size = os.fstat(file.fileno()).st_size
            # An empty file can't be mapped.
            self._data = (mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self.size
                          else b"")
        self.header = self._read_header()

    def close(self) -> None:
        if isinstance(self._data, mmap.mmap):
            self._data.close()
            self._data = b""

    # --- reading ---------------------------------------------------------------------------

    def bytes_at(self, offset: int, size: int, what: str) -> bytes:
        """A piece of the file; ``what`` names it if it isn't there."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ElfError(
                f"{what} would take bytes {offset} to {offset + size} of a file that has {self.size}"
            )
        return bytes(self._data[offset : offset + size])

    def unpack(self, layout: str, offset: int, what: str) -> tuple[int, ...]:
        """Numbers at an offset, in the file's byte order; ``layout`` is struct's, without order."""
        layout = ("<" if self.header.little else ">") + layout
        return struct.unpack(layout, self.bytes_at(offset, struct.calcsize(layout), what))

    def rows(self, layout: str, offset: int, count: int, step: int, what: str) -> list[tuple]:
        """``count`` records of ``layout`` that lie ``step`` bytes apart."""
        layout = ("<" if self.header.little else ">") + layout
        size = struct.calcsize(layout)
        if count and step < size:
            raise ElfError(f"{what} has records of {step} bytes where {size} are needed")
        data = self.bytes_at(offset, count * step, what)
        if step == size:
            return list(struct.iter_unpack(layout, data))
        return [struct.unpack_from(layout, data, i * step) for i in range(count)]

    def string_at(self, offset: int, what: str) -> str:
        """The zero-terminated text at an offset."""
        if 0 <= offset < self.size:
            end = self._data.find(b"\0", offset, min(self.size, offset + _MAX_STRING))
            if end >= 0:
                return self._data[offset:end].decode("utf-8", "surrogateescape")
        raise ElfError(f"{what} at byte {offset} is no text within the file")

    # --- header and tables -----------------------------------------------------------------

    def _read_header(self) -> Header:
        ident = bytes(self._data[:_IDENT_SIZE])
        if ident[:4] != b"\x7fELF":
            raise ElfError("it does not begin as an ELF file does")
        if len(ident) < _IDENT_SIZE:
            raise ElfError(f"the file has {self.size} bytes, fewer than the header of an ELF file")
        if ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise ElfError(
                f"its header has class {ident[4]} and byte order {ident[5]}; both are 1 or 2"
            )
        bits, order = (32, 64)[ident[4] - 1], "<>"[ident[5] - 1]
        layout = order + ("HHIIIIIHHHHHH" if bits == 32 else "HHIQQQIHHHHHH")
        if self.size < _IDENT_SIZE + struct.calcsize(layout):
            raise ElfError(f"the file has {self.size} bytes, fewer than the header of an ELF file")
        kind, machine, _, _, segments, sections, flags, _, *rest = struct.unpack_from(
            layout, self._data, _IDENT_SIZE)
        return Header(bits, order == "<", kind, machine, flags, segments, rest[0], rest[1],
                      sections, rest[2], rest[3], rest[4])

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        h = self.header
        rows = self.rows("IIIIIIII" if h.bits == 32 else "IIQQQQQQ", h.segments_at,
                         h.segment_count, h.segment_size, "the table of segments")
        if h.bits == 32:
            return tuple(Segment(t, flags, offset, address, size, memory)
                         for t, offset, address, _, size, memory, flags, _ in rows)
        return tuple(Segment(t, flags, offset, address, size, memory)
                     for t, flags, offset, address, _, size, memory, _ in rows)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The section headers; none where they were stripped."""
        h = self.header
        if not h.sections_at:
            return ()
        rows = self.rows("IIIIIIIIII" if h.bits == 32 else "IIQQQQIIQQ", h.sections_at,
                         h.section_count, h.section_size, "the table of sections")
        return tuple(Section(name, kind, address, offset, size, link, entry)
                     for name, kind, _, address, offset, size, link, _, _, entry in rows)

    def segment(self, kind: int) -> Segment | None:
        """The first segment of a type."""
        return next((s for s in self.segments if s.type == kind), None)

    def offset_of(self, address: int, what: str) -> int:
        """Where in the file the byte lies that is mapped at an address."""
        for s in self.segments:
            if s.type == PT_LOAD and s.address <= address < s.address + s.file_size:
                return address - s.address + s.offset
        raise ElfError(f"{what} is at address {address:#x}, which no part of the file is mapped to")

    # --- the dynamic section ---------------------------------------------------------------

    @cached_property
    def dynamic(self) -> dict[int, list[int]]:
        """Tag -> its values, in the file's order; empty where there is no dynamic section."""
        segment = self.segment(PT_DYNAMIC)
        if segment is None:
            return {}
        layout, size = ("II", 8) if self.header.bits == 32 else ("QQ", 16)
        found: dict[int, list[int]] = {}
        rows = self.rows(layout, segment.offset, segment.file_size // size, size,
                         "the dynamic section")
        for tag, value in rows:
            if tag == 0:
                break
            found.setdefault(tag, []).append(value)
        return found

    def tag(self, tag: int, default: int = 0) -> int:
        """A tag's first value."""
        return self.dynamic.get(tag, [default])[0]

    @cached_property
    def _strings(self) -> tuple[int, int]:
        at = self.offset_of(self.tag(DT_STRTAB), "the dynamic string table")
        size = self.tag(DT_STRSZ)
        if at + size > self.size:
            raise ElfError(f"the dynamic string table would end at byte {at + size} of a file that "
                           f"has {self.size}")
        return at, size

    def dynamic_string(self, offset: int, what: str) -> str:
        """A text of the dynamic string table."""
        at, size = self._strings
        if offset >= size:
            raise ElfError(f"{what} lies outside of the dynamic string table")
        return self.string_at(at + offset, what)

    def _texts(self, tag: int, what: str) -> list[str]:
        return [self.dynamic_string(value, what) for value in self.dynamic.get(tag, [])]

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """DT_NEEDED: the libraries that are loaded with this one."""
        return tuple(self._texts(DT_NEEDED, "the name of a needed library"))

    @cached_property
    def soname(self) -> str:
        """DT_SONAME, or ""."""
        return (self._texts(DT_SONAME, "its SONAME") or [""])[0]

    @cached_property
    def rpath(self) -> tuple[str, ...]:
        """DT_RPATH's folders as written; what the loader ignores, because of a RUNPATH, is none."""
        texts = [] if self.runpath else self._texts(DT_RPATH, "its RPATH")
        return tuple(p for text in texts for p in text.split(":") if p)

    @cached_property
    def runpath(self) -> tuple[str, ...]:
        texts = self._texts(DT_RUNPATH, "its RUNPATH")
        return tuple(p for text in texts for p in text.split(":") if p)

    @property
    def flags(self) -> int:
        """DT_FLAGS."""
        return self.tag(DT_FLAGS)

    @property
    def flags_1(self) -> int:
        """DT_FLAGS_1."""
        return self.tag(DT_FLAGS_1)
