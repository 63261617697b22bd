# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The HTTP/1.1 request parser: bytes in, one request's framing out. It does no I/O.

All places are offsets from the first byte of the request, because the bytes may move between two
calls while a request is still arriving.
"""

from libc.stdint cimport uint32_t, uint64_t


cdef enum:
    MAX_HEADERS = 128


cdef enum ParserState:
    AT_REQUEST_LINE
    AT_HEADERS
    AT_BODY
    AT_CHUNK_SIZE
    AT_CHUNK_DATA
    AT_CHUNK_END
    AT_TRAILERS
    AT_END              # the request is complete
    AT_FAILURE          # `status` and `reason` say what to answer; nothing after it can be parsed


cdef enum Method:
    METHOD_GET
    METHOD_POST
    METHOD_HEAD
    METHOD_OTHER


cdef struct Span:
    uint32_t at
    uint32_t size


cdef struct Header:
    Span name
    Span value


cdef struct Limits:
    uint32_t max_head_bytes
    uint32_t max_headers
    uint32_t max_chunks
    uint64_t max_body_bytes


cdef struct Parser:
    Limits limits
    ParserState state
    size_t scanned      # bytes before this were looked at
    size_t line         # where the current line begins
    size_t spent        # bytes of the request besides those, taken out of the buffer already
    # The request line and the headers that matter to a server of inference.
    Method method
    bint minor          # HTTP/1.0 or HTTP/1.1
    bint keep_alive
    bint expect_continue
    bint chunked
    bint has_length
    bint has_host
    uint64_t content_length
    Span verb
    Span target
    Span content_encoding
    Span accept_encoding
    Span inference_length
    Span load_format        # of endpoint-load-metrics-format
    bint has_inference_length
    uint32_t header_count
    Header headers[MAX_HEADERS]
    # The body: `body_size` bytes from `body` on. Of a chunked body, what was decoded so far; the
    # bytes between its end and `scanned` are spent framing.
    size_t body
    uint64_t body_size
    uint64_t chunk_left
    uint32_t chunks
    uint32_t trailers
    # The failure.
    int status
    const char* reason


cdef void parser_reset(Parser* p) noexcept nogil
cdef ParserState parser_feed(Parser* p, char* base, size_t size) noexcept nogil
