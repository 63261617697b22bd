# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A finished exchange as bytes for the socket: status line, header, and a body without a copy.

Small bodies are joined with their header into one piece, because one small copy is cheaper than a
second buffer; large outputs are sent from the memory that the backend wrote.
"""

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memcmp, memcpy

from triton_py.http._exchange cimport (
    CODING_DEFLATE,
    CODING_GZIP,
    CODING_IDENTITY,
    Coding,
    Exchange,
    exchange_drop,
    exchange_hold,
)


cdef enum:
    JOIN_BELOW = 32768      # bodies up to this size are copied behind their header


cdef const char* status_reason(int status) noexcept nogil:
    if status == 200:
        return b"OK"
    if status == 400:
        return b"Bad Request"
    if status == 403:
        return b"Forbidden"
    if status == 404:
        return b"Not Found"
    if status == 405:
        return b"Method Not Allowed"
    if status == 408:
        return b"Request Timeout"
    if status == 411:
        return b"Length Required"
    if status == 413:
        return b"Content Too Large"
    if status == 414:
        return b"URI Too Long"
    if status == 415:
        return b"Unsupported Media Type"
    if status == 417:
        return b"Expectation Failed"
    if status == 431:
        return b"Request Header Fields Too Large"
    if status == 500:
        return b"Internal Server Error"
    if status == 501:
        return b"Not Implemented"
    if status == 503:
        return b"Service Unavailable"
    if status == 505:
        return b"HTTP Version Not Supported"
    return b"Unknown"


cdef class PieceView:
    """An output's bytes; the response that owns them lives as long as this object."""

    cdef Exchange* ex
    cdef const char* at
    cdef Py_ssize_t size

    def __dealloc__(self):
        if self.ex != NULL:
            exchange_drop(self.ex)

    def __getbuffer__(self, Py_buffer* view, int flags):
        if flags & PyBUF_WRITABLE == PyBUF_WRITABLE:
            raise BufferError("an output of a response is read-only")
        PyBuffer_FillInfo(view, self, <void*> self.at, self.size, 1, flags)

    def __len__(self):
        return self.size


cdef PieceView _view(Exchange* ex, const char* at, Py_ssize_t size):
    cdef PieceView view = PieceView.__new__(PieceView)
    exchange_hold(ex)
    view.ex = ex
    view.at = at
    view.size = size
    return view


cdef int answer_head(Exchange* ex, uint64_t body_size, bint close, char* to) noexcept nogil:
    cdef const char* connection = b""
    cdef int size
    if close:
        connection = b"Connection: close\r\n"
    elif not ex.minor:
        connection = b"Connection: keep-alive\r\n"
    size = snprintf(to, HEAD_ROOM, b"HTTP/1.1 %d %s\r\nContent-Length: %llu\r\n%s", ex.status,
                    status_reason(ex.status), <unsigned long long> body_size, connection)
    if ex.lines != NULL:
        size += snprintf(to + size, HEAD_ROOM - size, b"%s", ex.lines)
    if ex.extra == NULL:
        if ex.binary:
            size += snprintf(to + size, HEAD_ROOM - size,
                             b"Content-Type: application/octet-stream\r\n"
                             b"Inference-Header-Content-Length: %zu\r\n\r\n", ex.text.size)
        else:
            size += snprintf(to + size, HEAD_ROOM - size,
                             b"Content-Type: application/json\r\n\r\n")
    return size


cdef char* _copy_body(Exchange* ex, char* to) noexcept nogil:
    cdef uint32_t i
    if ex.text.size:
        memcpy(to, ex.text.data, ex.text.size)
    to += ex.text.size
    for i in range(ex.piece_count):
        memcpy(to, ex.pieces[i].at, ex.pieces[i].size)
        to += ex.pieces[i].size
    return to


cdef bint is_joined(uint64_t body_size) noexcept nogil:
    return body_size <= JOIN_BELOW


cdef int append_answer(list parts, Exchange* ex, bint close) except -1:
    cdef char head[HEAD_ROOM]
    cdef int head_size
    cdef uint32_t i
    cdef bytes whole
    cdef char* to
    if ex.payload != NULL or ex.extra != NULL:
        payload = <object> ex.payload if ex.payload != NULL else b""
        head_size = answer_head(ex, <uint64_t> len(payload), close, head)
        whole = PyBytes_FromStringAndSize(head, head_size)
        parts.append(whole + (<object> ex.extra if ex.extra != NULL else b"") + (
            b"\r\n" if ex.extra != NULL else b""))
        if not ex.head_only and len(payload):
            parts.append(payload)
        return 0
    head_size = answer_head(ex, ex.body_size, close, head)
    if ex.head_only:
        parts.append(PyBytes_FromStringAndSize(head, head_size))
        return 0
    if is_joined(ex.body_size):
        whole = PyBytes_FromStringAndSize(NULL, head_size + <Py_ssize_t> ex.body_size)
        to = PyBytes_AS_STRING(whole)
        memcpy(to, head, head_size)
        _copy_body(ex, to + head_size)
        parts.append(whole)
        return 0
    if ex.text.size <= JOIN_BELOW:
        whole = PyBytes_FromStringAndSize(NULL, head_size + <Py_ssize_t> ex.text.size)
        to = PyBytes_AS_STRING(whole)
        memcpy(to, head, head_size)
        memcpy(to + head_size, ex.text.data, ex.text.size)
        parts.append(whole)
    else:
        parts.append(PyBytes_FromStringAndSize(head, head_size))
        parts.append(_view(ex, ex.text.data, <Py_ssize_t> ex.text.size))
    for i in range(ex.piece_count):
        parts.append(_view(ex, ex.pieces[i].at, <Py_ssize_t> ex.pieces[i].size))
    return 0


cdef bytes joined_body(Exchange* ex):
    cdef bytes whole = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> ex.body_size)
    _copy_body(ex, PyBytes_AS_STRING(whole))
    return whole


# --- Accept-Encoding -------------------------------------------------------------------------


cdef int _weight(const char* at, size_t size) noexcept nogil:
    """Thousandths out of "0.5" and the like; -1 for what is no weight."""
    cdef int value, unit
    cdef size_t i
    if size == 0 or not c'0' <= at[0] <= c'1':
        return -1
    value = (at[0] - c'0') * 1000
    if size == 1:
        return value
    if at[1] != c'.' or size > 5:
        return -1
    unit = 100
    for i in range(2, size):
        if not c'0' <= at[i] <= c'9':
            return -1
        value += (at[i] - c'0') * unit
        unit //= 10
    return min(value, 1000)


cdef Coding accepted_coding(const char* value, size_t size) noexcept nogil:
    """The coding of the greatest weight among those we have; of equals, the first."""
    cdef Coding best = CODING_IDENTITY
    cdef Coding coding
    cdef int best_weight = 0
    cdef int weight
    cdef size_t i = 0
    cdef size_t start, end, semicolon, q
    while i < size:
        start = i
        while i < size and value[i] != c',':
            i += 1
        end = i
        i += 1
        while start < end and (value[start] == c' ' or value[start] == c'\t'):
            start += 1
        while end > start and (value[end - 1] == c' ' or value[end - 1] == c'\t'):
            end -= 1
        semicolon = start
        while semicolon < end and value[semicolon] != c';':
            semicolon += 1
        weight = 1000
        if semicolon < end:
            q = semicolon + 1
            while q < end and value[q] == c' ':
                q += 1
            if end - q < 2 or (value[q] | 0x20) != c'q' or value[q + 1] != c'=':
                continue
            weight = _weight(value + q + 2, end - q - 2)
        while semicolon > start and value[semicolon - 1] == c' ':
            semicolon -= 1
        if semicolon - start == 4 and memcmp(value + start, b"gzip", 4) == 0:
            coding = CODING_GZIP
        elif semicolon - start == 7 and memcmp(value + start, b"deflate", 7) == 0:
            coding = CODING_DEFLATE
        elif semicolon - start == 8 and memcmp(value + start, b"identity", 8) == 0:
            coding = CODING_IDENTITY
        else:
            continue
        if weight > best_weight:
            best = coding
            best_weight = weight
    return best


def coding_of(bytes accept_encoding) -> str:
    """Which of identity, gzip and deflate an Accept-Encoding header gets; for tests."""
    cdef Coding coding = accepted_coding(PyBytes_AS_STRING(accept_encoding),
                                         <size_t> PyBytes_GET_SIZE(accept_encoding))
    return {CODING_GZIP: "gzip", CODING_DEFLATE: "deflate"}.get(coding, "identity")
