# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The log (see log.pxd). One write per line, so that lines of many threads never mix."""

import os

from libc.errno cimport errno
from libc.stdint cimport uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strerror, strlen, strrchr
from libc.time cimport gmtime_r, localtime_r, strftime, time_t, tm
from libcpp cimport bool as cbool
from posix.fcntl cimport O_APPEND, O_CREAT, O_WRONLY, open as c_open
from posix.unistd cimport close, getpid, write

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_LOG_ERROR,
    TRITONSERVER_LOG_INFO,
    TRITONSERVER_LOG_VERBOSE,
    TRITONSERVER_LOG_WARN,
    TRITONSERVER_Error,
    TRITONSERVER_LogCallbackFn_t,
    TRITONSERVER_LogFormat,
    TRITONSERVER_LogLevel,
    TRITONSERVER_ServerOptions,
)
from triton_py.core.error cimport error_new, error_null
from triton_py.core.text cimport Text, text_add, text_init, text_str
from triton_py.core.native cimport (
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_t,
    pthread_mutex_unlock,
    tp_wall_ns,
)

cdef struct LogState:
    pthread_mutex_t mutex  # guards callback, userp and fd
    cbool info
    cbool warn
    cbool error
    int verbose
    int format       # TRITONSERVER_LogFormat, or FORMAT_JSON
    bint escape
    int fd           # -1: standard output and error
    TRITONSERVER_LogCallbackFn_t callback
    void* userp

cdef enum:
    FORMAT_JSON = 2

cdef LogState _log
pthread_mutex_init(&_log.mutex, NULL)
_log.info = _log.warn = _log.error = True
_log.fd = -1
# Triton's switch of the same name: unescaped messages are easier to read and easier to forge.
_log.escape = os.environ.get("TRITON_SERVER_ESCAPE_LOG_MESSAGES", "TRUE").upper() != "FALSE"


cdef bint log_enabled(TRITONSERVER_LogLevel level) noexcept nogil:
    if level == TRITONSERVER_LOG_INFO:
        return _log.info
    if level == TRITONSERVER_LOG_WARN:
        return _log.warn
    if level == TRITONSERVER_LOG_ERROR:
        return _log.error
    if level == TRITONSERVER_LOG_VERBOSE:
        return _log.verbose > 0
    return False


cdef char _letter(TRITONSERVER_LogLevel level) noexcept nogil:
    if level == TRITONSERVER_LOG_WARN:
        return b"W"
    if level == TRITONSERVER_LOG_ERROR:
        return b"E"
    return b"I"


cdef size_t _preamble(
    char* out, size_t room, TRITONSERVER_LogLevel level, const char* filename, int line
) noexcept nogil:
    cdef uint64_t now = tp_wall_ns()
    cdef time_t seconds = <time_t>(now // 1000000000)
    cdef tm parts
    cdef char date[32]
    cdef const char* base = strrchr(filename, b"/")
    base = base + 1 if base != NULL else filename
    if _log.format == 0:
        localtime_r(&seconds, &parts)
        strftime(date, sizeof(date), b"%m%d %H:%M:%S", &parts)
        return <size_t>snprintf(out, room, b"%c%s.%06u %d %.200s:%d] ", _letter(level), date,
                                <unsigned int>(now // 1000 % 1000000), <int>getpid(), base, line)
    gmtime_r(&seconds, &parts)
    strftime(date, sizeof(date), b"%Y-%m-%dT%H:%M:%SZ", &parts)
    return <size_t>snprintf(out, room, b"%s %c %d %.200s:%d] ", date, _letter(level),
                            <int>getpid(), base, line)


cdef const char* _name(TRITONSERVER_LogLevel level) noexcept nogil:
    if level == TRITONSERVER_LOG_VERBOSE:
        return b"VERBOSE"
    if level == TRITONSERVER_LOG_WARN:
        return b"WARNING"
    if level == TRITONSERVER_LOG_ERROR:
        return b"ERROR"
    return b"INFO"


cdef size_t _object(
    char* out, TRITONSERVER_LogLevel level, const char* filename, int line, const char* msg
) noexcept nogil:
    """A line of the format json; out has room for 512 bytes, and 6 per byte of both texts."""
    cdef uint64_t now = tp_wall_ns()
    cdef time_t seconds = <time_t>(now // 1000000000)
    cdef tm parts
    cdef char date[32]
    cdef const char* base = strrchr(filename, b"/")
    cdef size_t size
    gmtime_r(&seconds, &parts)
    strftime(date, sizeof(date), b"%Y-%m-%dT%H:%M:%S", &parts)
    size = <size_t>snprintf(
        out, 200, b'{"time": "%s.%06uZ", "level": "%s", "pid": %d, "line": %d, "file": ', date,
        <unsigned int>(now // 1000 % 1000000), _name(level), <int>getpid(), line)
    size += _escaped(out + size, base + 1 if base != NULL else filename)
    memcpy(out + size, b', "message": ', 13)
    size += 13
    size += _escaped(out + size, msg)
    out[size] = b"}"
    return size + 1


cdef size_t _sequence(const unsigned char* text) noexcept nogil:
    """How many bytes the character of UTF-8 has that begins here, beyond ASCII; 0: none does."""
    cdef unsigned char first = text[0]
    cdef unsigned char least = 0x80
    cdef unsigned char most = 0xbf
    cdef size_t size, i
    if 0xc2 <= first <= 0xdf:
        size = 2
    elif 0xe0 <= first <= 0xef:
        size = 3
        if first == 0xe0:
            least = 0xa0
        elif first == 0xed:  # surrogates
            most = 0x9f
    elif 0xf0 <= first <= 0xf4:
        size = 4
        if first == 0xf0:
            least = 0x90
        elif first == 0xf4:
            most = 0x8f
    else:
        return 0
    # The byte that ends the text is none of these.
    for i in range(1, size):
        if not least <= text[i] <= most:
            return 0
        least, most = 0x80, 0xbf
    return size


cdef size_t _escaped(char* out, const char* msg) noexcept nogil:
    """Writes msg as a JSON string; out has room for 6 bytes per byte of msg and 2 more. A byte that
    is not UTF-8 becomes a replacement character: a backend may log anything."""
    cdef size_t n = 0
    cdef size_t size
    cdef unsigned char c
    cdef const char* hexadecimal = b"0123456789abcdef"
    out[n] = b'"'
    n += 1
    while msg[0] != 0:
        c = <unsigned char>msg[0]
        if c == 34 or c == 92:  # quote, backslash
            out[n] = 92
            out[n + 1] = <char>c
            n += 2
        elif c == 10:
            memcpy(out + n, b"\\n", 2)
            n += 2
        elif c == 9:
            memcpy(out + n, b"\\t", 2)
            n += 2
        elif c < 32 or c == 127:
            memcpy(out + n, b"\\u00", 4)
            out[n + 4] = hexadecimal[c >> 4]
            out[n + 5] = hexadecimal[c & 15]
            n += 6
        elif c < 128:
            out[n] = <char>c
            n += 1
        else:
            size = _sequence(<const unsigned char*>msg)
            if size == 0:
                memcpy(out + n, b"\\ufffd", 6)
                n += 6
            else:
                memcpy(out + n, msg, size)
                n += size
                msg += size - 1
        msg += 1
    out[n] = b'"'
    return n + 1


cdef void log_write(
    TRITONSERVER_LogLevel level, const char* filename, int line, const char* msg
) noexcept nogil:
    _write(level, filename, line, msg, _log.escape)


cdef void _write(
    TRITONSERVER_LogLevel level, const char* filename, int line, const char* msg, bint escape
) noexcept nogil:
    cdef TRITONSERVER_LogCallbackFn_t callback
    cdef void* userp
    cdef size_t size, done
    cdef ssize_t n
    cdef char* text
    cdef int fd
    if not log_enabled(level):
        return
    if filename == NULL:
        filename = b"-"
    pthread_mutex_lock(&_log.mutex)
    callback = _log.callback
    userp = _log.userp
    pthread_mutex_unlock(&_log.mutex)
    if callback != NULL:
        callback(level, filename, line, tp_wall_ns() // 1000, msg, userp)
        return
    text = <char*>malloc(512 + 6 * (strlen(msg) + strlen(filename)))
    if text == NULL:
        return
    if _log.format == FORMAT_JSON:
        size = _object(text, level, filename, line, msg)
    else:
        size = _preamble(text, 400, level, filename, line)
        if escape:
            size += _escaped(text + size, msg)
        else:
            memcpy(text + size, msg, strlen(msg))
            size += strlen(msg)
    text[size] = b"\n"
    size += 1
    # Under the lock, so that SetLogFile does not close the file between its choice and its use.
    pthread_mutex_lock(&_log.mutex)
    fd = _log.fd
    if fd < 0:
        fd = 2 if level == TRITONSERVER_LOG_ERROR or level == TRITONSERVER_LOG_WARN else 1
    done = 0
    while done < size:
        n = write(fd, text + done, size - done)
        if n <= 0:
            break  # a closed or full destination: there is nowhere to report it
        done += <size_t>n
    pthread_mutex_unlock(&_log.mutex)
    free(text)


cdef void log_set_callback(TRITONSERVER_LogCallbackFn_t callback, void* userp) noexcept nogil:
    pthread_mutex_lock(&_log.mutex)
    _log.callback = callback
    _log.userp = userp
    pthread_mutex_unlock(&_log.mutex)


def log(
    level: int, message: str, filename: str = "triton_py", line: int = 0, *, raw: bool = False
) -> None:
    """Writes one line at a TRITONSERVER_LogLevel; ``raw`` keeps the newlines of a table."""
    cdef bint escape = _log.escape and not raw
    cdef bytes text = message.encode("utf-8", "surrogateescape")
    cdef bytes name = filename.encode("utf-8", "surrogateescape")
    cdef const char* text_ptr = text
    cdef const char* name_ptr = name
    cdef int code = level
    cdef int number = line
    with nogil:
        _write(<TRITONSERVER_LogLevel>code, name_ptr, number, text_ptr, escape)


cdef public cbool TRITONSERVER_LogIsEnabled(TRITONSERVER_LogLevel level) noexcept nogil:
    return log_enabled(level)


cdef public TRITONSERVER_Error* TRITONSERVER_LogMessage(
    TRITONSERVER_LogLevel level, const char* filename, const int line, const char* msg
) noexcept nogil:
    if msg == NULL:
        return error_null(b"TRITONSERVER_LogMessage", b"msg")
    log_write(level, filename, line, msg)
    return NULL


# --- settings ------------------------------------------------------------------------------
# The log is the process's, so these act at once and on all servers, and `options` may be NULL:
# that is how a front end changes the log of a running server.


cdef extern from "<fcntl.h>" nogil:
    enum: O_CLOEXEC


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogFile(
    TRITONSERVER_ServerOptions* options, const char* file
) noexcept nogil:
    """Appends to that file; an empty name means the standard streams again."""
    cdef Text text
    cdef int fd = -1
    cdef int old
    if file == NULL:
        return error_null(b"TRITONSERVER_ServerOptionsSetLogFile", b"file")
    if file[0] != 0:
        fd = c_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        if fd < 0:
            text_init(&text)
            text_add(&text, b"failed to open the log file '")
            text_add(&text, file)
            text_add(&text, b"': ")
            text_add(&text, strerror(errno))
            return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    pthread_mutex_lock(&_log.mutex)
    old = _log.fd
    _log.fd = fd
    pthread_mutex_unlock(&_log.mutex)
    if old >= 0:
        close(old)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogInfo(
    TRITONSERVER_ServerOptions* options, cbool log
) noexcept nogil:
    _log.info = log
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogWarn(
    TRITONSERVER_ServerOptions* options, cbool log
) noexcept nogil:
    _log.warn = log
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogError(
    TRITONSERVER_ServerOptions* options, cbool log
) noexcept nogil:
    _log.error = log
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogFormat(
    TRITONSERVER_ServerOptions* options, const TRITONSERVER_LogFormat format
) noexcept nogil:
    # 2, which the enumeration lacks, is ours: an object on each line.
    if not 0 <= <int>format <= 2:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, b"unknown log format")
    _log.format = <int>format
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerOptionsSetLogVerbose(
    TRITONSERVER_ServerOptions* options, int level
) noexcept nogil:
    _log.verbose = level
    return NULL
