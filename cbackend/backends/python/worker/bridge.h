/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The module `_bridge`: what a model's Python side needs from C.
 *
 * It is built against Python's limited API of 3.9, so that one file serves every Python from there on,
 * whichever the model's environment has, and uses no numpy but what numpy's objects say of themselves.
 *
 * References: functions return new ones; what they take is borrowed. NULL, or -1, with an exception set
 * where something fails. All with the GIL unless it says otherwise. */

#ifndef PY_BRIDGE_H
#define PY_BRIDGE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "../wire.h"

/* The data types by their numbers in TRITONSERVER_DataType. */
enum {
  PY_TYPE_INVALID, PY_TYPE_BOOL, PY_TYPE_UINT8, PY_TYPE_UINT16, PY_TYPE_UINT32, PY_TYPE_UINT64,
  PY_TYPE_INT8, PY_TYPE_INT16, PY_TYPE_INT32, PY_TYPE_INT64, PY_TYPE_FP16, PY_TYPE_FP32, PY_TYPE_FP64,
  PY_TYPE_BYTES, PY_TYPE_BF16, PY_TYPE_COUNT
};

/* Where a tensor lies, as TRITONSERVER_MemoryType counts. */
enum { PY_MEMORY_CPU, PY_MEMORY_CPU_PINNED, PY_MEMORY_GPU };

struct py_gpu_memory;

/* A tensor in memory that somebody else has: `owner` keeps it. */
typedef struct {
  PyObject_HEAD
  PyObject *owner; /* NULL for memory of no bytes */
  char *data;      /* of GPU memory, after py_gpu_open() */
  struct py_gpu_memory *gpu; /* NULL where there is nothing to say (gpu.h) */
  uint64_t size;
  uint32_t datatype;
  uint32_t rank;
  uint32_t memory_type;
  int64_t device;
  int64_t shape[PY_MOST_DIMENSIONS];
} py_view;

/* Py_NewRef() is not in the limited API of 3.9. */
static inline PyObject *py_ref(PyObject *object)
{
  Py_INCREF(object);
  return object;
}

extern PyTypeObject *py_view_type;

/* A view of the memory, in C order. Refuses too many dimensions. */
PyObject *py_view_new(PyObject *owner, void *data, uint64_t size, uint32_t datatype, uint32_t rank,
                      const int64_t *shape, uint32_t memory_type, int64_t device);

int py_view_ready(PyObject *module);

/* Bytes of an element, 0 for BYTES and what is no type. */
uint32_t py_element_size(uint32_t datatype);

/* The elements of a serialized BYTES tensor, as a list of bytes. */
PyObject *py_strings_read(const char *data, uint64_t size);

/* The bytes that a list of bytes and str takes when it is serialized; -1 with an exception that names the
 * element that is neither. Elements of other types are written as str() writes them, as Triton does. */
int64_t py_strings_measure(PyObject *list);

/* Writes it to memory of so many bytes, and returns how many it took; -1 with an exception, also where the
 * list has grown since it was measured. */
int64_t py_strings_write(PyObject *list, char *to, uint64_t limit);

/* DLPack: a capsule that exports a view, and a view of what a capsule (or an object with __dlpack__)
 * brings. */
PyObject *py_dlpack_export(py_view *view);
PyObject *py_dlpack_import(PyObject *object);

#endif
