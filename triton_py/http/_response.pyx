# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From the core's response to an answer's body, on the thread that sends the response.

No GIL and no event loop here: the JSON is written where the response arises, so several instances
write at once and the loop only sends. Binary outputs stay in the buffers that the backend wrote;
the exchange keeps the response alive until they are sent.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport strcmp, strlen

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_ErrorNew,
    TRITONSERVER_InferenceResponseError,
    TRITONSERVER_InferenceResponseId,
    TRITONSERVER_InferenceResponseModel,
    TRITONSERVER_InferenceResponseOutput,
    TRITONSERVER_InferenceResponseOutputCount,
    TRITONSERVER_InferenceResponseParameterCount,
    TRITONSERVER_ResponseAllocatorNew,
    TRITONSERVER_ResponseAllocatorSetQueryFunction,
    TRITONSERVER_ServerModelBatchProperties,
)
from triton_py.abi.types cimport (
    TRITONSERVER_BATCH_FIRST_DIM,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_MEMORY_GPU,
    TRITONSERVER_REQUEST_RELEASE_ALL,
    TRITONSERVER_RESPONSE_COMPLETE_FINAL,
    TRITONSERVER_TYPE_BYTES,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_MemoryType,
    TRITONSERVER_ResponseAllocator,
)
from triton_py.http._answer cimport is_joined
from triton_py.http._classify cimport classify
from triton_py.http._datatype cimport datatype_name
from triton_py.http._describe cimport OUTPUT_BINARY, OUTPUT_DEFAULT, Output
from triton_py.http._exchange cimport (
    Exchange,
    Piece,
    answer_fault,
    exchange_drop,
    fault_from,
    fault_from_borrowed,
)
from triton_py.frontend._completions cimport completions_end, completions_push
from triton_py.frontend._fault cimport fault_set
from triton_py.http._generate_text cimport generate_text
from triton_py.http._lone cimport lone_answer
from triton_py.http._json_writer cimport put_int, put_string, put_tensor, put_uint
from triton_py.http._response_parts cimport element_count, put_parameter, response_delete
from triton_py.frontend._large cimport large_free, large_malloc
from triton_py.frontend._memory cimport (
    Block,
    Buf,
    arena_take,
    block_drop,
    buf_char,
    buf_text,
)
from triton_py.tracing._record cimport STAMP_INFER_RESPONSE_COMPLETE, recording_stamp, trace_now


# --- output buffers --------------------------------------------------------------------------


cdef TRITONSERVER_Error* _allocate(
    TRITONSERVER_ResponseAllocator* allocator, const char* name, size_t size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id, void* userp, void** buffer,
    void** buffer_userp, TRITONSERVER_MemoryType* actual_type, int64_t* actual_id,
) noexcept nogil:
    # Whatever memory is preferred, a socket sends from the CPU's.
    actual_type[0] = TRITONSERVER_MEMORY_CPU
    actual_id[0] = 0
    buffer_userp[0] = NULL
    buffer[0] = NULL
    if size == 0:
        return NULL
    buffer[0] = large_malloc(size)
    if buffer[0] == NULL:
        return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE,
                                     b"out of memory for an output of the HTTP response")
    return NULL


cdef TRITONSERVER_Error* _release(
    TRITONSERVER_ResponseAllocator* allocator, void* buffer, void* buffer_userp, size_t size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
) noexcept nogil:
    large_free(buffer, size)
    return NULL


cdef TRITONSERVER_Error* _query(
    TRITONSERVER_ResponseAllocator* allocator, void* userp, const char* name, size_t* size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id,
) noexcept nogil:
    memory_type[0] = TRITONSERVER_MEMORY_CPU
    memory_type_id[0] = 0
    return NULL


cdef TRITONSERVER_ResponseAllocator* _allocator = NULL


cdef TRITONSERVER_ResponseAllocator* response_allocator() noexcept nogil:
    """The caller has the GIL or is the only one: two first calls must not meet."""
    global _allocator
    cdef TRITONSERVER_ResponseAllocator* fresh = NULL
    cdef TRITONSERVER_Error* error
    if _allocator == NULL:
        error = TRITONSERVER_ResponseAllocatorNew(&fresh, _allocate, _release, NULL)
        if error == NULL:
            error = TRITONSERVER_ResponseAllocatorSetQueryFunction(fresh, _query)
        if error != NULL:
            TRITONSERVER_ErrorDelete(error)
            return NULL
        _allocator = fresh
    return _allocator


# --- the JSON --------------------------------------------------------------------------------


cdef int _parameters(Exchange* ex, int64_t copied) noexcept nogil:
    cdef Buf* out = &ex.text
    cdef uint32_t count = 0
    cdef uint32_t i
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceResponseParameterCount(ex.response, &count)
    if error != NULL:
        return fault_from(&ex.fault, error)
    if count == 0:
        return 0
    buf_text(out, b',"parameters":{')
    for i in range(count):
        if i:
            buf_char(out, c',')
        if put_parameter(out, ex.response, i, copied, &ex.fault) != 0:
            return -1
    buf_char(out, c'}')
    return 0


cdef Output* _requested(Exchange* ex, const char* name) noexcept nogil:
    cdef Output* output = ex.description.outputs
    while output != NULL and strcmp(output.name, name) != 0:
        output = output.next
    return output


cdef void _type_and_shape(Buf* out, TRITONSERVER_DataType datatype, const int64_t* shape,
                          uint64_t dims) noexcept nogil:
    cdef uint64_t i
    buf_text(out, b',"datatype":"')
    buf_text(out, datatype_name(datatype))
    buf_text(out, b'","shape":[')
    for i in range(dims):
        if i:
            buf_char(out, c',')
        put_int(out, shape[i])
    buf_char(out, c']')


cdef int _batch_of(Exchange* ex, const int64_t* shape, uint64_t dims, uint64_t* batch,
                   bint* batched) noexcept nogil:
    """How many parts of the output are classified on their own."""
    cdef const char* model
    cdef int64_t version
    cdef uint32_t flags = 0
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceResponseModel(ex.response, &model, &version)
    if error == NULL:
        error = TRITONSERVER_ServerModelBatchProperties(ex.server, model, version, &flags, NULL)
    if error != NULL:
        return fault_from(&ex.fault, error)
    batched[0] = dims > 0 and (flags & TRITONSERVER_BATCH_FIRST_DIM) != 0
    batch[0] = <uint64_t> shape[0] if batched[0] else 1
    return 0


cdef int _classes(Exchange* ex, uint32_t index, const char* name, uint64_t classes,
                  TRITONSERVER_DataType* datatype, const int64_t** shape, uint64_t* dims,
                  const void** base, size_t* size) noexcept nogil:
    """Replaces an output by its classification."""
    cdef uint64_t batch = 0
    cdef uint64_t each = 0
    cdef bint batched = False
    cdef size_t before = ex.classes.size
    cdef int64_t* classified = <int64_t*> arena_take(&ex.arena, 2 * sizeof(int64_t))
    if classified == NULL:
        return fault_set(&ex.fault, 503, "out of memory while classifying output '%s'", name)
    if _batch_of(ex, shape[0], dims[0], &batch, &batched) != 0 or classify(
            ex.response, index, name, datatype[0], base[0], size[0], batch, classes, &ex.classes,
            &each, &ex.fault) != 0:
        return -1
    dims[0] = 0
    if batched:
        classified[0] = <int64_t> batch
        dims[0] = 1
    classified[dims[0]] = <int64_t> each
    dims[0] += 1
    shape[0] = classified
    datatype[0] = TRITONSERVER_TYPE_BYTES
    size[0] = ex.classes.size - before
    # An offset: the buffer may still move.
    base[0] = <const void*> before
    return 0


cdef int _output(Exchange* ex, uint32_t index) noexcept nogil:
    cdef Buf* out = &ex.text
    cdef const char* name
    cdef TRITONSERVER_DataType datatype
    cdef const int64_t* shape
    cdef uint64_t dims, count
    cdef const void* base
    cdef size_t size
    cdef TRITONSERVER_MemoryType memory_type
    cdef int64_t memory_type_id
    cdef void* userp
    cdef bint binary = ex.description.binary_outputs
    cdef bint classified = False
    cdef Output* requested
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceResponseOutput(
        ex.response, index, &name, &datatype, &shape, &dims, &base, &size, &memory_type,
        &memory_type_id, &userp)
    if error != NULL:
        return fault_from(&ex.fault, error)
    if memory_type == TRITONSERVER_MEMORY_GPU:
        return fault_set(&ex.fault, 500, "output '%s' is in GPU memory", name)
    requested = _requested(ex, name)
    if requested != NULL:
        if requested.kind != OUTPUT_DEFAULT:
            binary = requested.kind == OUTPUT_BINARY
        if requested.classes != 0:
            if _classes(ex, index, name, requested.classes, &datatype, &shape, &dims, &base,
                        &size) != 0:
                return -1
            classified = True
    if index:
        buf_char(out, c',')
    buf_text(out, b'{"name":')
    put_string(out, name, strlen(name))
    _type_and_shape(out, datatype, shape, dims)
    if binary:
        buf_text(out, b',"parameters":{"binary_data_size":')
        put_uint(out, size)
        buf_text(out, b"}}")
        if size:
            ex.pieces[ex.piece_count].at = <const char*> base
            ex.pieces[ex.piece_count].size = size
            ex.pieces[ex.piece_count].in_classes = classified
            ex.piece_count += 1
            ex.body_size += size
        return 0
    buf_text(out, b',"data":')
    if element_count(name, shape, dims, &count, &ex.fault) != 0:
        return -1
    if classified:
        base = ex.classes.data + <size_t> base
    if put_tensor(out, name, datatype, base, size, count, &ex.fault) != 0:
        return -1
    ex.copied += size
    buf_char(out, c'}')
    return 0


cdef void _resolve(Exchange* ex) noexcept nogil:
    """Offsets into the buffer of classifications become addresses, now that it stays in place."""
    cdef uint32_t i
    for i in range(ex.piece_count):
        if ex.pieces[i].in_classes:
            ex.pieces[i].at = ex.classes.data + <size_t> ex.pieces[i].at


cdef int _write(Exchange* ex) noexcept nogil:
    """The answer to a response without an error."""
    cdef Buf* out = &ex.text
    cdef const char* id = NULL
    cdef const char* model = NULL
    cdef int64_t version = 0
    cdef uint32_t count = 0
    cdef uint32_t i
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceResponseId(ex.response, &id)
    if error == NULL:
        error = TRITONSERVER_InferenceResponseModel(ex.response, &model, &version)
    if error == NULL:
        error = TRITONSERVER_InferenceResponseOutputCount(ex.response, &count)
    if error != NULL:
        return fault_from(&ex.fault, error)
    buf_char(out, c'{')
    if id != NULL and id[0] != 0:
        buf_text(out, b'"id":')
        put_string(out, id, strlen(id))
        buf_char(out, c',')
    buf_text(out, b'"model_name":')
    put_string(out, model, strlen(model))
    buf_text(out, b',"model_version":"')
    put_int(out, version)
    buf_char(out, c'"')
    # The account tells of the outputs, too.
    if not ex.accounted and _parameters(ex, -1) != 0:
        return -1
    buf_text(out, b',"outputs":[')
    if count:
        ex.pieces = <Piece*> arena_take(&ex.arena, count * sizeof(Piece))
        if ex.pieces == NULL:
            return fault_set(&ex.fault, 503, "out of memory while writing the response")
    for i in range(count):
        if _output(ex, i) != 0:
            return -1
    buf_char(out, c']')
    if ex.accounted:
        # So far the body's size is that of the binary outputs.
        if _parameters(ex, <int64_t> (
                ex.copied + (ex.body_size if is_joined(out.size + ex.body_size) else 0))) != 0:
            return -1
    buf_char(out, c'}')
    if out.failed or ex.classes.failed:
        return fault_set(&ex.fault, 503, "out of memory while writing the response")
    _resolve(ex)
    ex.status = 200
    ex.binary = ex.piece_count != 0
    ex.body_size += out.size
    return 0


cdef void _write_generated(Exchange* ex) noexcept nogil:
    """The answer to a response of generate."""
    if generate_text(&ex.text, ex.response, &ex.fault) == 0:
        ex.status = 200
        ex.body_size = ex.text.size


# --- callbacks -------------------------------------------------------------------------------


cdef void on_response(TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
                      ) noexcept nogil:
    cdef Exchange* ex = <Exchange*> userp
    cdef TRITONSERVER_Error* error
    if ex.trace != NULL and flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        recording_stamp(ex.trace, STAMP_INFER_RESPONSE_COMPLETE, trace_now())
    if response != NULL:
        ex.responses += 1
        if ex.responses == 1:
            ex.response = response
            error = TRITONSERVER_InferenceResponseError(response)
            if error != NULL:
                fault_from_borrowed(&ex.fault, error)
            elif ex.generated:
                _write_generated(ex)
            else:
                _write(ex)
        else:
            # HTTP answers once. The count goes on, so that the answer can tell it.
            response_delete(response)
    if not flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        return
    if ex.responses != 1:
        ex.fault.status = 0
        if ex.generated:
            fault_set(&ex.fault, 500, "generate expects model to produce exactly 1 response, use "
                      "generate stream for model that generates various number of responses")
        else:
            fault_set(&ex.fault, 500, "expected a single response, got %u", ex.responses)
    if ex.fault.status != 0:
        if ex.response != NULL:
            response_delete(ex.response)
            ex.response = NULL
        answer_fault(ex)
    elif not ex.binary and ex.response != NULL:
        # The JSON holds all of it: the outputs' memory may go now.
        response_delete(ex.response)
        ex.response = NULL
    completions_end(ex.completions)
    if not lone_answer(ex):
        completions_push(ex.completions, &ex.finished)


cdef void on_release(TRITONSERVER_InferenceRequest* request, uint32_t flags, void* userp
                     ) noexcept nogil:
    cdef Exchange* ex = <Exchange*> userp
    cdef Block* block
    if not flags & TRITONSERVER_REQUEST_RELEASE_ALL:
        return
    # Nobody reads the inputs any more: the connection may receive into their block again.
    block = ex.block
    ex.block = NULL
    block_drop(block)
    exchange_drop(ex)
