# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A received message as a Python object that owns the memory it was gathered in."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

from triton_py.frontend._memory cimport Block, block_data, block_drop, block_new

cdef char _nothing = 0


cdef class Received:
    """One message as it was received; ``bytes(message)`` copies it."""

    def __init__(self):
        raise TypeError("messages come from a connection")

    def __dealloc__(self):
        block_drop(self.block)

    def __len__(self):
        return self.size

    def __bytes__(self):
        return PyBytes_FromStringAndSize(self.data(), <Py_ssize_t> self.size)

    cdef const char* data(self) noexcept:
        return block_data(self.block) if self.block != NULL else &_nothing


cdef Received received(Block* block, size_t size):
    cdef Received message = Received.__new__(Received)
    message.block = block
    message.size = size
    return message


cdef Received received_bytes(bytes data):
    cdef size_t size = <size_t> PyBytes_GET_SIZE(data)
    cdef Block* block = block_new(size or 1)
    if block == NULL:
        raise MemoryError("no memory for a message")
    memcpy(block_data(block), PyBytes_AS_STRING(data), size)
    return received(block, size)
