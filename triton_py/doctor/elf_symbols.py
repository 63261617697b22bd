# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The symbols of an ELF file, and the versions of symbols that it needs and defines."""

from __future__ import annotations

from typing import NamedTuple

from . import elf as e
from .elf import Elf, ElfError

LOCAL, GLOBAL, WEAK, UNIQUE = 0, 1, 2, 10
DEFAULT, INTERNAL, HIDDEN, PROTECTED = range(4)
FILE_TYPE, SECTION_TYPE = 4, 3
_HIDDEN_VERSION = 0x8000
_WEAK_VERSION = 2
#: More entries than this in a list of versions: it bites its own tail.
_MOST_VERSIONS = 1 << 15


class Symbol(NamedTuple):
    """One symbol. Of an undefined one, ``version`` is what it needs and ``file`` from whom."""

    name: str
    defined: bool
    bind: int
    type: int
    visibility: int
    version: str = ""
    file: str = ""
    #: Defined, but only for those who ask for this very version.
    old: bool = False

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
    index: int


def _symbol_layout(elf: Elf) -> tuple[str, int]:
    return ("IIIBBH", 16) if elf.header.bits == 32 else ("IBBHQQ", 24)


def _fields(elf: Elf, row: tuple) -> tuple[int, int, int, int]:  # type: ignore[type-arg]
    """(name's offset, info, other, section) of a symbol's record."""
    if elf.header.bits == 32:
        return row[0], row[3], row[4], row[5]
    return row[0], row[1], row[2], row[3]


def _dynamic_count(elf: Elf) -> int:
    """How many dynamic symbols there are: the dynamic section does not say."""
    address = elf.tag(e.DT_SYMTAB)
    size = _symbol_layout(elf)[1]
    try:
        for section in elf.sections:
            if section.type == e.SHT_DYNSYM and section.address == address:
                return section.size // size
    except ElfError:
        pass  # cut off or stripped; the loader does without
    if e.DT_HASH in elf.dynamic:
        at = elf.offset_of(elf.tag(e.DT_HASH), "the hash table")
        return elf.unpack("II", at, "the hash table")[1]
    if e.DT_GNU_HASH in elf.dynamic:
        return _gnu_hash_count(elf)
    raise ElfError("it has no hash table, by which its symbols would be found")


def _gnu_hash_count(elf: Elf) -> int:
    what = "the hash table"
    at = elf.offset_of(elf.tag(e.DT_GNU_HASH), what)
    buckets, first, bloom, _ = elf.unpack("IIII", at, what)
    at += 16 + bloom * (elf.header.bits // 8)
    last = max((row[0] for row in elf.rows("I", at, buckets, 4, what)), default=0)
    if last < first:
        # Nothing is exported, so the table tells nothing. Linkers put the names behind the symbols.
        gap = elf.tag(e.DT_STRTAB) - elf.tag(e.DT_SYMTAB)
        return max(gap, 0) // _symbol_layout(elf)[1]
    at += 4 * buckets
    while not elf.unpack("I", at + 4 * (last - first), what)[0] & 1:
        last += 1
    return last + 1


def dynamic_symbols(elf: Elf) -> list[Symbol]:
    """The symbols that the loader binds, with their versions. Raises ElfError."""
    if e.DT_SYMTAB not in elf.dynamic:
        return []
    layout, size = _symbol_layout(elf)
    at = elf.offset_of(elf.tag(e.DT_SYMTAB), "the table of symbols")
    rows = elf.rows(layout, at, _dynamic_count(elf), size, "the table of symbols")
    versions: list[tuple[int]] = []
    if e.DT_VERSYM in elf.dynamic:
        where = elf.offset_of(elf.tag(e.DT_VERSYM), "the versions of symbols")
        versions = elf.rows("H", where, len(rows), 2, "the versions of symbols")
    defined_names = dict(_definitions(elf))
    needed_names = {need.index: need for need in version_needs(elf)}
    found = []
    for number, row in enumerate(rows[1:], 1):
        name_at, info, other, section = _fields(elf, row)
        name = elf.dynamic_string(name_at, "a symbol's name")
        defined = section != 0
        raw = versions[number][0] if versions else 1
        index, old = raw & ~_HIDDEN_VERSION, bool(raw & _HIDDEN_VERSION)
        version = file = ""
        if index > 1 and defined:
            version = defined_names.get(index, "")
        elif index > 1 and index in needed_names:
            version, file = needed_names[index].version, needed_names[index].file
        found.append(Symbol(name, defined, info >> 4, info & 15, other & 3, version, file,
                            old and defined))
    return found


def full_symbols(elf: Elf) -> list[Symbol]:
    """The symbol table for debuggers, which has what is hidden, too; [] where it was stripped."""
    layout, size = _symbol_layout(elf)
    for section in elf.sections:
        if section.type != e.SHT_SYMTAB or section.link >= len(elf.sections):
            continue
        names = elf.sections[section.link].offset
        what = "the full table of symbols"
        found = []
        for row in elf.rows(layout, section.offset, section.size // size, size, what):
            name_at, info, other, where = _fields(elf, row)
            if info & 15 not in (FILE_TYPE, SECTION_TYPE) and name_at:
                name = elf.string_at(names + name_at, "a symbol's name")
                found.append(Symbol(name, where != 0, info >> 4, info & 15, other & 3))
        return found
    return []


def _definitions(elf: Elf) -> list[tuple[int, str]]:
    """(index, name) of each version that is defined; the first is the file itself."""
    if e.DT_VERDEF not in elf.dynamic:
        return []
    what = "the versions that it defines"
    at = elf.offset_of(elf.tag(e.DT_VERDEF), what)
    found = []
    for _ in range(min(elf.tag(e.DT_VERDEFNUM), _MOST_VERSIONS)):
        _, _, index, _, _, names, step = elf.unpack("HHHHIII", at, what)
        name = elf.unpack("I", at + names, what)[0]
        found.append((index, elf.dynamic_string(name, "a version's name")))
        at += step
        if not step:
            break
    return found


def version_definitions(elf: Elf) -> list[str]:
    """The names of the versions that it defines, oldest first as a rule."""
    return [name for index, name in _definitions(elf) if index > 1]


def version_needs(elf: Elf) -> list[VersionNeed]:
    """The versions that it needs of others. Raises ElfError."""
    if e.DT_VERNEED not in elf.dynamic:
        return []
    what = "the versions that it needs"
    at = elf.offset_of(elf.tag(e.DT_VERNEED), what)
    found: list[VersionNeed] = []
    for _ in range(min(elf.tag(e.DT_VERNEEDNUM), _MOST_VERSIONS)):
        _, count, file, first, step = elf.unpack("HHIII", at, what)
        file_name = elf.dynamic_string(file, "the name of a needed library")
        where = at + first
        for _ in range(count):
            _, flags, index, name, following = elf.unpack("IHHII", where, what)
            text = elf.dynamic_string(name, "a version's name")
            found.append(VersionNeed(file_name, text, bool(flags & _WEAK_VERSION),
                                     index & ~_HIDDEN_VERSION))
            where += following
            if not following:
                break
        at += step
        if not step or len(found) > _MOST_VERSIONS:
            break
    return found
