# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a ``ModelInferResponse`` into one bytes object."""

from libc.stdint cimport int64_t
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
cdef cppclass ResponseParts:
    View model_name
    View model_version
    View id
    vector[Param] params
    vector[OutputParts] outputs


# A ModelInferResponse, or with `stream` a ModelStreamInferResponse around it. With `error` the
# stream message's error_message is set too.
cdef bytes encode(ResponseParts &parts, bint stream, View error)
