# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A request's header fields, as they come, into its Call."""

from libc.stdint cimport uint8_t

from triton_py.grpc._call cimport Call


# Takes one field in. With `keep` the client's own fields become the call's metadata, whatever its
# method; else only for methods other than ModelInfer. -1: no memory.
cdef int take_field(Call* call, const uint8_t* name, size_t name_size, const uint8_t* value,
                    size_t value_size, bint keep) noexcept nogil
# The metadata as a list of (str, str or bytes).
cdef list metadata_list(Call* call)
