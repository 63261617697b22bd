# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A strict HTTP/1.1 request parser.

Strict where leniency lets two parties see two different requests in the same bytes: a line ends
with CRLF and nothing else, a name is a token right before its colon, lines are not folded, a body
has exactly one framing, a length is digits. Every byte is looked at a constant number of times,
however the network cuts the request into pieces.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memmove, memset


cdef enum:
    IS_TOKEN = 1            # RFC 9110 tchar
    IS_FIELD = 2            # allowed in a field value
    IS_TARGET = 4           # allowed in a request target
    MAX_CHUNK_LINE = 256    # size, extensions and CRLF

cdef uint8_t[256] KIND


cdef void _fill_kinds() noexcept:
    cdef int c
    for c in range(256):
        KIND[c] = 0
        if c == 9 or (c >= 32 and c != 127):
            KIND[c] |= IS_FIELD
        if 33 <= c <= 126:
            KIND[c] |= IS_TARGET
    for c in b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
        KIND[c] |= IS_TOKEN


_fill_kinds()


cdef inline bint _all(const char* at, size_t size, uint8_t kind) noexcept nogil:
    cdef size_t i
    cdef uint8_t seen = kind
    for i in range(size):
        seen &= KIND[<uint8_t> at[i]]
    return seen == kind


cdef inline bint _same(const char* at, size_t size, const char* lower, size_t lower_size
                       ) noexcept nogil:
    """Case-insensitive; ``at`` holds token characters, ``lower`` is lower case."""
    cdef size_t i
    if size != lower_size:
        return False
    for i in range(size):
        if (at[i] | 0x20) != lower[i]:
            return False
    return True


cdef ParserState _fail(Parser* p, int status, const char* reason) noexcept nogil:
    p.state = AT_FAILURE
    p.status = status
    p.reason = reason
    return AT_FAILURE


cdef void parser_reset(Parser* p) noexcept nogil:
    """Readies the parser for the next request of the connection; the limits stay."""
    cdef Limits limits = p.limits
    # The table of headers is large and needs no clearing: header_count says what is in it.
    memset(p, 0, <size_t> (<char*> p.headers - <char*> p))
    p.limits = limits
    p.state = AT_REQUEST_LINE
    p.body = 0
    p.body_size = 0
    p.chunk_left = 0
    p.chunks = 0
    p.trailers = 0
    p.status = 0
    p.reason = NULL


# --- the request line ------------------------------------------------------------------------


cdef const char* _origin_form(const char* target, const char* end) noexcept nogil:
    """Where the path begins: a client of a proxy writes "http://host/path"."""
    cdef const char* slash
    cdef size_t size = end - target
    if size > 7 and _same(target, 4, b"http", 4):
        slash = target + (7 if memcmp(target + 4, b"://", 3) == 0 else
                          8 if size > 8 and _same(target + 4, 1, b"s", 1)
                          and memcmp(target + 5, b"://", 3) == 0 else size)
        if slash < end:
            slash = <const char*> memchr(slash, c'/', end - slash)
            if slash != NULL:
                return slash
    return target


cdef ParserState _request_line(Parser* p, const char* base, size_t start, size_t end
                               ) noexcept nogil:
    cdef const char* line = base + start
    cdef size_t size = end - start
    cdef const char* space = <const char*> memchr(line, c' ', size)
    cdef const char* target
    cdef const char* second
    cdef size_t left
    if space == NULL or space == line or not _all(line, space - line, IS_TOKEN):
        return _fail(p, 400, "malformed request line: no method")
    target = space + 1
    left = size - (target - line)
    second = <const char*> memchr(target, c' ', left)
    if second == NULL or second == target:
        return _fail(p, 400, "malformed request line: expected 'METHOD TARGET HTTP/1.1'")
    if not _all(target, second - target, IS_TARGET):
        return _fail(p, 400, "malformed request line: illegal character in the target")
    left = size - (second + 1 - line)
    if left != 8 or memcmp(second + 1, b"HTTP/", 5) != 0 or second[7] != c'.' \
            or not (c'0' <= second[6] <= c'9') or not (c'0' <= second[8] <= c'9'):
        return _fail(p, 400, "malformed request line: no HTTP version")
    if second[6] != c'1' or second[8] > c'1':
        return _fail(p, 505, "only HTTP/1.0 and HTTP/1.1 are supported")
    p.minor = second[8] == c'1'
    p.keep_alive = p.minor
    p.verb.at = <uint32_t> start
    p.verb.size = <uint32_t> (space - line)
    target = _origin_form(target, second)
    p.target.at = <uint32_t> (target - base)
    p.target.size = <uint32_t> (second - target)
    p.method = METHOD_OTHER
    if p.verb.size == 3 and memcmp(line, b"GET", 3) == 0:
        p.method = METHOD_GET
    elif p.verb.size == 4:
        if memcmp(line, b"POST", 4) == 0:
            p.method = METHOD_POST
        elif memcmp(line, b"HEAD", 4) == 0:
            p.method = METHOD_HEAD
    p.state = AT_HEADERS
    return AT_HEADERS


# --- header fields ---------------------------------------------------------------------------


cdef ParserState _content_length(Parser* p, const char* value, size_t size) noexcept nogil:
    cdef uint64_t length = 0
    cdef size_t i
    if p.has_length:
        return _fail(p, 400, "more than one Content-Length")
    if size == 0:
        return _fail(p, 400, "Content-Length is empty")
    for i in range(size):
        if not (c'0' <= value[i] <= c'9'):
            return _fail(p, 400, "Content-Length is not a non-negative integer")
        # Past any limit it only has to stay past it, without wrapping round.
        if length < (<uint64_t> 1 << 58):
            length = length * 10 + <uint64_t> (value[i] - c'0')
    p.has_length = True
    p.content_length = length
    return AT_HEADERS


cdef void _connection(Parser* p, const char* value, size_t size) noexcept nogil:
    cdef size_t i = 0
    cdef size_t start
    while i < size:
        while i < size and (value[i] == c' ' or value[i] == c'\t' or value[i] == c','):
            i += 1
        start = i
        while i < size and value[i] != c',' and value[i] != c' ' and value[i] != c'\t':
            i += 1
        if _same(value + start, i - start, b"close", 5):
            p.keep_alive = False
            return
        if _same(value + start, i - start, b"keep-alive", 10):
            p.keep_alive = True


cdef ParserState _header(Parser* p, const char* base, size_t start, size_t end) noexcept nogil:
    cdef const char* line = base + start
    cdef const char* colon
    cdef const char* value
    cdef size_t name_size, size
    cdef Span span
    if line[0] == c' ' or line[0] == c'\t':
        return _fail(p, 400, "folded header lines are not supported")
    colon = <const char*> memchr(line, c':', end - start)
    if colon == NULL or colon == line:
        return _fail(p, 400, "malformed header line: expected 'Name: value'")
    name_size = colon - line
    if not _all(line, name_size, IS_TOKEN):
        return _fail(p, 400, "malformed header line: illegal character in the name")
    value = colon + 1
    size = (base + end) - value
    while size and (value[0] == c' ' or value[0] == c'\t'):
        value += 1
        size -= 1
    while size and (value[size - 1] == c' ' or value[size - 1] == c'\t'):
        size -= 1
    if not _all(value, size, IS_FIELD):
        return _fail(p, 400, "malformed header line: illegal character in the value")
    if p.header_count >= p.limits.max_headers or p.header_count >= MAX_HEADERS:
        return _fail(p, 431, "too many header fields")
    span.at = <uint32_t> (value - base)
    span.size = <uint32_t> size
    p.headers[p.header_count].name.at = <uint32_t> start
    p.headers[p.header_count].name.size = <uint32_t> name_size
    p.headers[p.header_count].value = span
    p.header_count += 1

    if name_size == 4:
        if _same(line, name_size, b"host", 4):
            if p.has_host:
                return _fail(p, 400, "more than one Host")
            p.has_host = True
    elif name_size == 6:
        if _same(line, name_size, b"expect", 6):
            if not _same(value, size, b"100-continue", 12):
                return _fail(p, 417, "the only supported expectation is 100-continue")
            p.expect_continue = True
    elif name_size == 10:
        if _same(line, name_size, b"connection", 10):
            _connection(p, value, size)
    elif name_size == 14:
        if _same(line, name_size, b"content-length", 14):
            return _content_length(p, value, size)
    elif name_size == 15:
        if _same(line, name_size, b"accept-encoding", 15):
            p.accept_encoding = span
    elif name_size == 16:
        if _same(line, name_size, b"content-encoding", 16):
            if p.content_encoding.size:
                return _fail(p, 400, "more than one Content-Encoding")
            p.content_encoding = span
    elif name_size == 17:
        if _same(line, name_size, b"transfer-encoding", 17):
            if p.chunked:
                return _fail(p, 400, "more than one Transfer-Encoding")
            if not _same(value, size, b"chunked", 7):
                return _fail(p, 501, "the only supported Transfer-Encoding is chunked")
            p.chunked = True
    elif name_size == 28:
        if _same(line, name_size, b"endpoint-load-metrics-format", 28):
            p.load_format = span
    elif name_size == 31:
        if _same(line, name_size, b"inference-header-content-length", 31):
            if p.has_inference_length:
                return _fail(p, 400, "more than one Inference-Header-Content-Length")
            p.has_inference_length = True
            p.inference_length = span
    return AT_HEADERS


cdef ParserState _end_of_head(Parser* p) noexcept nogil:
    if p.minor and not p.has_host:
        return _fail(p, 400, "an HTTP/1.1 request needs a Host header")
    if p.chunked and p.has_length:
        return _fail(p, 400, "both Content-Length and Transfer-Encoding are given")
    if p.chunked and not p.minor:
        return _fail(p, 400, "HTTP/1.0 has no Transfer-Encoding")
    if p.has_length and p.content_length > p.limits.max_body_bytes:
        return _fail(p, 413, "the request body is larger than this server accepts")
    if not p.minor:
        p.expect_continue = False
    p.body = p.scanned
    p.state = AT_CHUNK_SIZE if p.chunked else AT_BODY
    return p.state


# --- chunked bodies --------------------------------------------------------------------------


cdef ParserState _chunk_size(Parser* p, const char* base, size_t start, size_t end
                             ) noexcept nogil:
    cdef uint64_t size = 0
    cdef size_t i = start
    cdef char c
    while i < end:
        c = base[i]
        if c'0' <= c <= c'9':
            c -= c'0'
        elif c'a' <= (c | 0x20) <= c'f':
            c = (c | 0x20) - c'a' + 10
        else:
            break
        if size >= (<uint64_t> 1 << 58):
            return _fail(p, 413, "a chunk of the request body is larger than this server accepts")
        size = size * 16 + <uint64_t> c
        i += 1
    if i == start:
        return _fail(p, 400, "malformed chunk: no size")
    # Extensions are allowed and ignored: BWS ";" anything that a field may hold.
    while i < end and (base[i] == c' ' or base[i] == c'\t'):
        i += 1
    if i < end and base[i] != c';':
        return _fail(p, 400, "malformed chunk: the size is not hexadecimal")
    if not _all(base + i, end - i, IS_FIELD):
        return _fail(p, 400, "malformed chunk: illegal character in an extension")
    if size == 0:
        p.state = AT_TRAILERS
        return AT_TRAILERS
    p.chunks += 1
    if p.chunks > p.limits.max_chunks:
        return _fail(p, 400, "Chunked request body exceeds the maximum number of non-empty chunks."
                             " Send fewer or larger HTTP chunks.")
    if size > p.limits.max_body_bytes or p.body_size > p.limits.max_body_bytes - size:
        return _fail(p, 413, "the request body is larger than this server accepts")
    p.chunk_left = size
    p.state = AT_CHUNK_DATA
    return AT_CHUNK_DATA


cdef ParserState _chunk_data(Parser* p, char* base, size_t size) noexcept nogil:
    """Moves decoded bytes down over spent framing, so that the body is one piece at the end."""
    cdef uint64_t here = size - p.scanned
    cdef size_t to = p.body + p.body_size
    if here > p.chunk_left:
        here = p.chunk_left
    if to != p.scanned and here:
        memmove(base + to, base + p.scanned, here)
    p.body_size += here
    p.chunk_left -= here
    p.scanned += here
    if p.chunk_left == 0:
        p.state = AT_CHUNK_END
    return p.state


# --- the loop --------------------------------------------------------------------------------


cdef ParserState _no_line_yet(Parser* p, const char* base, size_t size) noexcept nogil:
    """The current line has no end so far: is it worth waiting for?"""
    p.scanned = size
    if p.state == AT_REQUEST_LINE:
        # Whatever begins with anything but a token (a TLS hello, say) is answered at once.
        if size > p.line and base[p.line] != c'\r' \
                and not KIND[<uint8_t> base[p.line]] & IS_TOKEN:
            return _fail(p, 400, "this is not an HTTP request")
        if size >= p.limits.max_head_bytes:
            return _fail(p, 414, "the request line is too long")
    elif p.state == AT_HEADERS:
        if size >= p.limits.max_head_bytes:
            return _fail(p, 431, "the request header is too large")
    elif p.state == AT_TRAILERS:
        if size - p.line >= p.limits.max_head_bytes:
            return _fail(p, 431, "the trailer is too large")
    elif size - p.line >= MAX_CHUNK_LINE:
        return _fail(p, 400, "malformed chunk: the size line is too long")
    return p.state


cdef ParserState _line(Parser* p, const char* base, size_t start, size_t end) noexcept nogil:
    if p.state == AT_HEADERS:
        return _header(p, base, start, end) if end > start else _end_of_head(p)
    if p.state == AT_REQUEST_LINE:
        if end > start:
            return _request_line(p, base, start, end)
        if start == 0:
            return AT_REQUEST_LINE      # one empty line before a request is tolerated
        return _fail(p, 400, "this is not an HTTP request")
    if p.state == AT_CHUNK_SIZE:
        return _chunk_size(p, base, start, end)
    if p.state == AT_CHUNK_END:
        if end != start:
            return _fail(p, 400, "malformed chunk: more data than its size says")
        p.state = AT_CHUNK_SIZE
        return AT_CHUNK_SIZE
    if end == start:                    # AT_TRAILERS
        p.state = AT_END
        return AT_END
    # Trailers carry nothing we use; they count against the same limit as the header fields.
    p.trailers += 1
    if p.trailers > p.limits.max_headers:
        return _fail(p, 431, "too many header fields")
    if not _all(base + start, end - start, IS_FIELD):
        return _fail(p, 400, "malformed trailer")
    return AT_TRAILERS


cdef ParserState parser_feed(Parser* p, char* base, size_t size) noexcept nogil:
    """Goes on parsing with ``size`` bytes at ``base``, which begin with the request's first byte.

    AT_END: the request is complete and ``scanned`` bytes long. AT_FAILURE: see ``status`` and
    ``reason``. Anything else: call again when there are more bytes than now. Of a chunked request
    the bytes at ``base`` are rewritten in place.
    """
    cdef const char* newline
    cdef size_t start, end
    while True:
        if p.state == AT_BODY:
            if size - p.body < p.content_length:
                p.scanned = size
                return AT_BODY
            p.body_size = p.content_length
            p.scanned = p.body + p.content_length
            p.state = AT_END
            return AT_END
        if p.state == AT_CHUNK_DATA:
            if _chunk_data(p, base, size) == AT_CHUNK_DATA:
                return AT_CHUNK_DATA
            p.line = p.scanned
            continue
        if p.state == AT_END or p.state == AT_FAILURE:
            return p.state
        newline = <const char*> memchr(base + p.scanned, c'\n', size - p.scanned)
        if newline == NULL:
            return _no_line_yet(p, base, size)
        start = p.line
        end = newline - base
        if (p.state == AT_REQUEST_LINE or p.state == AT_HEADERS) \
                and end >= p.limits.max_head_bytes:
            if p.state == AT_REQUEST_LINE:
                return _fail(p, 414, "the request line is too long")
            return _fail(p, 431, "the request header is too large")
        if end == start or base[end - 1] != c'\r':
            return _fail(p, 400, "a line does not end with CRLF")
        p.line = p.scanned = end + 1
        _line(p, base, start, end - 1)


# --- for tests and tools ---------------------------------------------------------------------


class HttpError(ValueError):
    """What the parser refuses; ``status`` is the answer's status code."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


cdef class RequestParser:
    """The parser over Python bytes: the same code the server runs, one request after another.

    ``feed`` returns the requests that became complete, each as a dict with ``method``, ``target``,
    ``headers`` (a list of pairs), ``keep_alive`` and ``body``; it raises :class:`HttpError`.
    """

    cdef Parser parser
    cdef bytearray pending

    def __init__(self, *, max_head_bytes: int = 65536, max_headers: int = 100,
                 max_chunks: int = 65536, max_body_bytes: int = 1 << 31) -> None:
        memset(&self.parser, 0, sizeof(Parser))
        self.parser.limits.max_head_bytes = max_head_bytes
        self.parser.limits.max_headers = max_headers
        self.parser.limits.max_chunks = max_chunks
        self.parser.limits.max_body_bytes = max_body_bytes
        parser_reset(&self.parser)
        self.pending = bytearray()

    def feed(self, data: bytes) -> list:
        cdef ParserState state
        cdef Parser* p = &self.parser
        cdef char* base
        cdef list done = []
        self.pending += data
        while self.pending:
            base = self.pending
            state = parser_feed(p, base, <size_t> len(self.pending))
            if state == AT_FAILURE:
                raise HttpError(p.status, p.reason.decode())
            if state != AT_END:
                break
            done.append({
                "method": self._text(p.verb),
                "target": self._text(p.target),
                "headers": [(self._text(p.headers[i].name), self._text(p.headers[i].value))
                            for i in range(p.header_count)],
                "keep_alive": bool(p.keep_alive),
                "body": bytes(self.pending[p.body:p.body + p.body_size]),
            })
            del self.pending[:p.scanned]
            parser_reset(p)
        return done

    cdef str _text(self, Span span):
        return self.pending[span.at:span.at + span.size].decode("latin-1")
