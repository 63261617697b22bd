# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Label tables (see labels.pxd)."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport strcmp, strdup

from triton_py.core.native cimport tp_add


cdef LabelTable* labels_new(dict labels) except? NULL:
    cdef LabelTable* table
    cdef uint32_t i
    cdef uint64_t j
    cdef bytes text
    if not labels:
        return NULL
    table = <LabelTable*>calloc(1, sizeof(LabelTable))
    if table == NULL:
        raise MemoryError("out of memory for labels")
    table.references = 1
    try:
        table.outputs = <char**>calloc(len(labels), sizeof(char*))
        table.counts = <uint64_t*>calloc(len(labels), sizeof(uint64_t))
        table.labels = <char***>calloc(len(labels), sizeof(char**))
        if table.outputs == NULL or table.counts == NULL or table.labels == NULL:
            raise MemoryError("out of memory for labels")
        for i, (name, names) in enumerate(labels.items()):
            text = name.encode()
            table.outputs[i] = strdup(text)
            table.labels[i] = <char**>calloc(len(names) + 1, sizeof(char*))
            if table.outputs[i] == NULL or table.labels[i] == NULL:
                raise MemoryError("out of memory for labels")
            table.output_count = i + 1
            for j, label in enumerate(names):
                text = label.encode()
                table.labels[i][j] = strdup(text)
                if table.labels[i][j] == NULL:
                    raise MemoryError("out of memory for labels")
                table.counts[i] = j + 1
    except BaseException:
        labels_release(table)
        raise
    return table


cdef void labels_retain(LabelTable* table) noexcept nogil:
    tp_add(&table.references, 1)


cdef void labels_release(LabelTable* table) noexcept nogil:
    cdef uint32_t i
    cdef uint64_t j
    if tp_add(&table.references, -1) != 0:
        return
    for i in range(table.output_count):
        for j in range(table.counts[i]):
            free(table.labels[i][j])
        free(table.labels[i])
        free(table.outputs[i])
    free(table.labels)
    free(table.counts)
    free(table.outputs)
    free(table)


cdef const char* labels_find(LabelTable* table, const char* output, size_t index) noexcept nogil:
    cdef uint32_t i
    if table == NULL:
        return NULL
    for i in range(table.output_count):
        if strcmp(table.outputs[i], output) == 0:
            return table.labels[i][index] if index < table.counts[i] else NULL
    return NULL
