# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Heads of requests as Python's objects (see _head.pxd)."""

from libc.stdint cimport uint32_t

from triton_py.http._exchange cimport LOAD_JSON, LOAD_NONE, LOAD_TEXT, LoadFormat
from triton_py.http._parser cimport Parser, Span

from time import perf_counter_ns


cdef str head_text(const char* base, Span span):
    return base[span.at:span.at + span.size].decode("latin-1")


cdef bint head_admitted(const Parser* p, const char* base, object restriction) except -1:
    cdef uint32_t i
    name = restriction.header.lower()
    given = []
    for i in range(p.header_count):
        if head_text(base, p.headers[i].name).lower() == name:
            given.append(head_text(base, p.headers[i].value).encode("latin-1"))
    return restriction.admits(given)


cdef LoadFormat head_load_format(const Parser* p, const char* base, object load) except *:
    name = head_text(base, p.load_format)
    if name == "text":
        return LOAD_TEXT
    if name == "json":
        return LOAD_JSON
    load.unknown_format(name)
    return LOAD_NONE


cdef tuple head_record(const Parser* p, const char* base, const char* model, size_t received):
    verb = target = None
    if p.verb.size:
        verb = head_text(base, p.verb)
        target = head_text(base, p.target)
    return (perf_counter_ns(), verb, target,
            None if model == NULL else model.decode("utf-8", "replace"), received)
