# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From an HTTP request to a TRITONSERVER_InferenceRequest in flight.

Binary inputs are not copied: the request points into the received bytes, which the exchange's
block keeps until the release callback.
"""

from libc.stdint cimport INT64_MAX, int64_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, strcmp

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_InferenceRequestAddInput,
    TRITONSERVER_InferenceRequestAddRawInput,
    TRITONSERVER_InferenceRequestAddRequestedOutput,
    TRITONSERVER_InferenceRequestAppendInputData,
    TRITONSERVER_InferenceRequestNew,
    TRITONSERVER_InferenceRequestSetBoolParameter,
    TRITONSERVER_InferenceRequestSetCorrelationId,
    TRITONSERVER_InferenceRequestSetCorrelationIdString,
    TRITONSERVER_InferenceRequestSetDoubleParameter,
    TRITONSERVER_InferenceRequestSetFlags,
    TRITONSERVER_InferenceRequestSetId,
    TRITONSERVER_InferenceRequestSetIntParameter,
    TRITONSERVER_InferenceRequestSetPriorityUInt64,
    TRITONSERVER_InferenceRequestSetReleaseCallback,
    TRITONSERVER_InferenceRequestSetResponseCallback,
    TRITONSERVER_InferenceRequestSetStringParameter,
    TRITONSERVER_InferenceRequestSetTimeoutMicroseconds,
    TRITONSERVER_ServerInferAsync,
    TRITONSERVER_ServerModelTransactionProperties,
)
from triton_py.abi.types cimport (
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_TXN_DECOUPLED,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponseCompleteFn_t,
)
from triton_py.http._describe cimport (
    PARAM_BOOL,
    PARAM_INT,
    PARAM_STRING,
    DescribeLimits,
    Description,
    Input,
    Output,
    Param,
)
from triton_py.http._exchange cimport Exchange, exchange_drop, exchange_hold, fault_from
from triton_py.frontend._completions cimport completions_begin, completions_end
from triton_py.frontend._fault cimport fault_set
from triton_py.http._json_infer cimport describe, description_init
from triton_py.frontend._memory cimport arena_take
from triton_py.http._response cimport on_release, on_response, response_allocator
from triton_py.tracing._record cimport recording_hand


# --- the target ------------------------------------------------------------------------------


cdef inline int _digit16(char c) noexcept nogil:
    if c'0' <= c <= c'9':
        return c - c'0'
    c |= 0x20
    return c - c'a' + 10 if c'a' <= c <= c'f' else -1


cdef const char* _segment(const char* at, size_t size, Exchange* ex) noexcept nogil:
    """A path segment without its percent-encoding, or NULL with the fault set."""
    cdef char* copy = <char*> arena_take(&ex.arena, size + 1)
    cdef char* q = copy
    cdef size_t i = 0
    cdef int high, low
    if copy == NULL:
        fault_set(&ex.fault, 503, "out of memory")
        return NULL
    while i < size:
        if at[i] != c'%':
            q[0] = at[i]
            i += 1
        else:
            high = _digit16(at[i + 1]) if i + 2 < size else -1
            low = _digit16(at[i + 2]) if i + 2 < size else -1
            if high < 0 or low < 0 or high + low == 0:
                fault_set(&ex.fault, 400, "malformed percent-encoding in the request target")
                return NULL
            q[0] = <char> (high * 16 + low)
            i += 3
        q += 1
    q[0] = 0
    return copy


cdef int _version(const char* at, size_t size, Exchange* ex, int64_t* version) noexcept nogil:
    cdef uint64_t value = 0
    cdef size_t i
    for i in range(size):
        if value > (<uint64_t> INT64_MAX - 9) / 10:
            return fault_set(&ex.fault, 400, "failed to get model version from specified version "
                             "string '%.*s' (details: out of range), version should be an "
                             "integral value > 0", <int> min(size, <size_t> 40), at)
        value = value * 10 + <uint64_t> (at[i] - c'0')
    version[0] = <int64_t> value
    return 0


cdef int infer_route(const char* target, size_t size, Exchange* ex, Route* route) noexcept nogil:
    cdef const char* p = target
    cdef const char* end = target + size
    cdef const char* query = <const char*> memchr(target, c'?', size)
    cdef const char* slash
    cdef const char* name
    cdef size_t name_size, i
    if query != NULL:
        end = query
    if end - p < 18 or memcmp(p, b"/v2/models/", 11) != 0:
        return 0
    if memcmp(end - 6, b"/infer", 6) == 0:
        route.kind = ROUTE_INFER
        end -= 6
    elif end - p >= 21 and memcmp(end - 9, b"/generate", 9) == 0:
        route.kind = ROUTE_GENERATE
        end -= 9
    elif end - p >= 28 and memcmp(end - 16, b"/generate_stream", 16) == 0:
        route.kind = ROUTE_GENERATE_STREAM
        end -= 16
    else:
        return 0
    name = p + 11
    slash = <const char*> memchr(name, c'/', end - name) if end > name else NULL
    name_size = (slash if slash != NULL else end) - name
    if name_size == 0:
        return 0
    route.version = -1
    if slash != NULL:
        p = slash + 10
        if end <= p or memcmp(slash, b"/versions/", 10) != 0:
            return 0
        for i in range(<size_t> (end - p)):
            if not c'0' <= p[i] <= c'9':
                return 0
        if _version(p, end - p, ex, &route.version) != 0:
            return -1
    route.model = _segment(name, name_size, ex)
    return 1 if route.model != NULL else -1


# --- the body's two parts --------------------------------------------------------------------


cdef int _header_length(Exchange* ex, const BodyShape* body, uint64_t* length) noexcept nogil:
    cdef uint64_t value = 0
    cdef size_t i
    cdef int shown = <int> min(body.header_length_size, <size_t> 40)
    if body.header_length == NULL:
        length[0] = body.size
        return 0
    for i in range(body.header_length_size):
        if not c'0' <= body.header_length[i] <= c'9' and not (
                i == 0 and body.header_length[0] == c'-' and body.header_length_size > 1):
            return fault_set(&ex.fault, 400, "Unable to parse Inference-Header-Content-Length, "
                             "got: %.*s", shown, body.header_length)
        if i == 0 and body.header_length[0] == c'-':
            continue
        if value <= body.size:
            value = value * 10 + <uint64_t> (body.header_length[i] - c'0')
    if body.header_length_size == 0:
        return fault_set(&ex.fault, 400, "Unable to parse Inference-Header-Content-Length, it is "
                         "empty")
    if value > body.size or body.header_length[0] == c'-':
        return fault_set(&ex.fault, 400, "inference header size should be in range (0, %llu), "
                         "got: %.*s", <unsigned long long> body.size, shown, body.header_length)
    length[0] = value
    return 0


cdef int _raw(Exchange* ex, const BodyShape* body, const DescribeLimits* limits) noexcept nogil:
    """A header length of 0: the whole body is the model's only input, outputs are binary."""
    cdef TRITONSERVER_Error* error
    if body.size > limits.max_input_bytes:
        return fault_set(&ex.fault, 413, "Raw input has a byte_size (%llu bytes) that exceeds the "
                         "maximum allowed value of %llu bytes. Use --http-max-input-size to "
                         "increase the limit.", <unsigned long long> body.size,
                         <unsigned long long> limits.max_input_bytes)
    error = TRITONSERVER_InferenceRequestAddRawInput(ex.request, b"raw_input")
    if error == NULL:
        error = TRITONSERVER_InferenceRequestAppendInputData(
            ex.request, b"raw_input", body.bytes if body.size else NULL, body.size,
            TRITONSERVER_MEMORY_CPU, 0)
    if error != NULL:
        return fault_from(&ex.fault, error)
    ex.description.binary_outputs = True
    return 0


# --- the request -----------------------------------------------------------------------------


cdef TRITONSERVER_Error* _set_parameter(TRITONSERVER_InferenceRequest* request, Param* p
                                        ) noexcept nogil:
    if p.kind == PARAM_STRING:
        return TRITONSERVER_InferenceRequestSetStringParameter(request, p.name, p.text)
    if p.kind == PARAM_INT:
        return TRITONSERVER_InferenceRequestSetIntParameter(request, p.name, p.integer)
    if p.kind == PARAM_BOOL:
        return TRITONSERVER_InferenceRequestSetBoolParameter(request, p.name, p.truth)
    return TRITONSERVER_InferenceRequestSetDoubleParameter(request, p.name, p.real)


cdef TRITONSERVER_Error* _set_properties(TRITONSERVER_InferenceRequest* request, Description* d,
                                         Param* forwarded) noexcept nogil:
    cdef TRITONSERVER_Error* error = NULL
    cdef Param* param = d.params
    if d.id != NULL:
        error = TRITONSERVER_InferenceRequestSetId(request, d.id)
    if error == NULL and d.flags:
        error = TRITONSERVER_InferenceRequestSetFlags(request, d.flags)
    if error == NULL and d.has_sequence_id:
        error = TRITONSERVER_InferenceRequestSetCorrelationId(request, d.sequence_id)
    if error == NULL and d.sequence_text != NULL:
        error = TRITONSERVER_InferenceRequestSetCorrelationIdString(request, d.sequence_text)
    if error == NULL and d.has_priority:
        error = TRITONSERVER_InferenceRequestSetPriorityUInt64(request, d.priority)
    if error == NULL and d.has_timeout:
        error = TRITONSERVER_InferenceRequestSetTimeoutMicroseconds(request, d.timeout_us)
    while error == NULL and param != NULL:
        error = _set_parameter(request, param)
        param = param.next
    while error == NULL and forwarded != NULL:
        error = _set_parameter(request, forwarded)
        forwarded = forwarded.next
    return error


cdef int infer_inputs(Exchange* ex, const Route* route, const char* bytes, uint64_t left,
                      bint has_header_length) noexcept nogil:
    cdef Input* tensor = ex.description.inputs
    cdef TRITONSERVER_Error* error
    cdef const char* data
    while tensor != NULL:
        data = tensor.data
        if tensor.binary:
            if tensor.size and not has_header_length:
                return fault_set(&ex.fault, 400, "must specify valid "
                                 "'Infer-Header-Content-Length' in request header and "
                                 "'binary_data_size' when passing inputs in binary data format")
            if tensor.size > left:
                return fault_set(&ex.fault, 400, "unexpected size for input '%s', expecting %llu "
                                 "additional bytes for model '%s'", tensor.name,
                                 <unsigned long long> (tensor.size - left), route.model)
            data = bytes
            bytes += tensor.size
            left -= tensor.size
        error = TRITONSERVER_InferenceRequestAddInput(
            ex.request, tensor.name, tensor.datatype, tensor.shape, tensor.dims)
        if error == NULL:
            error = TRITONSERVER_InferenceRequestAppendInputData(
                ex.request, tensor.name, data if tensor.size else NULL, tensor.size,
                TRITONSERVER_MEMORY_CPU, 0)
        if error != NULL:
            return fault_from(&ex.fault, error)
        tensor = tensor.next
    if left:
        return fault_set(&ex.fault, 400, "unexpected size of the request body: %llu bytes are left "
                         "after the last input's binary data for model '%s'",
                         <unsigned long long> left, route.model)
    return 0


cdef int _outputs(Exchange* ex) noexcept nogil:
    cdef Output* output = ex.description.outputs
    cdef TRITONSERVER_Error* error
    while output != NULL:
        error = TRITONSERVER_InferenceRequestAddRequestedOutput(ex.request, output.name)
        if error != NULL:
            return fault_from(&ex.fault, error)
        output = output.next
    return 0


cdef int _one_to_one(Exchange* ex, const Route* route) noexcept nogil:
    cdef uint32_t flags = 0
    cdef TRITONSERVER_Error* error = TRITONSERVER_ServerModelTransactionProperties(
        ex.server, route.model, route.version, &flags, NULL)
    if error != NULL:
        return fault_from(&ex.fault, error)
    if flags & TRITONSERVER_TXN_DECOUPLED:
        return fault_set(&ex.fault, 501, "HTTP end point doesn't support models with decoupled "
                         "transaction policy")
    return 0


cdef int infer_send(Exchange* ex, TRITONSERVER_InferenceResponseCompleteFn_t callback
                    ) noexcept nogil:
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceRequestSetReleaseCallback(ex.request, on_release, ex)
    if error == NULL:
        error = TRITONSERVER_InferenceRequestSetResponseCallback(
            ex.request, response_allocator(), NULL, callback, ex)
    if error != NULL:
        return fault_from(&ex.fault, error)
    # Held for both callbacks before either can run.
    exchange_hold(ex)
    exchange_hold(ex)
    completions_begin(ex.completions)
    error = TRITONSERVER_ServerInferAsync(
        ex.server, ex.request, recording_hand(ex.trace) if ex.trace != NULL else NULL)
    if error != NULL:
        completions_end(ex.completions)
        exchange_drop(ex)
        exchange_drop(ex)
        return fault_from(&ex.fault, error)
    return 0


cdef int infer_fits(Exchange* ex, uint64_t json_size, const DescribeLimits* limits) noexcept nogil:
    if json_size <= limits.max_input_bytes:
        return 0
    return fault_set(&ex.fault, 413, "request JSON size of %llu bytes exceeds the maximum "
                     "allowed input size of %llu bytes. Use --http-max-input-size to "
                     "increase the limit.", <unsigned long long> json_size,
                     <unsigned long long> limits.max_input_bytes)


cdef TRITONSERVER_Error* _account(Exchange* ex, uint64_t wire_bytes) noexcept nogil:
    """Tells the core what it can't know of a request that wants its account."""
    cdef TRITONSERVER_Error* error
    cdef Param* param = ex.description.params
    cdef Input* tensor = ex.description.inputs
    cdef uint64_t copied = 0
    while param != NULL and strcmp(param.name, b"triton_account") != 0:
        param = param.next
    if param == NULL or not param.truth:
        return NULL
    ex.accounted = True
    while tensor != NULL:
        # What came as JSON is written anew, the binary part stays where it was received.
        copied += 0 if tensor.binary else tensor.size
        tensor = tensor.next
    error = TRITONSERVER_InferenceRequestSetIntParameter(
        ex.request, b"triton_account_received_ns", <int64_t> ex.received_ns)
    if error == NULL:
        error = TRITONSERVER_InferenceRequestSetIntParameter(
            ex.request, b"triton_account_wire_bytes", <int64_t> wire_bytes)
    if error == NULL:
        error = TRITONSERVER_InferenceRequestSetIntParameter(
            ex.request, b"triton_account_copied_bytes", <int64_t> copied)
    return error


cdef int infer_new(Exchange* ex, const Route* route, uint64_t wire_bytes) noexcept nogil:
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceRequestNew(&ex.request, ex.server, route.model, route.version)
    if error == NULL:
        error = _set_properties(ex.request, &ex.description, ex.forwarded)
    if error == NULL and ex.description.params != NULL:
        error = _account(ex, wire_bytes)
    return fault_from(&ex.fault, error) if error != NULL else 0


cdef int infer_submit(Exchange* ex, const Route* route, const BodyShape* body,
                      const DescribeLimits* limits) noexcept nogil:
    cdef uint64_t json_size = 0
    if _one_to_one(ex, route) != 0 or _header_length(ex, body, &json_size) != 0:
        return -1
    description_init(&ex.description, &ex.arena)
    if body.header_length == NULL or json_size:
        if infer_fits(ex, json_size, limits) != 0 or describe(
                body.bytes, json_size, limits, &ex.description, &ex.fault) != 0:
            return -1
    if infer_new(ex, route, body.size) != 0:
        return -1
    if body.header_length != NULL and json_size == 0:
        if _raw(ex, body, limits) != 0:
            return -1
    elif infer_inputs(ex, route, body.bytes + json_size, body.size - json_size,
                      body.header_length != NULL) != 0 or _outputs(ex) != 0:
        return -1
    return infer_send(ex, on_response)
