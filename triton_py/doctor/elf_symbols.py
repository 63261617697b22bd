# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The symbols of an ELF file, and the versions of symbols that it needs and defines."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

from elftools.common.utils import struct_parse
from elftools.elf.hash import GNUHashTable

from .elf import Elf, ElfError, reading

GLOBAL, WEAK, UNIQUE = 1, 2, 10
DEFAULT, PROTECTED = 0, 3
SECTION_TYPE, FILE_TYPE = 3, 4
_HIDDEN_VERSION = 0x8000
_WEAK_VERSION = 2
#: More entries than this in a list of versions: it bites its own tail.
_MOST_VERSIONS = 1 << 14
_MOST_SECTIONS = 1 << 16


class Symbol(NamedTuple):
    """One symbol. Of an undefined one, ``version`` is what it needs and ``file`` from whom."""

    name: str
    defined: bool
    bind: int
    type: int
    visibility: int
    version: str = ""
    file: str = ""

    @property
    def exported(self) -> bool:
        """Whether others can bind to it."""
        return (self.defined and self.bind in (GLOBAL, WEAK, UNIQUE)
                and self.visibility in (DEFAULT, PROTECTED))


class VersionNeed(NamedTuple):
    """A version that must be defined by ``file``; weak: the loader only warns."""

    file: str
    version: str
    weak: bool
    number: int


class _Record(NamedTuple):
    name_at: int
    info: int
    other: int
    section: int  # its number; 0: undefined


def _records(elf: Elf, data: bytes) -> list[_Record]:
    """A table of symbols. Big libraries have 100,000s: record by record it would take minutes."""
    order = "<" if elf.little else ">"
    if elf.bits == 32:
        return [_Record(r[0], r[3], r[4], r[5])
                for r in struct.iter_unpack(order + "IIIBBH", data)]
    return [_Record(r[0], r[1], r[2], r[3]) for r in struct.iter_unpack(order + "IBBHQQ", data)]


def _record_size(elf: Elf) -> int:
    return 16 if elf.bits == 32 else 24


def sections(elf: Elf) -> list[Any]:
    """The section headers; none where they were stripped. Raises ElfError where they are damaged."""
    if not elf.has_sections:
        return []
    header = elf.header
    return elf.records(elf.structs.Elf_Shdr, header["e_shoff"], header["e_shnum"],
                       header["e_shentsize"], _MOST_SECTIONS, "its table of sections")


def _dynamic_count(elf: Elf) -> int:
    """How many dynamic symbols there are: the dynamic section does not say."""
    try:
        for section in sections(elf):
            if (section["sh_type"] == "SHT_DYNSYM"
                    and section["sh_addr"] == elf.tag("DT_SYMTAB")):
                return int(section["sh_size"]) // _record_size(elf)
    except ElfError:
        pass  # cut off or damaged; the loader does without
    if "DT_HASH" in elf.dynamic:
        at = elf.offset_of(elf.tag("DT_HASH"), "its hash table")
        words = elf.bytes_at(at, 8, "its hash table")
        return int(struct.unpack("<II" if elf.little else ">II", words)[1])
    if "DT_GNU_HASH" not in elf.dynamic:
        raise ElfError("it has no hash table, by which its symbols would be found")
    at = elf.offset_of(elf.tag("DT_GNU_HASH"), "its hash table")
    # Of a file, the table takes these alone; and of symbols none, to say how many there are.
    file: Any = SimpleNamespace(stream=elf.stream, structs=elf.structs, little_endian=elf.little)
    symbols: Any = None
    count = int(GNUHashTable(file, at, symbols).get_number_of_symbols())
    if count > 1:
        return count
    # Nothing is exported, so the table tells nothing. Linkers put the names behind the symbols.
    gap = elf.tag("DT_STRTAB") - elf.tag("DT_SYMTAB")
    return max(gap, 0) // _record_size(elf)


def dynamic_symbols(elf: Elf) -> list[Symbol]:
    """The symbols that the loader binds, with their versions. Raises ElfError."""
    if "DT_SYMTAB" not in elf.dynamic:
        return []
    with reading("its table of symbols"):
        return _dynamic_symbols(elf)


def _dynamic_symbols(elf: Elf) -> list[Symbol]:
    what = "its table of symbols"
    at = elf.offset_of(elf.tag("DT_SYMTAB"), what)
    records = _records(elf, elf.bytes_at(at, _dynamic_count(elf) * _record_size(elf), what))
    versions: tuple[int, ...] = ()
    if "DT_VERSYM" in elf.dynamic:
        where = elf.offset_of(elf.tag("DT_VERSYM"), "the versions of its symbols")
        data = elf.bytes_at(where, 2 * len(records), "the versions of its symbols")
        versions = struct.unpack(f"{'<' if elf.little else '>'}{len(records)}H", data)
    defined_names = dict(_definitions(elf))
    needed_names = {need.number: need for need in version_needs(elf)}
    found = []
    for number, record in enumerate(records[1:], 1):
        name = elf.string(record.name_at, "a symbol's name")
        index = (versions[number] if versions else 1) & ~_HIDDEN_VERSION
        version = file = ""
        if index > 1 and record.section != 0:
            version = defined_names.get(index, "")
        elif index > 1 and index in needed_names:
            version, file = needed_names[index].version, needed_names[index].file
        found.append(Symbol(name, record.section != 0, record.info >> 4, record.info & 15,
                            record.other & 3, version, file))
    return found


def full_symbols(elf: Elf) -> list[Symbol]:
    """The symbol table for debuggers, which has what is hidden, too; [] where it was stripped."""
    with reading("its full table of symbols"):
        table = sections(elf)
        for section in table:
            if section["sh_type"] != "SHT_SYMTAB" or section["sh_link"] >= len(table):
                continue
            what = "its full table of symbols"
            size = section["sh_size"] - section["sh_size"] % _record_size(elf)
            link = table[section["sh_link"]]
            names = elf.bytes_at(link["sh_offset"], link["sh_size"], what)
            found = []
            for r in _records(elf, elf.bytes_at(section["sh_offset"], size, what)):
                if r.info & 15 in (FILE_TYPE, SECTION_TYPE) or not 0 < r.name_at < len(names):
                    continue
                name = names[r.name_at : max(names.find(b"\0", r.name_at), r.name_at)]
                found.append(Symbol(name.decode("utf-8", "surrogateescape"), r.section != 0,
                                    r.info >> 4, r.info & 15, r.other & 3))
            return found
    return []


def _chain(elf: Elf, kind: Any, at: int, count: int, step: str) -> Iterator[tuple[int, Any]]:
    """(offset, entry) of a list whose entries say how far the next one is."""
    for _ in range(min(count, _MOST_VERSIONS)):
        entry = struct_parse(kind, elf.stream, stream_pos=at)
        yield at, entry
        if not entry[step]:
            return
        at += entry[step]


def _definitions(elf: Elf) -> list[tuple[int, str]]:
    """(index, name) of each version that is defined; the first is the file itself."""
    if "DT_VERDEF" not in elf.dynamic:
        return []
    what, structs = "the versions that it defines", elf.structs
    with reading(what):
        begin = elf.offset_of(elf.tag("DT_VERDEF"), what)
        found = []
        for at, entry in _chain(elf, structs.Elf_Verdef, begin, elf.tag("DT_VERDEFNUM"), "vd_next"):
            name = struct_parse(structs.Elf_Verdaux, elf.stream, stream_pos=at + entry["vd_aux"])
            found.append((entry["vd_ndx"], elf.string(name["vda_name"], "a version's name")))
        return found


def version_definitions(elf: Elf) -> list[str]:
    """The names of the versions that it defines, oldest first as a rule."""
    return [name for index, name in _definitions(elf) if index > 1]


def version_needs(elf: Elf) -> list[VersionNeed]:
    """The versions that it needs of others. Raises ElfError."""
    if "DT_VERNEED" not in elf.dynamic:
        return []
    what, structs = "the versions that it needs", elf.structs
    with reading(what):
        begin = elf.offset_of(elf.tag("DT_VERNEED"), what)
        found: list[VersionNeed] = []
        for at, entry in _chain(elf, structs.Elf_Verneed, begin, elf.tag("DT_VERNEEDNUM"), "vn_next"):
            file = elf.string(entry["vn_file"], "the name of a needed library")
            for _, aux in _chain(elf, structs.Elf_Vernaux, at + entry["vn_aux"], entry["vn_cnt"],
                                 "vna_next"):
                version = elf.string(aux["vna_name"], "a version's name")
                found.append(VersionNeed(file, version, bool(aux["vna_flags"] & _WEAK_VERSION),
                                         aux["vna_other"] & ~_HIDDEN_VERSION))
                if len(found) > _MOST_VERSIONS:
                    raise ElfError("the list of versions that it needs has no end")
        return found
