# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory for inputs that ends at a page nobody may touch, at whatever address a case asks for."""

from __future__ import annotations

import ctypes
import mmap

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_PAGE = mmap.PAGESIZE
_NO_ACCESS = 0
#: What malloc promises; a shift counts from there.
_ALIGNMENT = 16


class GuardedBuffer:
    """A copy of some bytes, right before a page without access.

    To read or write beyond it is a segmentation fault, but for the few bytes that alignment leaves:
    with ``shift`` the address is off by so many bytes, and the gap as many smaller.
    """

    def __init__(self, data: bytes, shift: int = 0) -> None:
        room = -(-(len(data) + 2 * _ALIGNMENT) // _PAGE) * _PAGE
        self._mapping = mmap.mmap(-1, room + _PAGE)
        self._data = data
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._mapping))
        end = base + room
        if _libc.mprotect(end, _PAGE, _NO_ACCESS) != 0:
            raise OSError(ctypes.get_errno(), "mprotect failed for an input's guard page")
        start = (end - len(data)) // _ALIGNMENT * _ALIGNMENT + shift % _ALIGNMENT
        if start + len(data) > end:
            start -= _ALIGNMENT
        self.begin, self.end = base, end + _PAGE
        self.address = start
        self.size = len(data)
        ctypes.memmove(start, data, len(data))

    def first_change(self) -> int | None:
        """The offset of the first byte that is not what it was; None: it is unchanged."""
        now = ctypes.string_at(self.address, self.size)
        if now == self._data:
            return None
        return next(i for i, (a, b) in enumerate(zip(now, self._data, strict=True)) if a != b)
