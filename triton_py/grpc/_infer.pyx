# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Between the wire and the C API: a decoded request into the core's, the core's response out."""

from libc.stdint cimport INT64_MAX, int64_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memchr, memcmp, memcpy, strlen
from libcpp cimport bool as cbool

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorCode, TRITONSERVER_ErrorDelete, TRITONSERVER_ErrorMessage,
    TRITONSERVER_DataTypeString, TRITONSERVER_InferenceRequestAddInput,
    TRITONSERVER_InferenceRequestAddRequestedOutput, TRITONSERVER_InferenceRequestAppendInputData,
    TRITONSERVER_InferenceRequestSetBoolParameter, TRITONSERVER_InferenceRequestSetCorrelationId,
    TRITONSERVER_InferenceRequestSetCorrelationIdString,
    TRITONSERVER_InferenceRequestSetDoubleParameter, TRITONSERVER_InferenceRequestSetFlags,
    TRITONSERVER_InferenceRequestSetId, TRITONSERVER_InferenceRequestSetIntParameter,
    TRITONSERVER_InferenceRequestSetPriorityUInt64,
    TRITONSERVER_InferenceRequestSetStringParameter,
    TRITONSERVER_InferenceRequestSetTimeoutMicroseconds, TRITONSERVER_InferenceResponseId,
    TRITONSERVER_InferenceResponseModel, TRITONSERVER_InferenceResponseOutput,
    TRITONSERVER_InferenceResponseOutputCount, TRITONSERVER_InferenceResponseParameter,
    TRITONSERVER_InferenceResponseParameterCount,
)
from triton_py.abi.types cimport (
    TRITONSERVER_DataType, TRITONSERVER_ERROR_INTERNAL, TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_Error, TRITONSERVER_InferenceRequest, TRITONSERVER_InferenceResponse,
    TRITONSERVER_MEMORY_CPU, TRITONSERVER_MEMORY_GPU, TRITONSERVER_MemoryType,
    TRITONSERVER_PARAMETER_BOOL, TRITONSERVER_PARAMETER_DOUBLE,
    TRITONSERVER_PARAMETER_INT, TRITONSERVER_PARAMETER_STRING, TRITONSERVER_ParameterType,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_END, TRITONSERVER_REQUEST_FLAG_SEQUENCE_START,
    TRITONSERVER_TYPE_INVALID,
)
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport Arena, arena_free, arena_init, arena_take
from triton_py.grpc._decode cimport (
    PARAM_BOOL, PARAM_DOUBLE, PARAM_INT64, PARAM_STRING, PARAM_UINT64, InferRequest, InputTensor,
    OutputTensor, Param, Range,
)
from triton_py.grpc._encode cimport ACCOUNT_ROOM, OutputParts, ResponseParts, encode
from triton_py.grpc._typed cimport datatype_of, element_size, typed_data
from triton_py.grpc._outgoing cimport outgoing_copies
from triton_py.grpc._wire cimport View
from triton_py.inprocess.request cimport NativeRequest
from triton_py.inprocess.response cimport NativeResponse
from triton_py.inprocess.status cimport check

from triton_py.errors import (
    InvalidArgumentError,
    UnavailableError,
    UnsupportedError,
    error_from_code,
)

# A rank above this serves nobody and would have every later stage walk it.
cdef size_t MAX_RANK = 255


# --- requests ------------------------------------------------------------------------------


cdef const char *cstring(Arena *memory, InferRequest message, View view, str what) except NULL:
    """A NUL-terminated copy in ``memory``: the C API takes no lengths."""
    cdef char *copy
    if view.size and memchr(view.data, 0, view.size) != NULL:
        raise InvalidArgumentError(f"{what} '{message.text(view)}' contains a NUL character")
    copy = <char *>arena_take(memory, view.size + 1)
    if copy == NULL:
        raise UnavailableError("no memory for the request")
    if view.size:
        memcpy(copy, view.data, view.size)
    copy[view.size] = 0
    return copy


cdef inline bint is_key(View key, const char *name) noexcept nogil:
    return key.size == strlen(name) and memcmp(key.data, name, key.size) == 0


cdef object wrong_kind(str key, str expected):
    raise InvalidArgumentError(
        f"invalid value type for '{key}' parameter, expected {expected}."
    )


cdef const Param *find_param(InferRequest message, Range part, const char *name) noexcept:
    cdef size_t i
    for i in range(part.at, part.at + part.count):
        if is_key(message.tensor_params[i].key, name):
            return &message.tensor_params[i]
    return NULL


cdef double real_of(uint64_t bits) noexcept nogil:
    cdef double real
    memcpy(&real, &bits, 8)
    return real


cdef int set_parameters(TRITONSERVER_InferenceRequest *request, InferRequest message,
                        Arena *memory, bint *empty_final) except -1:
    """Reserved parameters steer the request; the others go on to the backend."""
    cdef const Param *p
    cdef uint32_t flags = 0
    cdef size_t i
    cdef const char *key
    cdef const char *text
    for i in range(message.params.size()):
        p = &message.params[i]
        if is_key(p.key, b"sequence_id"):
            if p.kind == PARAM_INT64 or p.kind == PARAM_UINT64:
                check(TRITONSERVER_InferenceRequestSetCorrelationId(request, p.bits))
            elif p.kind == PARAM_STRING:
                text = cstring(memory, message, p.text, "sequence_id")
                check(TRITONSERVER_InferenceRequestSetCorrelationIdString(request, text))
            else:
                wrong_kind("sequence_id", "int64_param or string_param")
        elif is_key(p.key, b"sequence_start") or is_key(p.key, b"sequence_end"):
            if p.kind != PARAM_BOOL:
                wrong_kind(message.text(p.key), "bool_param")
            if p.bits:
                flags |= (TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
                          if is_key(p.key, b"sequence_start")
                          else TRITONSERVER_REQUEST_FLAG_SEQUENCE_END)
        elif is_key(p.key, b"priority"):
            if p.kind != PARAM_INT64 and p.kind != PARAM_UINT64:
                wrong_kind("priority", "int64_param or uint64_param")
            if p.kind == PARAM_INT64 and <int64_t>p.bits < 0:
                raise InvalidArgumentError("invalid value for 'priority', expected value >= 0.")
            check(TRITONSERVER_InferenceRequestSetPriorityUInt64(request, p.bits))
        elif is_key(p.key, b"timeout"):
            if p.kind != PARAM_INT64:
                wrong_kind("timeout", "int64_param")
            if <int64_t>p.bits < 0:
                raise InvalidArgumentError("invalid value for 'timeout', expected value >= 0.")
            check(TRITONSERVER_InferenceRequestSetTimeoutMicroseconds(request, p.bits))
        elif is_key(p.key, b"headers") or is_key(p.key, b"binary_data_output"):
            # Of the HTTP protocol; a client that sends them here means nothing for the backend.
            continue
        elif p.key.size >= 7 and memcmp(p.key.data, b"triton_", 7) == 0:
            if is_key(p.key, b"triton_account"):
                if p.kind != PARAM_BOOL:
                    wrong_kind("triton_account", "bool_param")
                message.accounted = p.bits != 0
                check(TRITONSERVER_InferenceRequestSetBoolParameter(
                    request, b"triton_account", p.bits != 0))
                continue
            if not is_key(p.key, b"triton_enable_empty_final_response"):
                raise InvalidArgumentError(
                    "parameter keys starting with 'triton_' are reserved for Triton usage. Only "
                    "the following keys starting with 'triton_' are allowed: "
                    "triton_account, triton_enable_empty_final_response"
                )
            if p.kind != PARAM_BOOL:
                wrong_kind("triton_enable_empty_final_response", "bool_param")
            empty_final[0] = p.bits != 0
        else:
            key = cstring(memory, message, p.key, "parameter name")
            if p.kind == PARAM_INT64:
                check(TRITONSERVER_InferenceRequestSetIntParameter(
                    request, key, <int64_t>p.bits))
            elif p.kind == PARAM_BOOL:
                check(TRITONSERVER_InferenceRequestSetBoolParameter(
                    request, key, p.bits != 0))
            elif p.kind == PARAM_STRING:
                text = cstring(memory, message, p.text,
                               f"value of parameter '{message.text(p.key)}'")
                check(TRITONSERVER_InferenceRequestSetStringParameter(request, key, text))
            elif p.kind == PARAM_DOUBLE:
                check(TRITONSERVER_InferenceRequestSetDoubleParameter(
                    request, key, real_of(p.bits)))
            else:
                wrong_kind(message.text(p.key),
                           "int64_param, bool_param, string_param or double_param")
    check(TRITONSERVER_InferenceRequestSetFlags(request, flags))
    return 0


cdef int check_shape(InferRequest message, const InputTensor *tensor) except -1:
    """No negative dimension, and a byte size that a machine word can hold.

    Whether the data has that size is for the core to say, which knows the model.
    """
    cdef uint64_t count = element_size(datatype_of(tensor.datatype)) or 1
    cdef int64_t dim
    cdef size_t i
    cdef bint empty = False
    if tensor.shape.count > MAX_RANK:
        raise InvalidArgumentError(
            f"shape of input tensor '{message.text(tensor.name)}' has {tensor.shape.count} "
            f"dimensions, the server accepts at most {MAX_RANK}"
        )
    for i in range(tensor.shape.at, tensor.shape.at + tensor.shape.count):
        dim = message.dims[i]
        if dim < 0:
            raise InvalidArgumentError(
                f"dimension {i - tensor.shape.at} of the shape of input tensor "
                f"'{message.text(tensor.name)}' is {dim}, it must not be negative"
            )
        empty = empty or dim == 0
    if empty:
        return 0
    for i in range(tensor.shape.at, tensor.shape.at + tensor.shape.count):
        dim = message.dims[i]
        if count > <uint64_t>INT64_MAX // <uint64_t>dim:
            raise InvalidArgumentError(
                f"the shape of input tensor '{message.text(tensor.name)}' has more elements than "
                "a tensor can hold"
            )
        count *= <uint64_t>dim
    return 0


cdef int refuse_shared_memory(InferRequest message, Range params, View name, str kind) except -1:
    if find_param(message, params, b"shared_memory_region") != NULL:
        raise UnsupportedError(f"shared memory, asked for by {kind} tensor "
                               f"'{message.text(name)}', is not supported")
    return 0


cdef int add_inputs(TRITONSERVER_InferenceRequest *request, InferRequest message, Arena *memory
                    ) except -1:
    cdef InputTensor tensor
    cdef size_t i, used = 0
    cdef const char *name
    cdef View data
    cdef TRITONSERVER_DataType datatype
    for i in range(message.inputs.size()):
        tensor = message.inputs[i]
        refuse_shared_memory(message, tensor.params, tensor.name, "input")
        datatype = datatype_of(tensor.datatype)
        if datatype == TRITONSERVER_TYPE_INVALID:
            raise InvalidArgumentError(
                f"invalid datatype '{message.text(tensor.datatype)}' of input tensor "
                f"'{message.text(tensor.name)}' for model '{message.text(message.model_name)}'"
            )
        check_shape(message, &tensor)
        name = cstring(memory, message, tensor.name, "input name")
        check(TRITONSERVER_InferenceRequestAddInput(
            request, name, datatype,
            message.dims.data() + tensor.shape.at, tensor.shape.count,
        ))
        if tensor.has_contents:
            if message.raw.size():
                raise InvalidArgumentError(
                    "contents field must not be specified when using raw_input_contents for "
                    f"'{message.text(tensor.name)}' for model "
                    f"'{message.text(message.model_name)}'"
                )
            typed_data(message, i, &data, memory)
            message.copied += data.size
        elif used < message.raw.size():
            data = message.raw[used]
            used += 1
        else:
            raise InvalidArgumentError(
                f"unable to find data for input tensor '{message.text(tensor.name)}' for model "
                f"'{message.text(message.model_name)}' in request."
            )
        check(TRITONSERVER_InferenceRequestAppendInputData(
            request, name, data.data, data.size, TRITONSERVER_MEMORY_CPU, 0
        ))
    if used < message.raw.size():
        raise InvalidArgumentError(
            f"request has {message.raw.size()} raw_input_contents but {message.inputs.size()} "
            f"inputs for model '{message.text(message.model_name)}'"
        )
    return 0


cdef dict add_outputs(TRITONSERVER_InferenceRequest *request, InferRequest message,
                      Arena *memory):
    """Returns how many classes are wanted of which outputs."""
    cdef dict classes = {}
    cdef OutputTensor tensor
    cdef const Param *p
    cdef const char *name
    cdef size_t i
    for i in range(message.outputs.size()):
        tensor = message.outputs[i]
        refuse_shared_memory(message, tensor.params, tensor.name, "output")
        p = find_param(message, tensor.params, b"classification")
        if p != NULL:
            if p.kind != PARAM_INT64:
                raise InvalidArgumentError(
                    "invalid value type for 'classification' parameter, expected int64_param"
                )
            if <int64_t>p.bits <= 0:
                raise InvalidArgumentError(
                    "invalid value for 'classification' parameter, expected > 0"
                )
            classes[message.text(tensor.name)] = <int64_t>p.bits
        name = cstring(memory, message, tensor.name, "output name")
        check(TRITONSERVER_InferenceRequestAddRequestedOutput(request, name))
    return classes


cdef int set_wire(TRITONSERVER_InferenceRequest *request, InferRequest message,
                  uint64_t received_ns) except -1:
    """What the core can't know of a request that asks for its account."""
    if not message.accounted:
        return 0
    check(TRITONSERVER_InferenceRequestSetIntParameter(
        request, b"triton_account_received_ns", <int64_t>received_ns))
    check(TRITONSERVER_InferenceRequestSetIntParameter(
        request, b"triton_account_wire_bytes", <int64_t>message.length))
    check(TRITONSERVER_InferenceRequestSetIntParameter(
        request, b"triton_account_copied_bytes", <int64_t>message.copied))
    return 0


cdef dict fill_request(TRITONSERVER_InferenceRequest *request, InferRequest message,
                       Arena *memory, bint *empty_final):
    check(TRITONSERVER_InferenceRequestSetId(
        request, cstring(memory, message, message.id, "request id")))
    set_parameters(request, message, memory, empty_final)
    add_inputs(request, message, memory)
    return add_outputs(request, message, memory)


cdef bint wants_classes(InferRequest message) noexcept:
    cdef size_t i
    for i in range(message.outputs.size()):
        if find_param(message, message.outputs[i].params, b"classification") != NULL:
            return True
    return False


cdef class InputMemory:
    """What the inputs of one request were converted into."""

    cdef Arena arena

    def __cinit__(self):
        arena_init(&self.arena, NULL, 0)

    def __dealloc__(self):
        arena_free(&self.arena)


def fill(NativeRequest request, InferRequest message, uint64_t received_ns=0) -> tuple:
    """Gives ``request`` everything that ``message`` asks for.

    ``received_ns`` is when the message began to be received, on the monotonic clock.
    The inputs borrow from ``message``, which the request keeps alive until the core releases it.
    Returns whether the client wants a decoupled model's empty final response, and of which outputs
    it wants how many classes instead of the tensor. Raises ``triton_py.errors`` for what the
    protocol or the core refuses; the request is then of no use.
    """
    cdef bint empty_final = False
    cdef InputMemory memory = InputMemory.__new__(InputMemory)
    if request.keep is None:
        request.keep = []
    request.keep.append(message)
    request.keep.append(memory)
    classes = fill_request(request.ptr, message, &memory.arena, &empty_final)
    set_wire(request.ptr, message, received_ns)
    return bool(empty_final), classes


# --- responses -----------------------------------------------------------------------------


cdef inline View view_of(const char *text) noexcept nogil:
    cdef View view
    view.data = text
    view.size = strlen(text) if text != NULL else 0
    return view


cdef int fail(Fault *fault, TRITONSERVER_Error *error) noexcept nogil:
    """Takes the core's error over."""
    fault_set(fault, <int>TRITONSERVER_ErrorCode(error) + 1, "%s",
              TRITONSERVER_ErrorMessage(error))
    TRITONSERVER_ErrorDelete(error)
    return -1


cdef int take_parameters(TRITONSERVER_InferenceResponse *response, ResponseParts &parts,
                         Fault *fault) noexcept nogil:
    cdef uint32_t i, count = 0
    cdef const char *name = NULL
    cdef const void *value = NULL
    cdef TRITONSERVER_ParameterType kind
    cdef TRITONSERVER_Error *error
    cdef Param p
    error = TRITONSERVER_InferenceResponseParameterCount(response, &count)
    if error != NULL:
        return fail(fault, error)
    for i in range(count):
        error = TRITONSERVER_InferenceResponseParameter(response, i, &name, &kind, &value)
        if error != NULL:
            return fail(fault, error)
        p.key = view_of(name)
        p.bits = 0
        p.text = view_of(NULL)
        if kind == TRITONSERVER_PARAMETER_BOOL:
            p.kind, p.bits = PARAM_BOOL, (<const cbool *>value)[0]
        elif kind == TRITONSERVER_PARAMETER_INT:
            p.kind, p.bits = PARAM_INT64, <uint64_t>(<const int64_t *>value)[0]
        elif kind == TRITONSERVER_PARAMETER_DOUBLE:
            p.kind = PARAM_DOUBLE
            memcpy(&p.bits, value, 8)
        elif kind == TRITONSERVER_PARAMETER_STRING:
            p.kind, p.text = PARAM_STRING, view_of(<const char *>value)
        else:
            return fault_set(fault, <int>TRITONSERVER_ERROR_UNSUPPORTED + 1,
                             "response parameter '%s' has a type that gRPC parameters don't have",
                             name)
        parts.params.push_back(p)
    return 0


cdef int take_outputs(TRITONSERVER_InferenceResponse *response, ResponseParts &parts,
                      Fault *fault) noexcept nogil:
    cdef uint32_t i, count = 0
    cdef const char *name = NULL
    cdef const int64_t *shape = NULL
    cdef const void *base = NULL
    cdef uint64_t rank = 0
    cdef size_t size = 0
    cdef int64_t memory_id = 0
    cdef void *userp = NULL
    cdef TRITONSERVER_DataType datatype
    cdef TRITONSERVER_MemoryType memory
    cdef TRITONSERVER_Error *error
    cdef OutputParts output
    error = TRITONSERVER_InferenceResponseOutputCount(response, &count)
    if error != NULL:
        return fail(fault, error)
    parts.outputs.reserve(count)
    for i in range(count):
        error = TRITONSERVER_InferenceResponseOutput(
            response, i, &name, &datatype, &shape, &rank, &base, &size, &memory, &memory_id,
            &userp)
        if error != NULL:
            return fail(fault, error)
        if memory == TRITONSERVER_MEMORY_GPU and size:
            return fault_set(fault, <int>TRITONSERVER_ERROR_INTERNAL + 1,
                             "output '%s' lies in GPU memory, which can't be sent", name)
        output.name = view_of(name)
        output.datatype = view_of(TRITONSERVER_DataTypeString(datatype))
        output.shape = shape
        output.rank = rank
        output.data.data = <const char *>base
        output.data.size = size
        parts.outputs.push_back(output)
    return 0


cdef void complete_account(ResponseParts &parts, bint joined) noexcept nogil:
    """Adds to the core's account, if there is one, what only this front end knows."""
    cdef uint64_t copied = 0
    cdef size_t i
    cdef Param *p = NULL
    for i in range(parts.params.size()):
        if is_key(parts.params[i].key, b"triton_account"):
            p = &parts.params[i]
    if p == NULL or p.kind != PARAM_STRING or p.text.size == 0 or p.text.data[0] != c'{':
        return
    if joined:
        for i in range(parts.outputs.size()):
            copied += parts.outputs[i].data.size
    else:
        copied = outgoing_copies(parts)
    p.text.size = <size_t>snprintf(
        parts.account, ACCOUNT_ROOM, b'%.*s, "output_copied_bytes": %llu}',
        <int>p.text.size - 1, p.text.data, <unsigned long long>copied)
    p.text.data = parts.account


cdef int take_response(TRITONSERVER_InferenceResponse *response, ResponseParts &parts,
                       char *digits, bint joined, Fault *fault) noexcept nogil:
    cdef const char *text = NULL
    cdef int64_t version = 0
    cdef TRITONSERVER_Error *error
    error = TRITONSERVER_InferenceResponseModel(response, &text, &version)
    if error != NULL:
        return fail(fault, error)
    parts.model_name = view_of(text)
    snprintf(digits, VERSION_DIGITS, b"%lld", <long long>version)
    parts.model_version = view_of(digits)
    error = TRITONSERVER_InferenceResponseId(response, &text)
    if error != NULL:
        return fail(fault, error)
    parts.id = view_of(text)
    if take_parameters(response, parts, fault) != 0 or take_outputs(response, parts, fault) != 0:
        return -1
    complete_account(parts, joined)
    return 0


cdef object fault_error(const Fault *fault):
    text = (<const char *>fault.text).decode("utf-8", "replace")
    return error_from_code(fault.status - 1, text)


def response_bytes(NativeResponse response, bint stream=False, object final=None) -> bytes:
    """``response``, which must hold no error, as an encoded ``ModelInferResponse``.

    With ``stream`` a ``ModelStreamInferResponse`` around it, and ``final`` (if not None) as its
    parameter ``triton_final_response``.
    """
    cdef ResponseParts parts
    cdef char[VERSION_DIGITS] digits
    cdef Fault fault
    cdef Param p
    fault.status = 0
    if take_response(response.owner.ptr, parts, digits, True, &fault) != 0:
        raise fault_error(&fault)
    if final is not None:
        p.key = view_of(b"triton_final_response")
        p.text = view_of(NULL)
        p.kind, p.bits = PARAM_BOOL, bool(final)
        parts.params.push_back(p)
    return encode(parts, stream, view_of(NULL))
