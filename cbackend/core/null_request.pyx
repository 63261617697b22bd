# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Null requests (see null_request.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from triton_py.abi.types cimport *
from triton_py.core.arena cimport arena_alloc
from triton_py.core.buffer_attributes cimport buffer_attributes_set
from triton_py.core.channel cimport channel_new
from triton_py.core.model cimport model_leave
from triton_py.core.native cimport tp_add, tp_now_ns, tp_store
from triton_py.core.objects cimport (
    INPUT_MAGIC,
    REQUEST_PENDING,
    Input,
    Model,
    Piece,
    Request,
    Response,
    Sequencer,
)
from triton_py.core.request cimport request_free, request_new
from triton_py.core.response cimport response_free
from triton_py.core.scratch_allocator cimport scratch_allocator
from triton_py.core.sequence_inputs cimport sequence_inputs_add
from triton_py.core.state_value cimport states_like, states_release

cdef void _response(
    TRITONSERVER_InferenceResponse* response, const uint32_t flags, void* userp
) noexcept nogil:
    if response != NULL:
        response_free(<Response*>response)


cdef void _release(
    TRITONSERVER_InferenceRequest* request, const uint32_t flags, void* userp
) noexcept nogil:
    request_free(<Request*>request)


cdef bint _input(Request* request, Input* it, const Input* like, void* zeros) noexcept nogil:
    cdef Piece* piece = <Piece*>arena_alloc(&request.arena, sizeof(Piece))
    cdef uint64_t size = _size(like)
    it.shape = <int64_t*>arena_alloc(
        &request.arena, sizeof(int64_t) * (like.rank + like.model_rank + 1))
    if piece == NULL or it.shape == NULL:
        return False
    it.magic = INPUT_MAGIC
    it.request = request
    it.name = like.spec.name
    it.spec = like.spec
    it.datatype = like.datatype
    it.rank = like.rank
    it.model_rank = like.model_rank
    it.model_shape = it.shape + like.rank
    memcpy(it.shape, like.shape, sizeof(int64_t) * like.rank)
    memcpy(it.model_shape, like.model_shape, sizeof(int64_t) * like.model_rank)
    it.pieces = piece
    it.piece_count = 1
    it.piece_capacity = 1
    it.byte_size = size
    piece.base = zeros
    piece.host_policy = NULL
    buffer_attributes_set(&piece.attributes, TRITONSERVER_MEMORY_CPU, 0, size)
    if like.spec.shape_tensor and like.piece_count == 1 and (
            like.pieces[0].attributes.memory_type != TRITONSERVER_MEMORY_GPU):
        # Its values are part of the shape.
        piece.base = arena_alloc(&request.arena, size + 1)
        if piece.base == NULL:
            return False
        memcpy(<void*>piece.base, like.pieces[0].base, size)
    return True


cdef uint64_t _size(const Input* like) noexcept nogil:
    """As many zeros; of strings as many empty ones, each its length alone."""
    cdef uint64_t size = 4
    cdef uint32_t i
    if like.datatype != TRITONSERVER_TYPE_BYTES:
        return like.byte_size
    for i in range(like.model_rank):
        size *= <uint64_t>like.model_shape[i]  # checked: 4 bytes each are there
    return size


cdef bint _fill(Request* request, Request* like, Sequencer* sequencer) noexcept nogil:
    cdef uint64_t largest = 0
    cdef void* zeros
    cdef uint32_t i
    for i in range(like.input_count):
        if _size(&like.inputs[i]) > largest:
            largest = _size(&like.inputs[i])
    zeros = arena_alloc(&request.arena, largest + 1)
    request.inputs = <Input*>arena_alloc(&request.arena, sizeof(Input) * (like.input_count + 1))
    if zeros == NULL or request.inputs == NULL:
        return False
    memset(zeros, 0, largest + 1)
    memset(request.inputs, 0, sizeof(Input) * (like.input_count + 1))
    request.input_capacity = like.input_count
    for i in range(like.input_count):
        if not _input(request, &request.inputs[i], &like.inputs[i], zeros):
            return False
        request.input_count = i + 1
    if like.states != NULL:
        # Its own: a sequence's state must not change by a step that nobody asked for.
        request.states = states_like(like.states)
        if request.states == NULL:
            return False
    return sequence_inputs_add(request, sequencer, False)


cdef Request* null_request_new(Request* like, Sequencer* sequencer) noexcept nogil:
    cdef Model* model = sequencer.model
    cdef Request* request = request_new(like.server)
    if request == NULL:
        return NULL
    request.is_null = True
    request.model_name = model.name
    request.model_version = model.version
    request.batch_size = like.batch_size
    request.allocator = scratch_allocator()
    request.response_fn = _response
    request.release_fn = _release
    request.request_start = tp_now_ns()
    request.queue_start = request.request_start
    request.batcher_start = request.request_start
    if _fill(request, like, sequencer):
        # The requests beside it are in flight: the model can't have been closed.
        tp_add(&model.in_flight, 1)
        request.channel = channel_new(request, model)
        if request.channel != NULL:
            request.model = model
            tp_store(&request.state, REQUEST_PENDING)
            return request
        model_leave(model)
    states_release(request.states)
    request.states = NULL
    request_free(request)
    return NULL
