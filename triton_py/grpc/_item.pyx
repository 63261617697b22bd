# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests of a stream, on the core's side: without the GIL, as in _unary."""

from libc.stdint cimport INT32_MAX, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset, strlen

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceRequestCancel,
    TRITONSERVER_InferenceRequestDelete,
    TRITONSERVER_InferenceRequestSetReleaseCallback,
    TRITONSERVER_InferenceRequestSetResponseCallback,
    TRITONSERVER_InferenceResponseDelete,
    TRITONSERVER_InferenceResponseError,
    TRITONSERVER_ServerInferAsync,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_REQUEST_RELEASE_ALL,
    TRITONSERVER_RESPONSE_COMPLETE_FINAL,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_Server,
)
from triton_py.frontend._backlog cimport (
    Backlog,
    backlog_drop,
    backlog_fault,
    backlog_hold,
    flag_set,
)
from triton_py.frontend._completions cimport (
    Completions,
    Finished,
    completions_drop,
    completions_hold,
    completions_push,
)
from triton_py.frontend._memory cimport (
    ATOMIC_ACQ_REL,
    ATOMIC_ACQUIRE,
    Block,
    arena_free,
    arena_init,
    atomic_add,
    atomic_load,
    block_drop,
)
from triton_py.grpc._decode cimport PARAM_BOOL, Param
from triton_py.grpc._encode cimport ResponseParts
from triton_py.grpc._infer cimport VERSION_DIGITS, take_response
from triton_py.grpc._outgoing cimport Outgoing, outgoing_count, outgoing_drop, outgoing_response
from triton_py.grpc._wire cimport View
from triton_py.inprocess.allocator cimport default_allocator
from triton_py.tracing._record cimport (
    STAMP_INFER_RESPONSE_COMPLETE,
    recording_drop,
    recording_hand,
    recording_stamp,
    trace_now,
)

cdef const char* FINAL_PARAMETER = b"triton_final_response"


cdef void _forget(TRITONSERVER_Error* error) noexcept nogil:
    # Nobody is left to be told.
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef Item* item_new(Completions* completions, Backlog* backlog) noexcept nogil:
    cdef Item* item = <Item*> malloc(sizeof(Item))
    if item == NULL:
        return NULL
    # Neither the arena's first room needs clearing, nor the last result before it is used.
    memset(item, 0, <size_t> (<char*> &item.last - <char*> item))
    item.refs = 1
    item.completions = completions_hold(completions)
    item.backlog = backlog_hold(backlog)
    arena_init(&item.arena, item.first, ITEM_ROOM)
    return item


cdef void item_forget_waiting(Item* item) noexcept nogil:
    cdef Outgoing* message
    while item.waiting != NULL:
        message = item.waiting
        item.waiting = message.next
        outgoing_drop(message)


cdef void item_drop(Item* item) noexcept nogil:
    if atomic_add(&item.refs, -1, ATOMIC_ACQ_REL) != 0:
        return
    # Nothing waits any more: the stream saw to that when it let go.
    if item.request != NULL:
        _forget(TRITONSERVER_InferenceRequestDelete(item.request))
    block_drop(item.block)
    arena_free(&item.arena)
    completions_drop(item.completions)
    backlog_drop(item.backlog)
    if item.trace != NULL:
        recording_drop(item.trace)
    free(item)


cdef void item_mute(Item* item) noexcept nogil:
    flag_set(&item.muted)


cdef void item_cancel(Item* item) noexcept nogil:
    if item.in_flight:
        _forget(TRITONSERVER_InferenceRequestCancel(item.request))


cdef TRITONSERVER_Error* item_send(Item* item, TRITONSERVER_Server* server) noexcept nogil:
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceRequestSetReleaseCallback(item.request, _on_release, item)
    if error == NULL:
        error = TRITONSERVER_InferenceRequestSetResponseCallback(
            item.request, default_allocator(), NULL, _on_response, item)
    if error != NULL:
        return error
    # Held for the release and for the final response, before either can come.
    atomic_add(&item.refs, 2, ATOMIC_ACQ_REL)
    error = TRITONSERVER_ServerInferAsync(
        server, item.request, recording_hand(item.trace) if item.trace != NULL else NULL)
    if error != NULL:
        atomic_add(&item.refs, -2, ATOMIC_ACQ_REL)
    return error


# --- responses -------------------------------------------------------------------------------


cdef void result_drop(Result* result) noexcept nogil:
    cdef Item* item = result.item
    if result.response != NULL:
        _forget(TRITONSERVER_InferenceResponseDelete(result.response))
    outgoing_drop(result.message)
    if not result.embedded:
        free(result)
    item_drop(item)


cdef void _drop_finished(Finished* finished) noexcept nogil:
    result_drop(<Result*> finished)


cdef int _encode(Result* result, TRITONSERVER_InferenceResponse* response) noexcept nogil:
    cdef ResponseParts parts
    cdef char[VERSION_DIGITS] digits
    cdef View nothing
    cdef Param final
    nothing.data = NULL
    nothing.size = 0
    if take_response(response, parts, digits, False, &result.fault) != 0:
        return -1
    final.key.data = FINAL_PARAMETER
    final.key.size = strlen(FINAL_PARAMETER)
    final.text = nothing
    final.kind = PARAM_BOOL
    final.bits = result.final
    parts.params.push_back(final)
    result.message = outgoing_response(response, parts, True, nothing, INT32_MAX, &result.fault)
    return 0 if result.message != NULL else -1


cdef void _count(Result* result) noexcept nogil:
    """Counts the message among what waits for the client, or gives it up where that is too much."""
    cdef Item* item = result.item
    if not outgoing_count(result.message, item.backlog, item.bounded):
        return
    outgoing_drop(result.message)
    result.message = NULL
    result.overflow = True
    item_mute(item)
    backlog_fault(item.backlog, &result.fault, <int> TRITONSERVER_ERROR_UNAVAILABLE + 1)


cdef void _on_response(TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
                       ) noexcept nogil:
    cdef Item* item = <Item*> userp
    cdef bint final = (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) != 0
    cdef bint muted = atomic_load(&item.muted, ATOMIC_ACQUIRE) != 0
    cdef Result* result
    if final and item.trace != NULL:
        recording_stamp(item.trace, STAMP_INFER_RESPONSE_COMPLETE, trace_now())
    if muted and response != NULL:
        _forget(TRITONSERVER_InferenceResponseDelete(response))
        response = NULL
    if final:
        result = &item.last
    elif response == NULL:
        return
    else:
        result = <Result*> malloc(sizeof(Result))
        if result == NULL:
            _forget(TRITONSERVER_InferenceResponseDelete(response))
            return
        atomic_add(&item.refs, 1, ATOMIC_ACQ_REL)
    result.finished.drop = _drop_finished
    result.item = item
    result.embedded = final
    result.final = final
    result.message = NULL
    result.response = NULL
    result.fault.status = 0
    result.overflow = False
    if response != NULL:
        if item.classified or TRITONSERVER_InferenceResponseError(response) != NULL:
            result.response = response
        elif _encode(result, response) != 0:
            _forget(TRITONSERVER_InferenceResponseDelete(response))
        else:
            _count(result)
    completions_push(item.completions, &result.finished)


cdef void _on_release(TRITONSERVER_InferenceRequest* request, uint32_t flags, void* userp
                      ) noexcept nogil:
    cdef Item* item = <Item*> userp
    cdef Block* block
    if not flags & TRITONSERVER_REQUEST_RELEASE_ALL:
        return
    block = item.block
    item.block = NULL
    block_drop(block)
    item_drop(item)
