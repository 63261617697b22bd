# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory of large tensors: what is kept, for whom, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from triton_py.frontend._large import Large, Opened, kept, tick

MIB = 1 << 20


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Before and after: the last front end that closes lets everything go."""
    with Opened():
        pass
    assert kept() == (0, 0)
    yield


def test_without_a_front_end_nothing_is_kept() -> None:
    Large(8 * MIB).fill(1)
    assert kept() == (0, 0)


def test_what_is_given_back_is_used_again() -> None:
    with Opened():
        first = Large(8 * MIB)
        address = first.address
        del first
        assert kept()[0] == 1
        assert kept()[1] >= 8 * MIB
        again = Large(8 * MIB)
        assert again.address == address
        assert kept() == (0, 0)
        other = Large(8 * MIB)
        assert other.address != address


@pytest.mark.parametrize("size", [1, MIB - 1, MIB, MIB + 1, 4 * MIB - 64, 4 * MIB, 5 * MIB + 3])
def test_all_of_a_buffer_can_be_written(size: int) -> None:
    with Opened():
        for byte in (1, 2):
            made = Large(size)
            assert size < MIB or made.address % 64 == 0
            made.fill(byte)
            assert made.holds(byte, size)


def test_small_buffers_are_not_kept() -> None:
    with Opened():
        Large(MIB - 1)
        assert kept() == (0, 0)


def test_a_buffer_far_too_large_is_left_for_one_that_needs_it() -> None:
    with Opened():
        Large(64 * MIB)
        small = Large(2 * MIB)
        assert kept()[0] == 1
        fits = Large(40 * MIB)
        assert kept() == (0, 0)
        del small, fits


def test_the_smallest_that_fits_is_taken() -> None:
    with Opened():
        both = [Large(20 * MIB), Large(16 * MIB)]
        smaller = both[1].address
        del both
        assert Large(15 * MIB).address == smaller


def test_no_more_is_kept_than_the_limit() -> None:
    with Opened():
        made = [Large(60 * MIB) for _ in range(6)]
        del made
        count, size = kept()
        assert count == 4
        assert size <= 256 * MIB


def test_what_nobody_asks_for_is_let_go_after_some_seconds() -> None:
    with Opened():
        tick(100)
        Large(8 * MIB)
        # However often it is asked, by however many front ends.
        for tenths in range(51):
            tick(100 + tenths / 10)
            assert kept()[0] == 1
        tick(105.1)
        assert kept() == (0, 0)


def test_what_is_used_again_is_young_again() -> None:
    with Opened():
        tick(100)
        made = Large(8 * MIB)
        del made
        tick(104)
        made = Large(8 * MIB)
        assert kept() == (0, 0)
        del made
        tick(108)
        assert kept()[0] == 1
        tick(109.1)
        assert kept() == (0, 0)


def test_the_last_front_end_to_close_lets_everything_go() -> None:
    with Opened():
        with Opened():
            Large(8 * MIB)
        assert kept()[0] == 1
    assert kept() == (0, 0)


@pytest.mark.parametrize(("size", "larger"), [
    (100, 1000), (1000, 2 * MIB), (2 * MIB, 3 * MIB), (2 * MIB, 50 * MIB), (8 * MIB, 8 * MIB + 1)])
def test_growing_keeps_the_content(size: int, larger: int) -> None:
    made = Large(size)
    made.fill(7)
    made.grow(larger)
    assert made.holds(7, size)
    made.fill(9)
    assert made.holds(9, larger)


def test_no_memory_is_an_error() -> None:
    with pytest.raises(MemoryError):
        Large(1 << 61)
    with pytest.raises(MemoryError):
        Large(1 << 63)
    made = Large(MIB)
    made.fill(3)
    with pytest.raises(MemoryError):
        made.grow(1 << 61)
    assert made.holds(3, MIB)


def test_threads_never_get_the_same_buffer() -> None:
    right = []

    def work(byte: int) -> None:
        for turn in range(30):
            made = Large((1 + turn % 3) * MIB)
            made.fill(byte)
            if made.holds(byte, made.size):
                right.append(byte)

    with Opened():
        threads = [threading.Thread(target=work, args=(byte,)) for byte in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(right) == 90
