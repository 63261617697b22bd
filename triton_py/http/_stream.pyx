# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""generate_stream: responses as server-sent events, written where they arise and sent as they come.

The thread that sends a response writes its event, without the GIL; the event loop puts events into
chunks (HTTP/1.1) or sends them as they are until the connection is closed (HTTP/1.0).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint32_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc
from libc.string cimport memcpy, strlen

from triton_py.abi.tritonserver cimport TRITONSERVER_InferenceResponseError
from triton_py.abi.types cimport (
    TRITONSERVER_RESPONSE_COMPLETE_FINAL,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceResponse,
)
from triton_py.frontend._backlog cimport backlog_add, backlog_fault, backlog_overflows
from triton_py.frontend._completions cimport Finished, completions_end, completions_push
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport (
    ATOMIC_ACQUIRE,
    Buf,
    atomic_load,
    buf_free,
    buf_text,
)
from triton_py.http._answer cimport HEAD_ROOM, status_reason
from triton_py.http._events cimport Event, Stream, event_free, stream_mute
from triton_py.http._exchange cimport (
    Exchange,
    exchange_drop,
    exchange_hold,
    fault_from_borrowed,
)
from triton_py.http._generate_text cimport generate_text
from triton_py.http._json_writer cimport put_string
from triton_py.http._response_parts cimport response_delete
from triton_py.tracing._record cimport STAMP_INFER_RESPONSE_COMPLETE, recording_stamp, trace_now


cdef enum:
    SEND_AT_ONCE = 65536        # bytes, before a look at whether the client takes them

# For an event that there was no memory to write.
cdef const char* NO_MEMORY = b'data: {"error":"out of memory while writing the response"}\n\n'


# --- events, on the thread that sends the response -------------------------------------------


cdef void _drop_finished(Finished* finished) noexcept nogil:
    cdef Event* event = <Event*> finished
    cdef Exchange* ex = <Exchange*> event.exchange
    if not event.embedded:
        event_free(ex.stream, event)
    exchange_drop(ex)


cdef void _say(Buf* out, const char* message) noexcept nogil:
    buf_text(out, b'data: {"error":')
    put_string(out, message, strlen(message))
    buf_text(out, b"}\n\n")


cdef void _write(Event* event, TRITONSERVER_InferenceResponse* response) noexcept nogil:
    cdef Fault fault
    cdef size_t begin = event.text.size
    cdef TRITONSERVER_Error* error = TRITONSERVER_InferenceResponseError(response)
    fault.status = 0
    buf_text(&event.text, b"data: ")
    if error != NULL:
        fault_from_borrowed(&fault, error)
    else:
        generate_text(&event.text, response, &fault)
    if fault.status == 0:
        buf_text(&event.text, b"\n\n")
        return
    event.text.size = begin
    if begin == 0:
        event.status = fault.status
    _say(&event.text, fault.text)


cdef void _count(Stream* stream, Event* event) noexcept nogil:
    """Counts an event among what waits; beyond the bound it is replaced by an error."""
    cdef Fault fault
    cdef int64_t size
    if event.text.failed:
        buf_free(&event.text)
        event.status = 503
        return
    size = <int64_t> event.text.size
    if not backlog_overflows(stream.backlog, size):
        return
    stream_mute(stream)
    backlog_fault(stream.backlog, &fault, 503)
    event.text.size = 0
    event.status = fault.status
    event.overflow = True
    _say(&event.text, fault.text)
    if event.text.failed:
        buf_free(&event.text)
    else:
        backlog_add(stream.backlog, <int64_t> event.text.size)


cdef void on_event(TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
                   ) noexcept nogil:
    cdef Exchange* ex = <Exchange*> userp
    cdef Stream* stream = ex.stream
    cdef bint final = (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) != 0
    cdef bint muted = atomic_load(&stream.muted, ATOMIC_ACQUIRE) != 0
    cdef Event* event
    if final and ex.trace != NULL:
        recording_stamp(ex.trace, STAMP_INFER_RESPONSE_COMPLETE, trace_now())
    if final:
        event = &stream.final
    elif response == NULL:
        return
    elif muted:
        response_delete(response)
        return
    else:
        event = <Event*> calloc(1, sizeof(Event))
        if event == NULL:
            stream.lost = True
            response_delete(response)
            return
        exchange_hold(ex)
    event.finished.drop = _drop_finished
    event.exchange = ex
    event.embedded = final
    event.final = final
    event.status = 200
    if not muted:
        if final and stream.lost:
            event.status = 503
            _say(&event.text, b"out of memory for a response")
        if response != NULL:
            _write(event, response)
        _count(stream, event)
    response_delete(response)
    if final:
        completions_end(ex.completions)
    completions_push(stream.completions, &event.finished)


# --- the answer, on the event loop -----------------------------------------------------------


cdef void stream_take(Exchange* ex, Event* event) noexcept:
    cdef Stream* stream = ex.stream
    if event.final:
        stream.ended = True
        ex.done = True
    if event.text.size == 0 and event.status == 200:
        event_free(stream, event)
        return
    event.next = NULL
    if stream.last == NULL or stream.first == NULL:
        stream.first = event
    else:
        stream.last.next = event
    stream.last = event


cdef int _head(Exchange* ex, char* to) noexcept:
    cdef Stream* stream = ex.stream
    cdef int status = stream.first.status if stream.first != NULL else 200
    cdef const char* coding = b""
    cdef const char* connection = b""
    cdef const char* lines = ex.lines
    if lines == NULL:
        lines = b""
    if ex.minor:
        coding = b"Transfer-Encoding: chunked\r\n"
    if stream.closes:
        connection = b"Connection: close\r\n"
    ex.status = status
    return snprintf(to, HEAD_ROOM, b"HTTP/1.1 %d %s\r\n%s%s%s"
                    b"Content-Type: text/event-stream; charset=utf-8\r\n\r\n", status,
                    status_reason(status), coding, connection, lines)


cdef const char* _text(Event* event, size_t* size) noexcept:
    size[0] = event.text.size
    if size[0] == 0:
        size[0] = strlen(NO_MEMORY)
        return NO_MEMORY
    return event.text.data


cdef bytes _chunk(Exchange* ex, Event* event):
    cdef char frame[24]
    cdef size_t size = 0
    cdef const char* text = _text(event, &size)
    cdef int frame_size = snprintf(frame, sizeof(frame), b"%zx\r\n", size)
    cdef bytes whole
    cdef char* to
    if not ex.minor:
        return PyBytes_FromStringAndSize(text, <Py_ssize_t> size)
    whole = PyBytes_FromStringAndSize(NULL, frame_size + <Py_ssize_t> size + 2)
    to = PyBytes_AS_STRING(whole)
    memcpy(to, frame, frame_size)
    memcpy(to + frame_size, text, size)
    memcpy(to + frame_size + size, b"\r\n", 2)
    return whole


cdef bint stream_append(list parts, Exchange* ex, bint close) except -1:
    cdef Stream* stream = ex.stream
    cdef Event* event
    cdef char head[HEAD_ROOM]
    cdef Py_ssize_t taken = 0
    if not stream.began:
        # Before HTTP/1.1 only the connection's end tells where the answer ends.
        stream.closes = close or not ex.minor
        parts.append(PyBytes_FromStringAndSize(head, _head(ex, head)))
        stream.began = True
    while stream.first != NULL and taken < SEND_AT_ONCE:
        event = stream.first
        chunk = _chunk(ex, event)
        parts.append(chunk)
        taken += len(chunk)
        stream.first = event.next
        event_free(stream, event)
    if not stream.ended or stream.first != NULL:
        return False
    if ex.minor:
        parts.append(b"0\r\n\r\n")
    return True
