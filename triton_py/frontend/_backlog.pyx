# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counting what waits (see _backlog.pxd)."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, atomic_add


cdef extern from * nogil:
    """
    #include <stdint.h>
    static inline int64_t tp_backlog_add(int64_t* value, int64_t by) {
        return __atomic_add_fetch(value, by, __ATOMIC_ACQ_REL);
    }
    static inline int64_t tp_backlog_look(int64_t* value) {
        return __atomic_load_n(value, __ATOMIC_ACQUIRE);
    }
    static inline void tp_flag_set(int* value) { __atomic_store_n(value, 1, __ATOMIC_RELEASE); }
    """
    int64_t add_to "tp_backlog_add"(int64_t* value, int64_t by)
    int64_t look_at "tp_backlog_look"(int64_t* value)
    void set_flag "tp_flag_set"(int* value)


cdef Backlog* backlog_new(int64_t limit) noexcept nogil:
    cdef Backlog* backlog = <Backlog*> calloc(1, sizeof(Backlog))
    if backlog != NULL:
        backlog.refs = 1
        backlog.limit = limit
    return backlog


cdef Backlog* backlog_hold(Backlog* backlog) noexcept nogil:
    atomic_add(&backlog.refs, 1, ATOMIC_ACQ_REL)
    return backlog


cdef void backlog_drop(Backlog* backlog) noexcept nogil:
    if backlog != NULL and atomic_add(&backlog.refs, -1, ATOMIC_ACQ_REL) == 0:
        free(backlog)


cdef int64_t backlog_add(Backlog* backlog, int64_t bytes) noexcept nogil:
    return add_to(&backlog.bytes, bytes)


cdef bint backlog_overflows(Backlog* backlog, int64_t bytes) noexcept nogil:
    cdef int64_t waiting = add_to(&backlog.bytes, bytes)
    if waiting <= backlog.limit or waiting == bytes or bytes == 0:
        return False
    add_to(&backlog.bytes, -bytes)
    return True


cdef bint backlog_is_full(Backlog* backlog) noexcept nogil:
    return look_at(&backlog.bytes) >= backlog.limit


cdef void backlog_fault(Backlog* backlog, Fault* fault, int status) noexcept nogil:
    fault.status = 0
    fault_set(fault, status, "more than %lld bytes of responses wait for this client to read them; "
              "the request is cancelled", <long long> backlog.limit)


cdef void flag_set(int* flag) noexcept nogil:
    set_flag(flag)
