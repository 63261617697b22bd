# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Life and death of exchanges."""

from libc.stdlib cimport free, malloc
from libc.string cimport memset, strlen

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorCode,
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_ErrorMessage,
    TRITONSERVER_InferenceRequestCancel,
    TRITONSERVER_InferenceRequestDelete,
    TRITONSERVER_InferenceResponseDelete,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_NOT_FOUND,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
)
from triton_py.http._describe cimport description_free
from triton_py.http._events cimport stream_free
from triton_py.frontend._completions cimport (
    Completions,
    Finished,
    completions_drop,
    completions_hold,
)
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.http._json_writer cimport put_string
from triton_py.frontend._memory cimport (
    ATOMIC_ACQ_REL,
    ATOMIC_ACQUIRE,
    arena_free,
    arena_init,
    atomic_add,
    atomic_load,
    block_drop,
    buf_char,
    buf_free,
    buf_text,
)
from triton_py.tracing._record cimport recording_drop


# --- exchanges -------------------------------------------------------------------------------

cdef int _alive = 0


cdef int exchanges_alive() noexcept nogil:
    return atomic_load(&_alive, ATOMIC_ACQUIRE)


cdef void _drop_finished(Finished* finished) noexcept nogil:
    exchange_drop(<Exchange*> finished)


cdef Exchange* exchange_new(Completions* completions) noexcept nogil:
    cdef Exchange* exchange = <Exchange*> malloc(sizeof(Exchange))
    if exchange == NULL:
        return NULL
    atomic_add(&_alive, 1, ATOMIC_ACQ_REL)
    # The arena's first room needs no clearing, nor does the text of a fault that is not set.
    memset(exchange, 0, <size_t> (<char*> &exchange.fault - <char*> exchange))
    exchange.fault.status = 0
    exchange.fault.text[0] = 0
    memset(&exchange.responses, 0,
           <size_t> (<char*> exchange.first - <char*> &exchange.responses))
    exchange.finished.drop = _drop_finished
    exchange.refs = 1
    exchange.completions = completions_hold(completions)
    arena_init(&exchange.arena, exchange.first, FIRST_ROOM)
    return exchange


cdef void exchange_hold(Exchange* exchange) noexcept nogil:
    atomic_add(&exchange.refs, 1, ATOMIC_ACQ_REL)


cdef void _forget(TRITONSERVER_Error* error) noexcept nogil:
    # Nobody is left to be told.
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef void exchange_drop(Exchange* exchange) noexcept nogil:
    if atomic_add(&exchange.refs, -1, ATOMIC_ACQ_REL) != 0:
        return
    # payload, extra and record were taken by the event loop, which needs the GIL for them.
    if exchange.response != NULL:
        _forget(TRITONSERVER_InferenceResponseDelete(exchange.response))
    if exchange.request != NULL:
        _forget(TRITONSERVER_InferenceRequestDelete(exchange.request))
    stream_free(exchange.stream)
    block_drop(exchange.block)
    description_free(&exchange.description)
    buf_free(&exchange.text)
    buf_free(&exchange.classes)
    arena_free(&exchange.arena)
    completions_drop(exchange.completions)
    if exchange.trace != NULL:
        recording_drop(exchange.trace)
    free(exchange)
    atomic_add(&_alive, -1, ATOMIC_ACQ_REL)


cdef void exchange_cancel(Exchange* exchange) noexcept nogil:
    _forget(TRITONSERVER_InferenceRequestCancel(exchange.request))


# --- errors ----------------------------------------------------------------------------------


cdef int status_of(TRITONSERVER_Error* error) noexcept nogil:
    cdef TRITONSERVER_Error_Code code = TRITONSERVER_ErrorCode(error)
    if code == TRITONSERVER_ERROR_INTERNAL:
        return 500
    if code == TRITONSERVER_ERROR_NOT_FOUND:
        return 404
    if code == TRITONSERVER_ERROR_UNAVAILABLE:
        return 503
    if code == TRITONSERVER_ERROR_UNSUPPORTED:
        return 501
    return 400


cdef int fault_from(Fault* fault, TRITONSERVER_Error* error) noexcept nogil:
    fault_from_borrowed(fault, error)
    TRITONSERVER_ErrorDelete(error)
    return -1


cdef int fault_from_borrowed(Fault* fault, TRITONSERVER_Error* error) noexcept nogil:
    return fault_set(fault, status_of(error), "%s", TRITONSERVER_ErrorMessage(error))


cdef void answer_fault(Exchange* exchange) noexcept nogil:
    exchange.status = exchange.fault.status
    exchange.binary = False
    exchange.piece_count = 0
    exchange.text.size = 0
    buf_text(&exchange.text, b'{"error":')
    put_string(&exchange.text, exchange.fault.text, strlen(exchange.fault.text))
    buf_char(&exchange.text, c'}')
    exchange.body_size = exchange.text.size


cdef void exchange_refuse(Exchange* exchange) noexcept nogil:
    stream_free(exchange.stream)
    exchange.stream = NULL
    answer_fault(exchange)
    exchange.done = True


def alive() -> int:
    """HTTP requests that are not finished and freed yet, in this process."""
    return exchanges_alive()
