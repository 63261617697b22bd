# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON of a generate request: members that the model has as inputs become tensors, all others
parameters.

The model's metadata says which are which, and gives the tensors their data types. A shape is not
given: the number of elements is spread over the declared one. Members of "parameters" are taken as
if they stood beside it.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, memset, strcmp, strlen

from triton_py.abi.types cimport TRITONSERVER_TYPE_INVALID, TRITONSERVER_DataType
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport Arena, arena_free, arena_init, arena_take
from triton_py.http._datatype cimport datatype_of
from triton_py.http._describe cimport (
    MAX_DIMS,
    DescribeLimits,
    Description,
    Input,
    Param,
    description_free,
    input_is_new,
)
from triton_py.http._json_infer cimport description_dict, description_init
from triton_py.http._json_members cimport (
    json_ended,
    json_member,
    json_once,
    json_open,
    json_root,
    json_text,
)
from triton_py.http._json_parameter cimport json_parameter
from triton_py.http._json_scan cimport (
    MAX_DEPTH,
    Json,
    Number,
    Text,
    json_bad,
    json_number,
    json_peek,
    json_skip,
    json_take,
    text_is,
)
from triton_py.http._json_tensor cimport json_value


cdef enum:
    MAX_PARAMETERS = 1024


# An input that the model has.
cdef struct Known:
    Known* next
    const char* name
    size_t name_size
    TRITONSERVER_DataType datatype
    int64_t* shape          # with the batch dimension; -1: any size
    uint64_t dims


cdef struct Reader:
    Json j
    Description* d
    const DescribeLimits* limits
    Known* known
    Input** next_input
    Param** next_param
    int parameters


cdef int _no_memory(Fault* fault) noexcept nogil:
    return fault_set(fault, 503, "out of memory while parsing the request")


# --- the model's metadata --------------------------------------------------------------------


cdef int _known_shape(Json* j, Known* known, Arena* arena) noexcept nogil:
    cdef int64_t dims[MAX_DIMS]
    cdef uint64_t count = 0
    cdef Number n
    if not json_take(j, c'['):
        return json_bad(j, "a shape is no list")
    while not json_take(j, c']'):
        if count and not json_take(j, c','):
            return json_bad(j, "Missing a comma or ] after an array element.")
        if count == MAX_DIMS:
            return json_bad(j, "a shape has too many dimensions")
        if json_number(j, &n) != 0:
            return -1
        dims[count] = <int64_t> (0 - n.magnitude if n.negative else n.magnitude)
        count += 1
    known.dims = count
    known.shape = <int64_t*> arena_take(arena, (count or 1) * sizeof(int64_t))
    if known.shape == NULL:
        return _no_memory(j.fault)
    memcpy(known.shape, dims, count * sizeof(int64_t))
    return 0


cdef int _known_input(Json* j, Arena* arena, Known** place) noexcept nogil:
    cdef Text key
    cdef bint first = True
    cdef int more
    cdef const char* datatype
    cdef Known* known = <Known*> arena_take(arena, sizeof(Known))
    if known == NULL:
        return _no_memory(j.fault)
    memset(known, 0, sizeof(Known))
    known.name = b""
    if json_open(j, b"an input of the metadata") != 0:
        return -1
    while True:
        more = json_member(j, arena, &key, first)
        if more < 0:
            return -1
        if more == 0:
            break
        first = False
        if text_is(&key, b"name", 4):
            known.name = json_text(j, arena, b"name")
            if known.name == NULL:
                return -1
        elif text_is(&key, b"datatype", 8):
            datatype = json_text(j, arena, b"datatype")
            if datatype == NULL:
                return -1
            known.datatype = datatype_of(datatype, strlen(datatype))
        elif text_is(&key, b"shape", 5):
            if _known_shape(j, known, arena) != 0:
                return -1
        elif json_skip(j, 3) != 0:
            return -1
    known.name_size = strlen(known.name)
    place[0] = known
    return 0


cdef int _known_inputs(Json* j, Arena* arena, Known** known) noexcept nogil:
    cdef Text key
    cdef bint first = True
    cdef int more
    if json_root(j) != 0:
        return -1
    while True:
        more = json_member(j, arena, &key, first)
        if more != 1:
            return more
        first = False
        if not text_is(&key, b"inputs", 6):
            if json_skip(j, 1) != 0:
                return -1
            continue
        if not json_take(j, c'['):
            return json_bad(j, "the inputs are no list")
        while not json_take(j, c']'):
            if known[0] != NULL:
                if not json_take(j, c','):
                    return json_bad(j, "Missing a comma or ] after an array element.")
                known = &known[0].next
            if _known_input(j, arena, known) != 0:
                return -1


cdef Known* _find(Reader* r, const Text* key) noexcept nogil:
    cdef Known* known = r.known
    while known != NULL and not text_is(key, known.name, known.name_size):
        known = known.next
    return known


# --- tensors ---------------------------------------------------------------------------------


cdef int _count(Json* j, int64_t* count) noexcept nogil:
    """The elements of the value at the cursor, which stays where it is."""
    cdef int depth = 0
    cdef const char* at
    json_peek(j)
    at = j.p
    count[0] = 0
    while True:
        if json_peek(j) == c'[':
            if depth >= MAX_DEPTH:
                return fault_set(j.fault, 400, "JSON nesting depth exceeds maximum allowed limit "
                                 "(%d)", <int> MAX_DEPTH)
            j.p += 1
            depth += 1
            if json_peek(j) != c']':
                continue
        else:
            if json_skip(j, depth + 1) != 0:
                return -1
            count[0] += 1
        while depth and not json_take(j, c','):
            if not json_take(j, c']'):
                return json_bad(j, "Missing a comma or ] after an array element.")
            depth -= 1
        if depth == 0:
            j.p = at
            return 0


cdef int _fit(Reader* r, Known* known, Input* tensor, int64_t count) noexcept nogil:
    """The innermost dimension of any size takes what the fixed ones leave, the others are 1."""
    cdef int64_t left = count
    cdef uint64_t i
    cdef int64_t* shape = <int64_t*> arena_take(r.d.arena, (known.dims or 1) * sizeof(int64_t))
    cdef bint fits = True
    if shape == NULL:
        return _no_memory(r.j.fault)
    memcpy(shape, known.shape, known.dims * sizeof(int64_t))
    for i in range(known.dims):
        if shape[i] != -1:
            fits = fits and shape[i] > 0 and left % shape[i] == 0
            left = left // shape[i] if fits else left
    i = known.dims
    while i > 0:
        i -= 1
        if shape[i] == -1:
            shape[i] = left
            left = 1
    if not fits or left != 1:
        return fault_set(r.j.fault, 400, "The schema can not convert input '%s' to tensor with "
                         "proper shape", known.name)
    tensor.shape = shape
    tensor.dims = known.dims
    tensor.elements = count
    return 0


cdef int _input(Reader* r, Known* known) noexcept nogil:
    cdef int64_t count = 0
    cdef Input* tensor = <Input*> arena_take(r.d.arena, sizeof(Input))
    if tensor == NULL:
        return _no_memory(r.j.fault)
    memset(tensor, 0, sizeof(Input))
    tensor.name = known.name
    tensor.datatype = known.datatype
    if known.datatype == TRITONSERVER_TYPE_INVALID:
        return fault_set(r.j.fault, 400, "input '%s' has unsupported datatype", known.name)
    if input_is_new(r.d, tensor, r.j.fault) != 0 or _count(&r.j, &count) != 0 or _fit(
            r, known, tensor, count) != 0 or json_value(
            &r.j, tensor, r.d, r.limits.max_input_bytes) != 0:
        return -1
    r.next_input[0] = tensor
    r.next_input = &tensor.next
    r.d.input_count += 1
    return 0


# --- parameters ------------------------------------------------------------------------------


cdef int _parameter(Reader* r, const Text* key) noexcept nogil:
    cdef Param* other = r.d.params
    cdef Param* param
    if r.parameters == MAX_PARAMETERS:
        return fault_set(r.j.fault, 400, "the request has more than %d parameters",
                         <int> MAX_PARAMETERS)
    param = json_parameter(&r.j, key, r.d.arena)
    if param == NULL:
        return -1
    while other != NULL:
        if strcmp(other.name, param.name) == 0:
            return fault_set(r.j.fault, 400, "Unable to parse '%s': the member is given twice",
                             param.name)
        other = other.next
    r.next_param[0] = param
    r.next_param = &param.next
    r.parameters += 1
    return 0


cdef int _id(Reader* r) noexcept nogil:
    """The request's id; the cursor stays, for the member is an input or a parameter as well."""
    cdef const char* at
    json_peek(&r.j)
    at = r.j.p
    r.d.id = json_text(&r.j, r.d.arena, b"id")
    r.j.p = at
    return 0 if r.d.id != NULL else -1


cdef int _members(Reader* r, bint nested) noexcept nogil:
    cdef Text key
    cdef Known* known
    cdef bint first = True
    cdef int more, result
    cdef int seen = 0
    while True:
        more = json_member(&r.j, r.d.arena, &key, first)
        if more != 1:
            return more
        first = False
        known = _find(r, &key)
        result = 0
        if not nested and text_is(&key, b"parameters", 10):
            result = json_once(&r.j, &seen, 1, b"parameters") or _nested(r, known)
        else:
            if not nested and text_is(&key, b"id", 2):
                result = json_once(&r.j, &seen, 2, b"id") or _id(r)
            if result == 0:
                result = _input(r, known) if known != NULL else _parameter(r, &key)
        if result != 0:
            return -1


cdef int _nested(Reader* r, Known* known) noexcept nogil:
    """The members of "parameters", as if they stood beside it; faults say where they were."""
    cdef Fault* fault = r.j.fault
    cdef Fault inner
    if known != NULL:
        return fault_set(fault, 400, "Keyword 'parameters' for nested schema also given as input "
                         "tensor name")
    if not json_take(&r.j, c'{'):
        return fault_set(fault, 400, "Expected JSON object for keyword: 'parameters': attempt to "
                         "access JSON non-object as object")
    inner.status = 0
    r.j.fault = &inner
    if _members(r, True) == 0:
        r.j.fault = fault
        return 0
    r.j.fault = fault
    return fault_set(fault, inner.status, "Converting keyword: 'parameters': %s", inner.text)


# --- the whole -------------------------------------------------------------------------------


cdef void _begin(Json* j, const char* text, size_t size, Fault* fault) noexcept nogil:
    j.start = text
    j.p = text
    j.end = text + size
    j.fault = fault


cdef int describe_generate(const char* metadata, size_t metadata_size, const char* text,
                           size_t size, const DescribeLimits* limits, Description* d, Fault* fault
                           ) noexcept nogil:
    cdef Reader r
    cdef Json meta
    cdef Fault inner
    memset(&r, 0, sizeof(r))
    inner.status = 0
    _begin(&meta, metadata, metadata_size, &inner)
    if _known_inputs(&meta, d.arena, &r.known) != 0:
        return fault_set(fault, 500, "the model's metadata can't be read: %s", inner.text)
    _begin(&r.j, text, size, fault)
    r.d = d
    r.limits = limits
    r.next_input = &d.inputs
    r.next_param = &d.params
    if json_root(&r.j) != 0 or _members(&r, False) != 0:
        return -1
    return json_ended(&r.j)


# --- for tests and tools ---------------------------------------------------------------------


def generate_json(bytes metadata, bytes text, *, max_input_bytes: int = 1 << 26) -> dict:
    """What the server reads out of a generate request's JSON, as ``describe_json`` has it.

    Raises ``HttpError`` (of ``triton_py.http._parser``) as the server would answer.
    """
    from triton_py.http._parser import HttpError

    cdef char first[512]
    cdef Arena arena
    cdef Description d
    cdef DescribeLimits limits
    cdef Fault fault
    memset(&limits, 0, sizeof(limits))
    limits.max_input_bytes = max_input_bytes
    fault.status = 0
    arena_init(&arena, first, sizeof(first))
    description_init(&d, &arena)
    try:
        if describe_generate(metadata, <size_t> len(metadata), text, <size_t> len(text), &limits,
                             &d, &fault) != 0:
            raise HttpError(fault.status, (<bytes> fault.text).decode("utf-8", "replace"))
        return description_dict(&d)
    finally:
        description_free(&d)
        arena_free(&arena)
