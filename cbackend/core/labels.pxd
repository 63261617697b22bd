# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Class names of outputs, shared by a model and its responses."""

from triton_py.core.objects cimport LabelTable

# With the GIL: a table from {output: [label, ...]}, or NULL for an empty dict.
cdef LabelTable* labels_new(dict labels) except? NULL
cdef void labels_retain(LabelTable* table) noexcept nogil
cdef void labels_release(LabelTable* table) noexcept nogil
# Borrowed from the table; NULL: no such label. `table` may be NULL.
cdef const char* labels_find(LabelTable* table, const char* output, size_t index) noexcept nogil
