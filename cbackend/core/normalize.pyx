# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Request checks in Triton's order, with Triton's sentences (see normalize.pxd).

Clients and their tests match these texts; where a size would overflow, which Triton does not
survive, there is a sentence of our own.
"""

from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, strcmp

from triton_py.abi.types cimport *
from triton_py.core.arena cimport arena_alloc
from triton_py.core.buffer_attributes cimport buffer_attributes_set
from triton_py.core.constants cimport datatype_size, datatype_string
from triton_py.core.error cimport error_new
from triton_py.core.objects cimport Input, InputSpec, Model, Piece, Request
from triton_py.core.request cimport request_input, request_prefix
from triton_py.core.text cimport (
    Text,
    text_add,
    text_init,
    text_int,
    text_shape,
    text_str,
    text_uint,
)


cdef TRITONSERVER_Error* _invalid(Text* text) noexcept nogil:
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(text))


cdef void _begin(Text* text, Request* request) noexcept nogil:
    text_init(text)
    request_prefix(request, text)


cdef TRITONSERVER_Error* _about(
    Request* request, Model* model, const char* before, const char* name, const char* after
) noexcept nogil:
    """Names the request, too, unless it is NULL."""
    cdef Text text
    text_init(&text)
    if request != NULL:
        request_prefix(request, &text)
    text_add(&text, before)
    text_add(&text, name)
    text_add(&text, after)
    text_add(&text, model.name)
    text_add(&text, b"'")
    return _invalid(&text)


cdef InputSpec* _spec(Model* model, const char* name) noexcept nogil:
    cdef uint32_t i
    for i in range(model.input_count):
        if strcmp(model.inputs[i].name, name) == 0:
            return &model.inputs[i]
    return NULL


cdef TRITONSERVER_Error* _check_outputs(Request* request, Model* model) noexcept nogil:
    cdef uint32_t i, j
    cdef bint found
    for i in range(request.output_count):
        found = False
        for j in range(model.output_count):
            if strcmp(model.outputs[j].name, request.outputs[i]) == 0:
                found = True
                break
        if not found:
            return _about(NULL, model, b"unexpected inference output '", request.outputs[i],
                          b"' for model '")
    return NULL


cdef TRITONSERVER_Error* _check_input_set(Request* request, Model* model) noexcept nogil:
    cdef Text text
    cdef uint32_t i
    cdef bint first
    cdef bint wrong_count = (request.input_count > model.input_count
                             or request.input_count < model.required_inputs)
    for i in range(request.input_count):
        request.inputs[i].spec = _spec(model, request.inputs[i].name)
        if request.inputs[i].spec == NULL and not wrong_count:
            return _about(NULL, model, b"unexpected inference input '",
                          request.inputs[i].name, b"' for model '")
    if not wrong_count:
        # As many as required, all known, and yet a required one may be replaced by an optional.
        for i in range(model.input_count):
            if not model.inputs[i].optional and request_input(
                    request, model.inputs[i].name) == NULL:
                wrong_count = True
                break
        if not wrong_count:
            return NULL
    _begin(&text, request)
    if model.required_inputs == model.input_count:
        text_add(&text, b"expected ")
        text_uint(&text, model.input_count)
        text_add(&text, b" inputs")
    else:
        text_add(&text, b"expected number of inputs between ")
        text_uint(&text, model.required_inputs)
        text_add(&text, b" and ")
        text_uint(&text, model.input_count)
    text_add(&text, b" but got ")
    text_uint(&text, request.input_count)
    text_add(&text, b" inputs for model '")
    text_add(&text, model.name)
    text_add(&text, b"'. Got input(s) [")
    for i in range(request.input_count):
        if i:
            text_add(&text, b",")
        text_add(&text, b"'")
        text_add(&text, request.inputs[i].name)
        text_add(&text, b"'")
    text_add(&text, b"], but missing required input(s) [")
    first = True
    for i in range(model.input_count):
        if not model.inputs[i].optional and request_input(
                request, model.inputs[i].name) == NULL:
            if not first:
                text_add(&text, b",")
            text_add(&text, b"'")
            text_add(&text, model.inputs[i].name)
            text_add(&text, b"'")
            first = False
    text_add(&text, b"]. Please provide all required input(s).")
    return _invalid(&text)


cdef TRITONSERVER_Error* _batch_size(Request* request, Model* model) noexcept nogil:
    cdef Text text
    cdef uint32_t i
    cdef Input* it
    cdef int64_t batch = 0
    cdef bint known = False
    request.batch_size = 0
    if model.policy.max_batch_size <= 0:
        return NULL
    for i in range(request.input_count):
        it = &request.inputs[i]
        if it.spec.shape_tensor or it.raw:
            continue
        if it.rank == 0:
            return _about(request, model, b"input '", it.name,
                          b"' has no shape but model requires batch dimension for '")
        if not known:
            batch = it.shape[0]
            known = True
            if batch < 1:
                _begin(&text, request)
                text_add(&text, b"input '")
                text_add(&text, it.name)
                text_add(&text, b"' has batch size ")
                text_int(&text, batch)
                text_add(&text, b", but it must be >= 1 for '")
                text_add(&text, model.name)
                text_add(&text, b"'")
                return _invalid(&text)
        elif it.shape[0] != batch:
            return _about(request, model, b"input '", it.name,
                          b"' batch size does not match other inputs for '")
    if not known:
        batch = 1
    if batch > model.policy.max_batch_size:
        _begin(&text, request)
        text_add(&text, b"inference request batch-size must be <= ")
        text_int(&text, model.policy.max_batch_size)
        text_add(&text, b" for '")
        text_add(&text, model.name)
        text_add(&text, b"'")
        return _invalid(&text)
    request.batch_size = <uint32_t>batch
    return NULL


cdef TRITONSERVER_Error* _shape(
    Request* request, Model* model, Input* it, uint32_t lead
) noexcept nogil:
    """Compares the shape after the batch dimension with the configuration's dims."""
    cdef Text text
    cdef InputSpec* spec = it.spec
    cdef const int64_t* dims = it.shape + lead
    cdef uint32_t rank = it.rank - lead
    cdef uint32_t i
    cdef bint match = rank == spec.rank
    for i in range(rank):
        if dims[i] < 0:
            _begin(&text, request)
            text_add(&text, b"All input dimensions should be specified for input '")
            text_add(&text, it.name)
            text_add(&text, b"' for model '")
            text_add(&text, model.name)
            text_add(&text, b"', got ")
            text_shape(&text, it.shape, it.rank)
            return _invalid(&text)
        if match and spec.dims[i] >= 0 and spec.dims[i] != dims[i]:
            match = False
    if match:
        return NULL
    _begin(&text, request)
    text_add(&text, b"unexpected shape for input '")
    text_add(&text, it.name)
    text_add(&text, b"' for model '")
    text_add(&text, model.name)
    text_add(&text, b"'. Expected [")
    if model.policy.max_batch_size > 0:
        text_add(&text, b"-1,")
    for i in range(spec.rank):
        text_int(&text, spec.dims[i])
        text_add(&text, b",")
    if text.data[text.length - 1] == b",":
        text.length -= 1
    text_add(&text, b"], got ")
    text_shape(&text, it.shape, it.rank)
    text_add(&text, b". ")
    if model.policy.max_batch_size > 0:
        text_add(&text, b"NOTE: Setting a non-zero max_batch_size in the model config requires a "
                        b"batch dimension to be prepended to each input shape. If you want to "
                        b"specify the full shape including the batch dim in your input dims "
                        b"config, try setting max_batch_size to zero. See the model configuration "
                        b"docs for more info on max_batch_size.")
    return _invalid(&text)


cdef bint _model_shape(Request* request, Input* it, uint32_t lead) noexcept nogil:
    """The shape the backend sees: the configured reshape, behind the batch dimension."""
    cdef InputSpec* spec = it.spec
    cdef uint32_t i, j
    if spec.reshape == NULL:
        it.model_shape = it.shape
        it.model_rank = it.rank
        return True
    it.model_rank = lead + spec.reshape_rank
    it.model_shape = <int64_t*>arena_alloc(
        &request.arena, sizeof(int64_t) * (it.model_rank + 1))
    if it.model_shape == NULL:
        return False
    if lead:
        it.model_shape[0] = it.shape[0]
    # The n-th variable dimension of the reshape is the n-th of the configured dims.
    j = 0
    for i in range(spec.reshape_rank):
        it.model_shape[lead + i] = spec.reshape[i]
        if spec.reshape[i] < 0:
            while j < spec.rank and spec.dims[j] >= 0:
                j += 1
            it.model_shape[lead + i] = it.shape[lead + j] if j < spec.rank else 1
            j += 1
    return True


cdef int64_t _elements(const int64_t* shape, uint32_t rank) noexcept nogil:
    """The product of the dims, or -1 where it does not fit an int64."""
    cdef uint32_t i
    cdef int64_t n = 1
    for i in range(rank):
        if shape[i] == 0:
            return 0
    for i in range(rank):
        if shape[i] < 0 or n > INT64_MAX // shape[i]:
            return -1
        n *= shape[i]
    return n


cdef TRITONSERVER_Error* _sizes(
    Request* request, Model* model, Input* it, int64_t expected
) noexcept nogil:
    cdef Text text
    if <uint64_t>expected == it.byte_size:
        return NULL
    _begin(&text, request)
    text_add(&text, b"input byte size mismatch for input '")
    text_add(&text, it.name)
    text_add(&text, b"' for model '")
    text_add(&text, model.name)
    text_add(&text, b"'. Expected ")
    text_int(&text, expected)
    text_add(&text, b", got ")
    text_uint(&text, it.byte_size)
    return _invalid(&text)


cdef TRITONSERVER_Error* _bytes_error(
    Request* request, Model* model, Input* it, const char* what, int64_t a, const char* middle,
    int64_t b
) noexcept nogil:
    cdef Text text
    _begin(&text, request)
    text_add(&text, what)
    text_int(&text, a)
    text_add(&text, middle)
    if b >= 0:
        text_int(&text, b)
    text_add(&text, b" for inference input '")
    text_add(&text, it.name)
    text_add(&text, b"' for model '")
    text_add(&text, model.name)
    text_add(&text, b"'")
    return _invalid(&text)


cdef TRITONSERVER_Error* _check_bytes(
    Request* request, Model* model, Input* it, int64_t expected
) noexcept nogil:
    """Walks the length-prefixed strings over all pieces: as many as expected, none cut short.

    A prefix may be split over pieces, as may a string. Pieces in GPU memory end the walk: their
    content can't be read here.
    """
    cdef uint32_t p
    cdef Piece* piece
    cdef const uint8_t* at
    cdef uint64_t left, step
    cdef uint64_t string_left = 0
    cdef uint32_t prefix = 0
    cdef uint32_t prefix_bytes = 0
    cdef int64_t found = 0
    for p in range(it.piece_count):
        piece = &it.pieces[p]
        if piece.host_policy != NULL:
            continue
        if piece.attributes.memory_type == TRITONSERVER_MEMORY_GPU:
            return NULL
        at = <const uint8_t*>piece.base
        left = piece.attributes.byte_size
        while left:
            if string_left:
                step = string_left if string_left < left else left
                string_left -= step
                at += step
                left -= step
                continue
            prefix |= <uint32_t>at[0] << (8 * prefix_bytes)
            prefix_bytes += 1
            at += 1
            left -= 1
            if prefix_bytes == 4:
                found += 1
                if found > expected:
                    return _bytes_error(request, model, it, b"unexpected number of string "
                                        b"elements ", found, b", expecting ", expected)
                string_left = prefix
                prefix = 0
                prefix_bytes = 0
    if prefix_bytes:
        return _bytes_error(request, model, it, b"incomplete string length indicator (",
                            prefix_bytes, b" of 4 bytes) at the end", -1)
    if string_left:
        return _bytes_error(request, model, it, b"incomplete string data: ",
                            <int64_t>string_left, b" bytes are missing from string ", found - 1)
    if found != expected:
        return _bytes_error(request, model, it, b"expected ", expected,
                            b" string elements but got ", found)
    return NULL


cdef TRITONSERVER_Error* _describe_raw(Request* request, Model* model, Input* it) noexcept nogil:
    """Deduces type and shape of a raw input from the configuration and its size."""
    cdef Text text
    cdef InputSpec* spec
    cdef uint32_t lead, i
    cdef int64_t known = 1
    cdef int64_t variable = -1
    cdef uint32_t size
    cdef Piece* pieces
    cdef uint32_t* prefix
    if request.input_count != 1 or model.input_count != 1:
        _begin(&text, request)
        text_add(&text, b"Raw request must only have 1 input (found ")
        text_uint(&text, request.input_count)
        text_add(&text, b") to be deduced but got ")
        text_uint(&text, model.input_count)
        text_add(&text, b" inputs in '")
        text_add(&text, model.name)
        text_add(&text, b"' model configuration")
        return _invalid(&text)
    spec = &model.inputs[0]
    it.spec = spec
    it.name = spec.name
    it.datatype = spec.datatype
    lead = 1 if model.policy.max_batch_size > 0 else 0
    it.rank = lead + spec.rank
    it.shape = <int64_t*>arena_alloc(&request.arena, sizeof(int64_t) * (it.rank + 1))
    if it.shape == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an inference request")
    if lead:
        it.shape[0] = 1
    for i in range(spec.rank):
        it.shape[lead + i] = spec.dims[i]
        if spec.dims[i] < 0:
            if variable >= 0:
                return _about(request, model, b"The shape of the raw input '", spec.name,
                              b"' can not be deduced because there are more than one "
                              b"variable-sized dimension for model '")
            variable = lead + i
        else:
            known *= spec.dims[i]
    if spec.datatype == TRITONSERVER_TYPE_BYTES:
        if variable >= 0 or known != 1:
            return _about(request, model, b"For BYTE datatype raw input '", spec.name,
                          b"', the model must have input shape [1], model '")
        if it.byte_size > <uint64_t>0xFFFFFFFFu:
            return _about(request, model, b"raw input '", spec.name,
                          b"' is too long for one string of model '")
        # One string: its length goes before it.
        pieces = <Piece*>arena_alloc(&request.arena, sizeof(Piece) * (it.piece_count + 1))
        prefix = <uint32_t*>arena_alloc(&request.arena, sizeof(uint32_t))
        if pieces == NULL or prefix == NULL:
            return error_new(TRITONSERVER_ERROR_INTERNAL,
                             b"out of memory for an inference request")
        prefix[0] = <uint32_t>it.byte_size
        pieces[0].base = prefix
        pieces[0].host_policy = NULL
        buffer_attributes_set(&pieces[0].attributes, TRITONSERVER_MEMORY_CPU, 0, 4)
        if it.piece_count:
            memcpy(&pieces[1], it.pieces, sizeof(Piece) * it.piece_count)
        it.pieces = pieces
        it.piece_count += 1
        it.piece_capacity = it.piece_count
        it.byte_size += 4
    elif variable >= 0:
        size = datatype_size(spec.datatype)
        it.shape[variable] = 0
        if known != 0 and size != 0:
            it.shape[variable] = <int64_t>(it.byte_size // (<uint64_t>known * size))
    it.raw = False
    return NULL


cdef TRITONSERVER_Error* normalize(Request* request, Model* model) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Text text
    cdef Input* it
    cdef uint32_t i, lead, size
    cdef int64_t elements
    for i in range(request.input_count):
        if request.inputs[i].raw:
            error = _describe_raw(request, model, &request.inputs[i])
            if error != NULL:
                return error
    error = _check_outputs(request, model)
    if error == NULL:
        error = _check_input_set(request, model)
    if error == NULL:
        error = _batch_size(request, model)
    if error != NULL:
        return error
    for i in range(request.input_count):
        it = &request.inputs[i]
        if it.datatype != it.spec.datatype:
            _begin(&text, request)
            text_add(&text, b"inference input '")
            text_add(&text, it.name)
            text_add(&text, b"' data-type is '")
            text_add(&text, datatype_string(it.datatype))
            text_add(&text, b"', but model '")
            text_add(&text, model.name)
            text_add(&text, b"' expects '")
            text_add(&text, datatype_string(it.spec.datatype))
            text_add(&text, b"'")
            return _invalid(&text)
        # A shape tensor keeps its own shape: its values, not its dims, carry the batch.
        lead = 1 if model.policy.max_batch_size > 0 and not it.spec.shape_tensor else 0
        error = _shape(request, model, it, lead)
        if error != NULL:
            return error
        if not _model_shape(request, it, lead):
            return error_new(TRITONSERVER_ERROR_INTERNAL,
                             b"out of memory for an inference request")
        if it.spec.non_linear:
            continue  # padded by its format; only the backend can tell its size
        elements = _elements(it.model_shape, it.model_rank)
        size = datatype_size(it.datatype)
        if elements < 0 or (size and elements > INT64_MAX // size):
            _begin(&text, request)
            text_add(&text, b"shape ")
            text_shape(&text, it.shape, it.rank)
            text_add(&text, b" of input '")
            text_add(&text, it.name)
            text_add(&text, b"' for model '")
            text_add(&text, model.name)
            text_add(&text, b"' is too large: its byte size does not fit 64 bits")
            return _invalid(&text)
        if it.datatype == TRITONSERVER_TYPE_BYTES:
            error = _check_bytes(request, model, it, elements)
        else:
            error = _sizes(request, model, it, elements * size)
        if error != NULL:
            return error
    return NULL
