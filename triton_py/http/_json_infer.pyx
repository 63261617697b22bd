# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON of an inference request, straight into C structs: no tree and no Python object.

One pass, except that an input's "data" found before its data type or shape is skipped (and
checked) first and read when the input's object has ended. Members nobody knows are ignored, as
the protocol asks; a member that is known and given twice is an error.
"""

from libc.stdint cimport INT64_MAX, UINT32_MAX, int64_t, uint64_t
from libc.string cimport memcpy, memset, strcmp

from triton_py.abi.types cimport (
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_END,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_START,
    TRITONSERVER_TYPE_INVALID,
)
from triton_py.http._datatype cimport datatype_name, datatype_of
from triton_py.http._describe cimport (
    MAX_DIMS,
    OUTPUT_BINARY,
    OUTPUT_DEFAULT,
    OUTPUT_JSON,
    PARAM_BOOL,
    PARAM_INT,
    PARAM_STRING,
    DescribeLimits,
    Description,
    Input,
    Output,
    Param,
    description_free,
    input_is_new,
    name_hash,
)
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.http._json_members cimport (
    json_ended,
    json_member,
    json_missing,
    json_once,
    json_open,
    json_root,
    json_text,
    json_truth,
    json_unsigned,
)
from triton_py.http._json_parameter cimport json_parameter
from triton_py.http._json_scan cimport (
    Json,
    Text,
    json_bad,
    json_peek,
    json_skip,
    json_string,
    json_take,
    text_is,
)
from triton_py.http._json_tensor cimport json_tensor
from triton_py.frontend._memory cimport Arena, arena_free, arena_init, arena_take


cdef struct Reader:
    Json j
    Description* d
    const DescribeLimits* limits
    Input** next_input
    Output** next_output
    Param** next_param


cdef int _no_memory(Reader* r) noexcept nogil:
    return fault_set(r.j.fault, 503, "out of memory while parsing the request")


# --- request parameters ----------------------------------------------------------------------


cdef int _sequence_id(Reader* r) noexcept nogil:
    if json_peek(&r.j) == c'"':
        r.d.sequence_text = json_text(&r.j, r.d.arena, b"sequence_id")
        return 0 if r.d.sequence_text != NULL else -1
    r.d.has_sequence_id = True
    return json_unsigned(&r.j, b"sequence_id", &r.d.sequence_id)


cdef int _flag(Reader* r, const char* name, unsigned int bit) noexcept nogil:
    cdef bint on
    if json_truth(&r.j, name, &on) != 0:
        return -1
    if on:
        r.d.flags |= bit
    return 0


cdef int _parameters(Reader* r) noexcept nogil:
    cdef Text key
    cdef Param* param
    cdef bint first = True
    cdef int more, result
    cdef int seen = 0
    if json_open(&r.j, b"'parameters'") != 0:
        return -1
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more != 1:
            return more
        first = False
        if text_is(&key, b"sequence_id", 11):
            result = json_once(&r.j, &seen, 1, b"sequence_id") or _sequence_id(r)
        elif text_is(&key, b"sequence_start", 14):
            result = json_once(&r.j, &seen, 2, b"sequence_start") or _flag(
                r, b"sequence_start", TRITONSERVER_REQUEST_FLAG_SEQUENCE_START)
        elif text_is(&key, b"sequence_end", 12):
            result = json_once(&r.j, &seen, 4, b"sequence_end") or _flag(
                r, b"sequence_end", TRITONSERVER_REQUEST_FLAG_SEQUENCE_END)
        elif text_is(&key, b"priority", 8):
            r.d.has_priority = True
            result = json_once(&r.j, &seen, 8, b"priority") or json_unsigned(
                &r.j, b"priority", &r.d.priority)
        elif text_is(&key, b"timeout", 7):
            r.d.has_timeout = True
            result = json_once(&r.j, &seen, 16, b"timeout") or json_unsigned(
                &r.j, b"timeout", &r.d.timeout_us)
        elif text_is(&key, b"binary_data_output", 18):
            result = json_once(&r.j, &seen, 32, b"binary_data_output") or json_truth(
                &r.j, b"binary_data_output", &r.d.binary_outputs)
        else:
            param = json_parameter(&r.j, &key, r.d.arena)
            result = -1
            if param != NULL:
                r.next_param[0] = param
                r.next_param = &param.next
                result = 0
        if result != 0:
            return -1


# --- inputs ----------------------------------------------------------------------------------


cdef int _shape(Reader* r, Input* tensor) noexcept nogil:
    cdef Json* j = &r.j
    cdef uint64_t dims[MAX_DIMS]
    cdef uint64_t count = 0
    if not json_take(j, c'['):
        return fault_set(j.fault, 400, "Unable to parse 'shape': attempt to access JSON non-array "
                         "as array")
    if not json_take(j, c']'):
        while True:
            if count == MAX_DIMS:
                return fault_set(j.fault, 400, "Unable to parse 'shape': more than %d dimensions",
                                 <int> MAX_DIMS)
            if json_unsigned(&r.j, b"shape", &dims[count]) != 0:
                return -1
            if dims[count] > <uint64_t> INT64_MAX:
                return fault_set(j.fault, 400, "Unable to parse 'shape': %llu is out of range "
                                 "for a dimension", <unsigned long long> dims[count])
            count += 1
            if json_take(j, c','):
                continue
            if json_take(j, c']'):
                break
            return json_bad(j, "Missing a comma or ] after an array element.")
    tensor.dims = count
    tensor.shape = <int64_t*> arena_take(r.d.arena, (count or 1) * sizeof(int64_t))
    if tensor.shape == NULL:
        return _no_memory(r)
    memcpy(tensor.shape, dims, count * sizeof(int64_t))
    return 0


cdef int _count_elements(Reader* r, Input* tensor) noexcept nogil:
    cdef uint64_t count = 1
    cdef uint64_t i
    cdef bint zero = False
    cdef bint overflow = False
    for i in range(tensor.dims):
        if tensor.shape[i] == 0:
            zero = True
        elif count > <uint64_t> INT64_MAX / <uint64_t> tensor.shape[i]:
            overflow = True
        else:
            count *= <uint64_t> tensor.shape[i]
    if overflow and not zero:
        return fault_set(r.j.fault, 400, "invalid shape for input '%s': its total element count "
                         "exceeds the maximum size of %lld", tensor.name, <long long> INT64_MAX)
    tensor.elements = 0 if zero else <int64_t> count
    return 0


cdef int _input_parameters(Reader* r, Input* tensor, bint* has_size, bint* has_region
                           ) noexcept nogil:
    cdef Text key
    cdef bint first = True
    cdef int more, result
    cdef int seen = 0
    if json_open(&r.j, b"'parameters' of an input") != 0:
        return -1
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more != 1:
            return more
        first = False
        if text_is(&key, b"binary_data_size", 16):
            has_size[0] = True
            result = json_once(&r.j, &seen, 1, b"binary_data_size") or json_unsigned(
                &r.j, b"binary_data_size", &tensor.size)
        else:
            if text_is(&key, b"shared_memory_region", 20):
                has_region[0] = True
            result = json_skip(&r.j, 3)
        if result != 0:
            return -1


cdef int _one_source(Reader* r, bint has_data, bint has_size, bint has_region) noexcept nogil:
    """Exactly one of the three places a tensor's bytes may be in."""
    cdef int count = <int> has_data + <int> has_size + <int> has_region
    if count == 1:
        return 0
    return fault_set(
        r.j.fault, 400, "Input must set only one of the following fields: 'data', "
        "'binary_data_size' in 'parameters', 'shared_memory_region' in 'parameters'. But%s%s%s%s",
        b" no field is set" if count == 0 else b" set", b" 'data'" if has_data and count else b"",
        b" 'binary_data_size'" if has_size else b"",
        b" 'shared_memory_region'" if has_region else b"")


cdef int _input(Reader* r) noexcept nogil:
    cdef Json* j = &r.j
    cdef Text key
    cdef Text text
    cdef bint first = True
    cdef bint has_data = False
    cdef bint has_size = False
    cdef bint has_region = False
    cdef const char* data = NULL
    cdef const char* behind
    cdef int more, result
    cdef int seen = 0
    cdef Input* tensor
    if r.d.input_count >= r.limits.max_inputs:
        return fault_set(j.fault, 400, "the request has more than %u inputs, the maximum of this "
                         "server", r.limits.max_inputs)
    tensor = <Input*> arena_take(r.d.arena, sizeof(Input))
    if tensor == NULL:
        return _no_memory(r)
    memset(tensor, 0, sizeof(Input))
    if json_open(&r.j, b"an element of 'inputs'") != 0:
        return -1
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more < 0:
            return -1
        if more == 0:
            break
        first = False
        if text_is(&key, b"name", 4):
            result = json_once(&r.j, &seen, 1, b"name")
            if result == 0:
                tensor.name = json_text(&r.j, r.d.arena, b"name")
                result = 0 if tensor.name != NULL else -1
        elif text_is(&key, b"datatype", 8):
            result = json_once(&r.j, &seen, 2, b"datatype")
            if result == 0 and json_peek(j) != c'"':
                result = fault_set(j.fault, 400, "Unable to parse 'datatype': attempt to access "
                                   "JSON non-string as string")
            if result == 0:
                result = json_string(j, &text)
            if result == 0:
                tensor.datatype = datatype_of(text.at, text.size)
                if tensor.datatype == TRITONSERVER_TYPE_INVALID:
                    return fault_set(j.fault, 400, "Unable to parse 'datatype': '%.*s' is not a "
                                     "data type", <int> min(text.size, <size_t> 40), text.at)
        elif text_is(&key, b"shape", 5):
            result = json_once(&r.j, &seen, 4, b"shape") or _shape(r, tensor)
        elif text_is(&key, b"parameters", 10):
            result = json_once(&r.j, &seen, 8, b"parameters") or _input_parameters(
                r, tensor, &has_size, &has_region)
        elif text_is(&key, b"data", 4):
            result = json_once(&r.j, &seen, 16, b"data")
            if result == 0:
                has_data = True
                if (seen & 7) == 7:
                    # The usual order: read it now.
                    result = _count_elements(r, tensor) or json_tensor(
                        j, tensor, r.d, r.limits.max_input_bytes)
                else:
                    json_peek(j)
                    data = j.p
                    result = json_skip(j, 3)
        else:
            result = json_skip(j, 3)
        if result != 0:
            return -1
    if _one_source(r, has_data, has_size, has_region) != 0:
        return -1
    if not seen & 1:
        return json_missing(j, b"name")
    if not seen & 2:
        return json_missing(j, b"datatype")
    if not seen & 4:
        return json_missing(j, b"shape")
    if has_region:
        return fault_set(j.fault, 501, "input '%s': shared memory is not supported by this server",
                         tensor.name)
    if _count_elements(r, tensor) != 0 or input_is_new(r.d, tensor, j.fault) != 0:
        return -1
    if data != NULL:
        behind = j.p
        j.p = data
        if json_tensor(j, tensor, r.d, r.limits.max_input_bytes) != 0:
            return -1
        j.p = behind
    tensor.binary = has_size
    r.next_input[0] = tensor
    r.next_input = &tensor.next
    r.d.input_count += 1
    return 0


# --- requested outputs -----------------------------------------------------------------------


cdef int _output_parameters(Reader* r, Output* output, bint* has_region) noexcept nogil:
    cdef Text key
    cdef bint first = True
    cdef bint binary
    cdef int more, result
    cdef int seen = 0
    if json_open(&r.j, b"'parameters' of an output") != 0:
        return -1
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more != 1:
            return more
        first = False
        if text_is(&key, b"binary_data", 11):
            result = json_once(&r.j, &seen, 1, b"binary_data") or json_truth(
                &r.j, b"binary_data", &binary)
            if result == 0:
                output.kind = OUTPUT_BINARY if binary else OUTPUT_JSON
        elif text_is(&key, b"classification", 14):
            result = json_once(&r.j, &seen, 2, b"classification") or json_unsigned(
                &r.j, b"classification", &output.classes)
            if result == 0 and output.classes > UINT32_MAX:
                return fault_set(r.j.fault, 400, "Unable to set 'classification': %llu is out of "
                                 "range", <unsigned long long> output.classes)
        else:
            if text_is(&key, b"shared_memory_region", 20):
                has_region[0] = True
            result = json_skip(&r.j, 3)
        if result != 0:
            return -1


cdef int _unique_output(Reader* r, Output* output) noexcept nogil:
    cdef Output* other = r.d.outputs
    output.hash = name_hash(output.name)
    while other != NULL:
        if other.hash == output.hash and strcmp(other.name, output.name) == 0:
            return fault_set(r.j.fault, 400, "output '%s' is requested twice", output.name)
        other = other.next
    return 0


cdef int _output(Reader* r) noexcept nogil:
    cdef Json* j = &r.j
    cdef Text key
    cdef bint first = True
    cdef bint has_region = False
    cdef int more, result
    cdef int seen = 0
    cdef Output* output
    if r.d.output_count >= r.limits.max_outputs:
        return fault_set(j.fault, 400, "the request asks for more than %u outputs, the maximum of "
                         "this server", r.limits.max_outputs)
    output = <Output*> arena_take(r.d.arena, sizeof(Output))
    if output == NULL:
        return _no_memory(r)
    memset(output, 0, sizeof(Output))
    output.kind = OUTPUT_DEFAULT
    if json_open(&r.j, b"an element of 'outputs'") != 0:
        return -1
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more < 0:
            return -1
        if more == 0:
            break
        first = False
        if text_is(&key, b"name", 4):
            result = json_once(&r.j, &seen, 1, b"name")
            if result == 0:
                output.name = json_text(&r.j, r.d.arena, b"name")
                result = 0 if output.name != NULL else -1
        elif text_is(&key, b"parameters", 10):
            result = json_once(&r.j, &seen, 2, b"parameters") or _output_parameters(
                r, output, &has_region)
        else:
            result = json_skip(j, 3)
        if result != 0:
            return -1
    if not seen & 1:
        return json_missing(j, b"name")
    if has_region:
        return fault_set(j.fault, 501, "output '%s': shared memory is not supported by this "
                         "server", output.name)
    if _unique_output(r, output) != 0:
        return -1
    r.next_output[0] = output
    r.next_output = &output.next
    r.d.output_count += 1
    return 0


# --- the whole -------------------------------------------------------------------------------


ctypedef int (*ElementFn)(Reader* r) noexcept nogil


cdef int _list(Reader* r, const char* name, ElementFn element) noexcept nogil:
    if not json_take(&r.j, c'['):
        return fault_set(r.j.fault, 400, "Unable to parse '%s': attempt to access JSON non-array "
                         "as array", name)
    if json_take(&r.j, c']'):
        return 0
    while True:
        if element(r) != 0:
            return -1
        if json_take(&r.j, c','):
            continue
        if json_take(&r.j, c']'):
            return 0
        return json_bad(&r.j, "Missing a comma or ] after an array element.")


cdef int _request(Reader* r) noexcept nogil:
    cdef Json* j = &r.j
    cdef Text key
    cdef bint first = True
    cdef int more, result
    cdef int seen = 0
    if json_root(j) != 0:
        return -1
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more < 0:
            return -1
        if more == 0:
            break
        first = False
        if text_is(&key, b"id", 2):
            result = json_once(&r.j, &seen, 1, b"id")
            if result == 0:
                r.d.id = json_text(&r.j, r.d.arena, b"id")
                result = 0 if r.d.id != NULL else -1
        elif text_is(&key, b"parameters", 10):
            result = json_once(&r.j, &seen, 2, b"parameters") or _parameters(r)
        elif text_is(&key, b"inputs", 6):
            result = json_once(&r.j, &seen, 4, b"inputs") or _list(r, b"inputs", _input)
        elif text_is(&key, b"outputs", 7):
            result = json_once(&r.j, &seen, 8, b"outputs") or _list(r, b"outputs", _output)
        else:
            result = json_skip(j, 1)
        if result != 0:
            return -1
    if json_ended(j) != 0:
        return -1
    if not seen & 4:
        return json_missing(j, b"inputs")
    return 0


cdef void description_init(Description* d, Arena* arena) noexcept nogil:
    memset(d, 0, sizeof(Description))
    d.arena = arena


cdef int describe(const char* text, size_t size, const DescribeLimits* limits, Description* d,
                  Fault* fault) noexcept nogil:
    cdef Reader r
    r.j.start = text
    r.j.p = text
    r.j.end = text + size
    r.j.fault = fault
    r.d = d
    r.limits = limits
    r.next_input = &d.inputs
    r.next_output = &d.outputs
    r.next_param = &d.params
    return _request(&r)


# --- for tests and tools ---------------------------------------------------------------------


cdef dict description_dict(Description* d):
    cdef Input* tensor = d.inputs
    cdef Output* output = d.outputs
    cdef Param* param = d.params
    inputs = []
    while tensor != NULL:
        inputs.append({
            "name": tensor.name.decode(),
            "datatype": datatype_name(tensor.datatype).decode(),
            "shape": [tensor.shape[i] for i in range(tensor.dims)],
            "binary_data_size": tensor.size if tensor.binary else None,
            "data": None if tensor.binary else
            (<bytes> tensor.data[:tensor.size] if tensor.size else b""),
        })
        tensor = tensor.next
    outputs = []
    while output != NULL:
        outputs.append({
            "name": output.name.decode(),
            "binary_data": {OUTPUT_JSON: False, OUTPUT_BINARY: True}.get(output.kind),
            "classification": output.classes,
        })
        output = output.next
    parameters = {}
    while param != NULL:
        if param.kind == PARAM_STRING:
            value = param.text.decode()
        elif param.kind == PARAM_INT:
            value = param.integer
        elif param.kind == PARAM_BOOL:
            value = bool(param.truth)
        else:
            value = param.real
        parameters[param.name.decode()] = value
        param = param.next
    return {
        "id": d.id.decode() if d.id != NULL else None,
        "parameters": parameters,
        "inputs": inputs,
        "outputs": outputs,
        "binary_data_output": bool(d.binary_outputs),
        "flags": d.flags,
        "sequence_id": d.sequence_text.decode() if d.sequence_text != NULL else
        (d.sequence_id if d.has_sequence_id else None),
        "priority": d.priority if d.has_priority else None,
        "timeout": d.timeout_us if d.has_timeout else None,
    }


def describe_json(bytes text, *, max_input_bytes: int = 1 << 26, max_inputs: int = 1024,
                  max_outputs: int = 1024) -> dict:
    """What the server reads out of an inference request's JSON, as Python objects.

    Raises ``HttpError`` (of ``triton_py.http._parser``) as the server would answer.
    """
    from triton_py.http._parser import HttpError

    cdef char first[512]
    cdef Arena arena
    cdef Description d
    cdef DescribeLimits limits
    cdef Fault fault
    limits.max_input_bytes = max_input_bytes
    limits.max_inputs = max_inputs
    limits.max_outputs = max_outputs
    fault.status = 0
    arena_init(&arena, first, sizeof(first))
    description_init(&d, &arena)
    try:
        if describe(text, <size_t> len(text), &limits, &d, &fault) != 0:
            raise HttpError(fault.status, (<bytes> fault.text).decode("utf-8", "replace"))
        return description_dict(&d)
    finally:
        description_free(&d)
        arena_free(&arena)
