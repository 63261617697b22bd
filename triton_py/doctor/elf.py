# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""An ELF file as the dynamic loader sees it: header, segments and the dynamic section.

pyelftools knows the layouts; which tables are read is decided here, because its own classes begin with
the section headers. The loader does without those, and a file whose end is cut off still has what
counts. Nothing in the file is trusted: whatever it makes pyelftools stumble over is an ``ElfError``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

from elftools.common.utils import struct_parse
from elftools.elf.structs import ELFStructs

_MOST_SEGMENTS = 1 << 12
_MOST_TAGS = 1 << 14
_MOST_TEXT = 1 << 16
_HEADER_SIZE = {1: 52, 2: 64}


class ElfError(Exception):
    """The file is no ELF file, breaks off, or contradicts itself; the message is a sentence."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns whatever a damaged file leads to into an ElfError that names the part."""
    try:
        yield
    except ElfError:
        raise
    except Exception as error:  # noqa: BLE001 a parser's error on damaged bytes can be any
        raise ElfError(f"{what} can't be read: {error or type(error).__name__}") from None


class Segment(NamedTuple):
    """A part of the file that the loader maps, or that tells it something."""

    type: str | int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int


class Elf:
    """An ELF file, open for reading until ``close``."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises OSError, and ElfError where not even the header can be read."""
        self.path = os.fspath(path)
        self.stream = open(self.path, "rb")  # noqa: SIM115 close() closes it
        try:
            self.size = os.fstat(self.stream.fileno()).st_size
            with reading("its header"):
                self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        ident = self.stream.read(16)
        if ident[:4] != b"\x7fELF":
            raise ElfError("it does not begin as an ELF file does")
        if len(ident) < 16 or self.size < _HEADER_SIZE.get(ident[4], 0):
            raise ElfError(f"the file has {self.size} bytes, fewer than the header of an ELF file")
        if ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise ElfError(
                f"its header has class {ident[4]} and byte order {ident[5]}; both are 1 or 2"
            )
        self.bits, self.little = (32, 64)[ident[4] - 1], ident[5] == 1
        #: pyelftools' layouts of this file's structures.
        self.structs: Any = ELFStructs(little_endian=self.little, elfclass=self.bits)
        self.structs.create_basic_structs()
        self.header: Any = struct_parse(self.structs.Elf_Ehdr, self.stream, stream_pos=0)
        header = self.header
        self.structs.create_advanced_structs(header["e_type"], header["e_machine"],
                                             header["e_ident"]["EI_OSABI"])
        self.type: str | int = header["e_type"]
        self.machine: str | int = header["e_machine"]
        self.segments_end: int = header["e_phoff"] + header["e_phnum"] * header["e_phentsize"]
        self.sections_end: int = header["e_shoff"] + header["e_shnum"] * header["e_shentsize"]
        self.has_sections = header["e_shoff"] != 0

    def close(self) -> None:
        self.stream.close()

    def bytes_at(self, offset: int, size: int, what: str) -> bytes:
        """A piece of the file; ``what`` names it if it isn't there."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ElfError(
                f"{what} would take bytes {offset} to {offset + size} of a file that has {self.size}"
            )
        self.stream.seek(offset)
        return self.stream.read(size)

    def records(self, layout: Any, offset: int, count: int, step: int, most: int,
                what: str) -> list[Any]:
        """``count`` records of a structure of pyelftools, ``step`` bytes apart."""
        with reading(what):
            if count > most:
                raise ElfError(f"{what} claims to have {count} entries")
            return [struct_parse(layout, self.stream, stream_pos=offset + i * step)
                    for i in range(count)]

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        header = self.header
        return tuple(
            Segment(s["p_type"], s["p_flags"], s["p_offset"], s["p_vaddr"], s["p_filesz"],
                    s["p_memsz"])
            for s in self.records(self.structs.Elf_Phdr, header["e_phoff"], header["e_phnum"],
                                  header["e_phentsize"], _MOST_SEGMENTS, "its table of segments"))

    def segment(self, kind: str) -> Segment | None:
        """The first segment of a type."""
        return next((s for s in self.segments if s.type == kind), None)

    def offset_of(self, address: int, what: str) -> int:
        """Where in the file the byte lies that is mapped at an address."""
        for s in self.segments:
            if s.type == "PT_LOAD" and s.address <= address < s.address + s.file_size:
                return address - s.address + s.offset
        raise ElfError(f"{what} is at address {address:#x}, which no part of the file is mapped to")

    @cached_property
    def dynamic(self) -> dict[str | int, list[int]]:
        """Tag -> its values, in the file's order; empty where there is no dynamic section."""
        what = "its dynamic section"
        segment = self.segment("PT_DYNAMIC")
        if segment is None:
            return {}
        if segment.offset + segment.file_size > self.size:
            raise ElfError(f"{what} would lie behind the end of the file")
        layout = self.structs.Elf_Dyn
        step = layout.sizeof()
        found: dict[str | int, list[int]] = {}
        for tag in self.records(layout, segment.offset, segment.file_size // step, step, _MOST_TAGS,
                                what):
            if tag["d_tag"] == "DT_NULL":
                break
            found.setdefault(tag["d_tag"], []).append(tag["d_val"])
        return found

    def tag(self, tag: str, default: int = 0) -> int:
        """A tag's first value."""
        return self.dynamic.get(tag, [default])[0]

    @cached_property
    def strings(self) -> bytes:
        """The dynamic string table."""
        at = self.offset_of(self.tag("DT_STRTAB"), "its table of names")
        return self.bytes_at(at, self.tag("DT_STRSZ"), "its table of names")

    def string(self, offset: int, what: str) -> str:
        """A text of the dynamic string table; bytes that are no UTF-8 become surrogates."""
        if not 0 <= offset < len(self.strings):
            raise ElfError(f"{what} lies outside of its table of names")
        end = self.strings.find(b"\0", offset, offset + _MOST_TEXT)
        if end < 0:
            raise ElfError(f"{what} has no end")
        return self.strings[offset:end].decode("utf-8", "surrogateescape")

    def _texts(self, tag: str, what: str) -> tuple[str, ...]:
        return tuple(self.string(value, what) for value in self.dynamic.get(tag, []))

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """DT_NEEDED: the libraries that are loaded with this one."""
        return self._texts("DT_NEEDED", "the name of a needed library")

    @cached_property
    def soname(self) -> str:
        """DT_SONAME, or ""."""
        return (self._texts("DT_SONAME", "its SONAME") or ("",))[0]

    @cached_property
    def runpath(self) -> tuple[str, ...]:
        """DT_RUNPATH's folders as written, empty ones included."""
        texts = self._texts("DT_RUNPATH", "its RUNPATH")
        return tuple(p for text in texts if text for p in text.split(":"))

    @cached_property
    def rpath(self) -> tuple[str, ...]:
        """DT_RPATH's folders as written; none where a RUNPATH makes the loader ignore it."""
        texts = () if self.dynamic.get("DT_RUNPATH") else self._texts("DT_RPATH", "its RPATH")
        return tuple(p for text in texts if text for p in text.split(":"))

    @property
    def flags(self) -> int:
        """DT_FLAGS."""
        return self.tag("DT_FLAGS")

    @property
    def flags_1(self) -> int:
        """DT_FLAGS_1."""
        return self.tag("DT_FLAGS_1")
