# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The blocks of memory that a backend and a worker share, and the messages, against plain models."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

SOURCES = Path(__file__).parents[2] / "cbackend" / "backends" / "python"
SIZE = 1 << 16
KEEP = 1 << 14
NO_BLOCK = 2**64 - 1


class Message(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("id", ctypes.c_uint64),
                ("block", ctypes.c_uint64), ("size", ctypes.c_uint64),
                ("values", ctypes.c_uint64 * 4)]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("channel") / "libchannel.so"
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1", "-shared",
                    "-fPIC", "-pthread", str(SOURCES / "arena.c"), str(SOURCES / "channel.c"), str(SOURCES / "pair.c"), "-o",
                    str(path)], check=True)
    loaded = ctypes.CDLL(str(path), use_errno=True)
    u64, pointer = ctypes.c_uint64, ctypes.c_void_p
    for name, result, arguments in (
        ("py_arena_new", pointer, [pointer, u64, u64]),
        ("py_arena_delete", None, [pointer]),
        ("py_arena_take", ctypes.c_bool, [pointer, u64, ctypes.POINTER(u64)]),
        ("py_arena_give", ctypes.c_bool, [pointer, u64]),
        ("py_arena_at", pointer, [pointer, u64, u64]),
        ("py_arena_taken_bytes", u64, [pointer]),
        ("py_arena_taken_blocks", ctypes.c_size_t, [pointer]),
        ("py_channel_new", pointer, [u64, u64]),
        ("py_channel_open", pointer, [ctypes.c_int, u64]),
        ("py_channel_delete", None, [pointer]),
        ("py_channel_fd", ctypes.c_int, [pointer]),
        ("py_channel_take", pointer, [pointer, u64, ctypes.POINTER(u64)]),
        ("py_channel_untake", None, [pointer, u64]),
        ("py_channel_shortage", None, [pointer, ctypes.POINTER(u64), ctypes.POINTER(u64)]),
        ("py_channel_send", ctypes.c_bool, [pointer, ctypes.POINTER(Message)]),
        ("py_channel_receive", ctypes.c_int, [pointer, ctypes.POINTER(Message), u64]),
        ("py_channel_at", pointer, [pointer, u64, u64]),
        ("py_channel_give", None, [pointer, u64]),
        ("py_channel_close", None, [pointer]),
    ):
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    Arena.c = Sides.c = loaded
    return loaded


class Arena(RuleBasedStateMachine):
    """Blocks are apart, in order, and all of the memory is there again when they are given back."""

    c: Any

    def __init__(self) -> None:
        super().__init__()
        self.fd = os.memfd_create("arena")
        os.ftruncate(self.fd, SIZE)
        import mmap

        self.memory = mmap.mmap(self.fd, SIZE)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.arena = self.c.py_arena_new(base, SIZE, KEEP)
        #: offset -> (asked for, taken, what was written)
        self.blocks: dict[int, tuple[int, int, int]] = {}
        self.written = 0

    @rule(size=st.one_of(st.integers(0, 300), st.integers(0, SIZE), st.just(2**64 - 1)))
    def take(self, size: int) -> None:
        offset = ctypes.c_uint64(7)
        taken = max(64, (size + 63) // 64 * 64)
        edges = [0, *sorted(x for at, (_, length, _) in self.blocks.items() for x in (at, at + length)), SIZE]
        gaps = [(low, high - low) for low, high in zip(edges[::2], edges[1::2], strict=True)]
        fits = next((low for low, room in gaps if room >= taken), None) if size <= SIZE - 64 else None
        assert self.c.py_arena_take(self.arena, size, ctypes.byref(offset)) == (fits is not None)
        if fits is None:
            return
        assert offset.value == fits, "not the lowest place"
        self.written = self.written % 255 + 1
        ctypes.memset(self.c.py_arena_at(self.arena, fits, size), self.written, size)
        self.blocks[fits] = (size, taken, self.written)

    @precondition(lambda self: self.blocks)
    @rule(data=st.data())
    def give(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.blocks)))
        assert self.c.py_arena_give(self.arena, offset)
        del self.blocks[offset]

    @rule(offset=st.integers(0, 2**64 - 1) | st.integers(0, SIZE))
    def give_nonsense(self, offset: int) -> None:
        if offset not in self.blocks:
            assert not self.c.py_arena_give(self.arena, offset)

    @rule(offset=st.integers(0, 2**64 - 1) | st.integers(0, SIZE), size=st.integers(0, 2**64 - 1))
    def look(self, offset: int, size: int) -> None:
        assert (self.c.py_arena_at(self.arena, offset, size) is None) == (offset + size > SIZE)

    @invariant()
    def all_is_there(self) -> None:
        assert self.c.py_arena_taken_blocks(self.arena) == len(self.blocks)
        assert self.c.py_arena_taken_bytes(self.arena) == sum(taken for _, taken, _ in self.blocks.values())
        for offset, (size, _, byte) in self.blocks.items():
            assert self.memory[offset : offset + size] == bytes([byte]) * size

    def teardown(self) -> None:
        self.c.py_arena_delete(self.arena)
        os.close(self.fd)


class Sides(RuleBasedStateMachine):
    """Both sides of a channel in one process: messages come in order, blocks go back to their owner."""

    c: Any

    def __init__(self) -> None:
        super().__init__()
        self.backend = self.c.py_channel_new(SIZE, KEEP)
        self.sides = [self.backend, self.c.py_channel_open(os.dup(self.c.py_channel_fd(self.backend)), KEEP)]
        assert all(self.sides)
        self.sent: list[list[tuple[int, int, bytes]]] = [[], []]
        self.held: list[list[tuple[int, bytes]]] = [[], []]
        #: of each side's arena, given back by the other side or not
        self.taken = [0, 0]
        self.number = 0

    @rule(side=st.integers(0, 1), size=st.integers(1, 4000))
    def send(self, side: int, size: int) -> None:
        block = ctypes.c_uint64()
        self.number += 1
        content = (self.number.to_bytes(8, "little") * (size // 8 + 1))[:size]
        place = self.c.py_channel_take(self.sides[side], size, ctypes.byref(block))
        room = SIZE - self.taken[side]
        if place is None:
            assert room < SIZE, "an empty arena has no room"
            return
        ctypes.memmove(place, content, size)
        message = Message(kind=3, id=self.number, block=block.value, size=size)
        assert self.c.py_channel_send(self.sides[side], ctypes.byref(message))
        self.sent[side].append((self.number, block.value, content))
        self.taken[side] += (size + 63) // 64 * 64

    @precondition(lambda self: any(self.sent))
    @rule(data=st.data())
    def receive(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from([s for s in (0, 1) if self.sent[s]]))
        other = self.sides[1 - side]
        message = Message()
        assert self.c.py_channel_receive(other, ctypes.byref(message), 0) == 0
        number, block, content = self.sent[side].pop(0)
        assert (message.id, message.block, message.size) == (number, block, len(content))
        place = self.c.py_channel_at(other, block, len(content))
        assert ctypes.string_at(place, len(content)) == content
        self.held[side].append((block, content))

    @rule(side=st.integers(0, 1))
    def receive_nothing(self, side: int) -> None:
        if not self.sent[side]:
            assert self.c.py_channel_receive(self.sides[1 - side], ctypes.byref(Message()), 0) == 1

    @precondition(lambda self: any(self.held))
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from([s for s in (0, 1) if self.held[s]]))
        block, content = self.held[side].pop(data.draw(st.integers(0, len(self.held[side]) - 1)))
        self.c.py_channel_give(self.sides[1 - side], block)
        self.taken[side] -= (len(content) + 63) // 64 * 64

    @invariant()
    def what_is_taken_is_counted(self) -> None:
        for side in (0, 1):
            size, taken = ctypes.c_uint64(), ctypes.c_uint64()
            self.c.py_channel_shortage(self.sides[side], ctypes.byref(size), ctypes.byref(taken))
            assert (size.value, taken.value) == (SIZE, self.taken[side])

    def teardown(self) -> None:
        self.c.py_channel_close(self.backend)
        for side in self.sides:
            self.c.py_channel_delete(side)


TestArena = Arena.TestCase
TestArena.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestSides = Sides.TestCase
TestSides.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


def test_a_file_of_something_else_is_refused(library: Any, tmp_path: Path) -> None:
    for content in (b"", b"x" * 8192):
        path = tmp_path / "file"
        path.write_bytes(content)
        fd = os.open(path, os.O_RDWR)
        assert library.py_channel_open(fd, 0) is None
        assert ctypes.get_errno() != 0
        os.close(fd)
