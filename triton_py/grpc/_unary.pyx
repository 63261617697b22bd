# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The fast path. Responses are encoded on the thread that sends them, so that several instances
write at once and the loop only sends."""

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport INT32_MAX, int64_t, uint8_t, uint32_t

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceRequestNew,
    TRITONSERVER_InferenceRequestSetReleaseCallback,
    TRITONSERVER_InferenceRequestSetResponseCallback,
    TRITONSERVER_InferenceRequestSetStringParameter,
    TRITONSERVER_InferenceResponseDelete,
    TRITONSERVER_InferenceResponseError,
    TRITONSERVER_ServerInferAsync,
    TRITONSERVER_ServerModelTransactionProperties,
)
from triton_py.abi.types cimport (
    TRITONSERVER_REQUEST_RELEASE_ALL,
    TRITONSERVER_RESPONSE_COMPLETE_FINAL,
    TRITONSERVER_TXN_DECOUPLED,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_Server,
)
from triton_py.frontend._completions cimport (
    completions_begin,
    completions_end,
    completions_push,
)
from triton_py.frontend._memory cimport Block, block_data, block_drop
from triton_py.grpc._answer cimport (
    STATUS_INTERNAL,
    STATUS_OK,
    STATUS_RESOURCE_EXHAUSTED,
    answer_error,
    answer_message,
    answer_status,
)
from triton_py.grpc._call cimport Call, call_drop, call_hold
from triton_py.grpc._coding cimport pack_answer
from triton_py.grpc._connection cimport Connection, permit_lone
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.grpc._decode cimport InferRequest, decode_into
from triton_py.grpc._encode cimport ResponseParts
from triton_py.grpc._headers cimport metadata_list
from triton_py.grpc._infer cimport (
    VERSION_DIGITS,
    fault_error,
    fill_request,
    set_wire,
    take_response,
    wants_classes,
)
from triton_py.grpc._lone cimport lone_answer
from triton_py.grpc._outgoing cimport PREFIX, Outgoing, outgoing_response
from triton_py.grpc._trace cimport call_trace
from triton_py.grpc._wire cimport View
from triton_py.inprocess.allocator cimport default_allocator
from triton_py.inprocess.status cimport c_text, check, exception_of
from triton_py.tracing._record cimport (
    STAMP_GRPC_SEND_START,
    STAMP_INFER_RESPONSE_COMPLETE,
    recording_hand,
    recording_stamp,
    trace_now,
)

from triton_py.errors import UnsupportedError
from triton_py.grpc.versions import parse_version

cdef char _nothing = 0


# --- to the core -----------------------------------------------------------------------------


cdef int64_t requested_version(InferRequest message) except? -2:
    cdef int64_t version = 0
    cdef size_t i
    if message.model_version.size == 0:
        return -1
    if message.model_version.size <= 18:
        for i in range(message.model_version.size):
            if not c'0' <= message.model_version.data[i] <= c'9':
                break
            version = version * 10 + (message.model_version.data[i] - c'0')
        else:
            return version
    # Unusual or wrong: where such texts are judged.
    return parse_version(message.version)


cdef int _forward(Endpoint endpoint, Call* call) except -1:
    for name, value in endpoint.forward(metadata_list(call)):
        check(TRITONSERVER_InferenceRequestSetStringParameter(
            call.request, c_text(name, "metadata name"), c_text(value, f"metadata '{name}'")))
    return 0


cdef void _note_model(Call* call, str name) noexcept:
    Py_INCREF(name)
    call.model = <PyObject*> name


cdef bint unary_submit(Endpoint endpoint, Call* call) except -1:
    cdef InferRequest message = endpoint.scratch
    cdef TRITONSERVER_Server* server = endpoint.server
    cdef TRITONSERVER_Error* error
    cdef uint32_t flags = 0
    cdef bint empty_final = False
    cdef int64_t version
    cdef bytes name
    cdef const char* c_name
    decode_into(message, <const uint8_t*> block_data(call.block) if call.block != NULL
                else <const uint8_t*> &_nothing, call.size)
    if call.began and call.model == NULL:
        _note_model(call, message.name)
    if wants_classes(message):
        return False
    version = requested_version(message)
    name = c_text(message.name, "model name")
    c_name = name
    with nogil:
        error = TRITONSERVER_ServerModelTransactionProperties(
            server, c_name, version, &flags, NULL)
        if error == NULL and not flags & TRITONSERVER_TXN_DECOUPLED:
            error = TRITONSERVER_InferenceRequestNew(&call.request, server, c_name, version)
    check(error)
    if flags & TRITONSERVER_TXN_DECOUPLED:
        raise UnsupportedError(
            "ModelInfer RPC doesn't support models with decoupled transaction policy")
    fill_request(call.request, message, &call.arena, &empty_final)
    set_wire(call.request, message, call.began_ns)
    if endpoint.forward is not None:
        _forward(endpoint, call)
    if endpoint.tracer.on:
        call.trace = call_trace(endpoint, call, c_name, call.began_ns)
    permit_lone(<Connection> call.connection, call)
    with nogil:
        error = _send(server, call)
    check(error)
    call.in_flight = True
    return True


cdef TRITONSERVER_Error* _send(TRITONSERVER_Server* server, Call* call) noexcept nogil:
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceRequestSetReleaseCallback(call.request, _on_release, call)
    if error == NULL:
        error = TRITONSERVER_InferenceRequestSetResponseCallback(
            call.request, default_allocator(), NULL, _on_response, call)
    if error != NULL:
        return error
    # Held for both callbacks before either can run.
    call_hold(call)
    call_hold(call)
    completions_begin(call.completions)
    error = TRITONSERVER_ServerInferAsync(
        server, call.request, recording_hand(call.trace) if call.trace != NULL else NULL)
    if error != NULL:
        completions_end(call.completions)
        call_drop(call)
        call_drop(call)
    return error


# --- from the core ---------------------------------------------------------------------------


cdef void _delete(TRITONSERVER_InferenceResponse* response) noexcept nogil:
    cdef TRITONSERVER_Error* error = TRITONSERVER_InferenceResponseDelete(response)
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef void _encode(Call* call, TRITONSERVER_InferenceResponse* response) noexcept nogil:
    cdef ResponseParts parts
    cdef char[VERSION_DIGITS] digits
    cdef View no_error
    no_error.data = NULL
    no_error.size = 0
    if take_response(response, parts, digits, False, &call.fault) == 0:
        call.answer = outgoing_response(response, parts, False, no_error, INT32_MAX, &call.fault)
    if call.answer == NULL:
        _delete(response)


cdef void _on_response(TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
                       ) noexcept nogil:
    cdef Call* call = <Call*> userp
    if call.trace != NULL and flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        recording_stamp(call.trace, STAMP_INFER_RESPONSE_COMPLETE, trace_now())
    if response != NULL:
        call.responses += 1
        if call.responses > 1:
            # A unary call is answered once. The count goes on, so that the answer can tell it.
            _delete(response)
        elif TRITONSERVER_InferenceResponseError(response) != NULL:
            call.response = response
        else:
            _encode(call, response)
    if flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        completions_end(call.completions)
        if not lone_answer(call):
            completions_push(call.completions, &call.finished)


cdef void _on_release(TRITONSERVER_InferenceRequest* request, uint32_t flags, void* userp
                      ) noexcept nogil:
    cdef Call* call = <Call*> userp
    cdef Block* block
    if not flags & TRITONSERVER_REQUEST_RELEASE_ALL:
        return
    # Nobody reads the inputs any more.
    block = call.block
    call.block = NULL
    block_drop(block)
    call_drop(call)


# --- to the client ---------------------------------------------------------------------------


cdef int unary_answer(Connection connection, Call* call) except -1:
    cdef Outgoing* answer
    if call.ended:
        return 0        # by its deadline, say
    # Where somebody sent the answer without the loop, or a part of it, the start is noted, and the
    # trace of a sent one is no longer ours.
    if not call.send_noted and call.trace != NULL:
        call.send_noted = True
        with nogil:
            recording_stamp(call.trace, STAMP_GRPC_SEND_START, trace_now())
    if call.responses != 1:
        return answer_status(connection, call, STATUS_INTERNAL,
                             f"expected a single response, got {call.responses}")
    if call.fault.status != 0:
        return answer_error(connection, call, fault_error(&call.fault))
    if call.response != NULL:
        return answer_error(
            connection, call, exception_of(TRITONSERVER_InferenceResponseError(call.response)))
    answer = call.answer
    if answer.left - PREFIX > connection.endpoint.max_message:
        return answer_status(
            connection, call, STATUS_RESOURCE_EXHAUSTED,
            f"Response has byte size {answer.left - PREFIX} which exceeds the limit of "
            f"{connection.endpoint.max_message} bytes.")
    if connection.endpoint.coding & call.accept:
        return pack_answer(connection, call)
    call.answer = NULL
    answer_message(connection, call, answer)
    return answer_status(connection, call, STATUS_OK, None)
