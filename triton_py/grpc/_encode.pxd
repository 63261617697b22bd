# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a ``ModelInferResponse`` into one bytes object."""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp.vector cimport vector

from triton_py.grpc._decode cimport Param
from triton_py.grpc._wire cimport View


cdef struct OutputParts:
    View name
    View datatype
    const int64_t *shape
    size_t rank
    View data


# What a response is made of; every view is borrowed and lives until encode() returns.
cdef enum:
    ACCOUNT_ROOM = 1200     # the core's account is shorter than 1024


cdef cppclass ResponseParts:
    View model_name
    View model_version
    View id
    vector[Param] params
    vector[OutputParts] outputs
    char[ACCOUNT_ROOM] account      # what a parameter's text may be written to


# Bytes of the message: a ModelInferResponse, or with `stream` a ModelStreamInferResponse around
# it. With `error` the stream message's error_message is set too.
cdef uint64_t message_size(ResponseParts &parts, bint stream, View error) noexcept nogil
# Writes everything before the first output's data; returns where it ends.
cdef uint8_t *put_before_data(uint8_t *at, ResponseParts &parts, bint stream, View error
                              ) noexcept nogil
# Writes what stands before an output's data.
cdef uint8_t *put_data_head(uint8_t *at, const OutputParts *output) noexcept nogil
# The whole message as an object of its own.
cdef bytes encode(ResponseParts &parts, bint stream, View error)
