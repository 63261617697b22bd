# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The limit on pinned memory (see pinned.pxd)."""

from cython.operator cimport dereference as deref
from libc.stdint cimport int64_t, uint64_t
from libcpp.unordered_map cimport unordered_map

from triton_py.core.native cimport (
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_t,
    pthread_mutex_unlock,
)

ctypedef unordered_map[void*, uint64_t] Sizes

cdef pthread_mutex_t _lock  # guards all of these
cdef int64_t _total
cdef int64_t _used
cdef Sizes _sizes
pthread_mutex_init(&_lock, NULL)


cdef void pinned_resize(int64_t change) noexcept nogil:
    global _total
    pthread_mutex_lock(&_lock)
    _total += change
    pthread_mutex_unlock(&_lock)


cdef int64_t pinned_total() noexcept nogil:
    cdef int64_t total
    pthread_mutex_lock(&_lock)
    total = _total
    pthread_mutex_unlock(&_lock)
    return total


cdef int64_t pinned_used() noexcept nogil:
    cdef int64_t used
    pthread_mutex_lock(&_lock)
    used = _used
    pthread_mutex_unlock(&_lock)
    return used


cdef bint pinned_take(uint64_t size) noexcept nogil:
    global _used
    cdef bint there
    pthread_mutex_lock(&_lock)
    # Less may be left than nothing: a server ended, and what its backends took is not yet back.
    there = _total > _used and size <= <uint64_t>(_total - _used)
    if there:
        _used += <int64_t>size
    pthread_mutex_unlock(&_lock)
    return there


cdef void pinned_give(uint64_t size) noexcept nogil:
    global _used
    pthread_mutex_lock(&_lock)
    _used -= <int64_t>size
    pthread_mutex_unlock(&_lock)


cdef void pinned_note(void* buffer, uint64_t size) noexcept nogil:
    pthread_mutex_lock(&_lock)
    _sizes[buffer] = size
    pthread_mutex_unlock(&_lock)


cdef uint64_t pinned_forget(void* buffer) noexcept nogil:
    cdef uint64_t size = 0
    cdef Sizes.iterator found
    pthread_mutex_lock(&_lock)
    found = _sizes.find(buffer)
    if found != _sizes.end():
        size = deref(found).second
        _sizes.erase(found)
    pthread_mutex_unlock(&_lock)
    return size
