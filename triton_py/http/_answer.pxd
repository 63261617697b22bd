# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport uint64_t

from triton_py.http._exchange cimport Coding, Exchange


cdef enum:
    HEAD_ROOM = 512

# The words behind a status code. Static.
cdef const char* status_reason(int status) noexcept nogil

# Writes everything before the body, and before the header lines that Python added, to `to`, which
# has HEAD_ROOM bytes; returns its length.
cdef int answer_head(Exchange* ex, uint64_t body_size, bint close, char* to) noexcept nogil
# The finished answer as what a transport's writelines takes: bytes, and views over large outputs.
cdef int append_answer(list parts, Exchange* ex, bint close) except -1
# Whether a body of so many bytes is copied behind its header.
cdef bint is_joined(uint64_t body_size) noexcept nogil
# The body alone, joined, for compression.
cdef bytes joined_body(Exchange* ex)
# What an Accept-Encoding header asks for.
cdef Coding accepted_coding(const char* value, size_t size) noexcept nogil
