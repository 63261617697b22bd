# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where messages are packed and unpacked, and what happens meanwhile.

Work on another thread holds its call, and the call may lose its stream meanwhile.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

from triton_py.frontend._memory cimport Block, block_data, block_drop, block_new
from triton_py.grpc._answer cimport STATUS_OK, answer_error, answer_message, answer_status
from triton_py.grpc._call cimport (
    CODING_DEFLATE,
    CODING_GZIP,
    Call,
    Coding,
    call_drop,
    call_hold,
)
from triton_py.grpc._callbacks cimport begin_call
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._outgoing cimport (
    PREFIX,
    Outgoing,
    outgoing_bytes,
    outgoing_drop,
    outgoing_joined,
)

from triton_py.grpc.compression import pack, unpack

cdef enum:
    ELSEWHERE = 64 * 1024       # messages from this size on are worked on by a thread


cdef str coding_name(Coding coding):
    return {CODING_DEFLATE: "deflate", CODING_GZIP: "gzip"}.get(coding, "identity")


cdef class Work:
    """A call that waits for a thread."""

    cdef Call* call

    def __dealloc__(self):
        if self.call != NULL:
            call_drop(self.call)

    def unpacked(self, future) -> None:
        """Back on the loop."""
        cdef Connection connection
        if self.call.connection == NULL or future.cancelled():
            return
        connection = <Connection> self.call.connection
        try:
            if not self.call.ended and _take_unpacked(connection, self.call, future):
                begin_call(connection, self.call)
            connection.pump()
        except Exception:
            connection.give_up()

    def packed(self, future) -> None:
        """Back on the loop."""
        cdef Connection connection
        if self.call.connection == NULL or future.cancelled():
            return
        connection = <Connection> self.call.connection
        try:
            _send_packed(connection, self.call, future.result())
            connection.pump()
        except Exception:
            connection.give_up()


cdef Work _work(Call* call):
    cdef Work work = Work.__new__(Work)
    call_hold(call)
    work.call = call
    return work


# --- received --------------------------------------------------------------------------------


cdef int _replace(Call* call, bytes plain) except -1:
    cdef size_t size = <size_t> PyBytes_GET_SIZE(plain)
    cdef Block* block = block_new(size or 1)
    if block == NULL:
        raise MemoryError("no memory for an unpacked message")
    memcpy(block_data(block), PyBytes_AS_STRING(plain), size)
    block_drop(call.block)
    call.block = block
    call.size = call.have = size
    call.compressed = False
    return 0


cdef bint _take_unpacked(Connection connection, Call* call, future) except -1:
    try:
        _replace(call, future.result())
    except Exception as error:
        answer_error(connection, call, error)
        return False
    return True


cdef bint unpack_message(Connection connection, Call* call) except -1:
    cdef str coding = coding_name(call.encoding)
    cdef object limit = connection.endpoint.max_message
    cdef bytes packed = PyBytes_FromStringAndSize(
        block_data(call.block) if call.block != NULL else NULL, <Py_ssize_t> call.size)
    if call.size >= ELSEWHERE:
        future = connection.endpoint.loop.run_in_executor(
            connection.endpoint.pool, unpack, packed, coding, limit)
        future.add_done_callback(_work(call).unpacked)
        return False
    try:
        _replace(call, unpack(packed, coding, limit))
    except Exception as error:
        answer_error(connection, call, error)
        return False
    return True


# --- sent ------------------------------------------------------------------------------------


cdef int _send_packed(Connection connection, Call* call, bytes packed) except -1:
    cdef Outgoing* answer = call.answer
    call.answer = NULL
    if packed is not None:
        outgoing_drop(answer)
        answer = outgoing_bytes(packed, True)
    answer_message(connection, call, answer)
    return answer_status(connection, call, STATUS_OK, None)


cdef int pack_answer(Connection connection, Call* call) except -1:
    cdef str coding = coding_name(connection.endpoint.coding)
    cdef bytes plain = outgoing_joined(call.answer)
    if call.answer.left - PREFIX >= ELSEWHERE:
        future = connection.endpoint.loop.run_in_executor(
            connection.endpoint.pool, pack, plain, coding)
        future.add_done_callback(_work(call).packed)
        return 0
    return _send_packed(connection, call, pack(plain, coding))
