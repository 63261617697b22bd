/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* BYTES tensors: each element is its size in 4 bytes and its bytes. */

#include <string.h>

#include "bridge.h"

PyObject *py_strings_read(const char *data, uint64_t size)
{
  uint64_t count = 0;
  for (uint64_t at = 0; at < size; count++) {
    uint32_t length;
    if (size - at < sizeof length) break;
    memcpy(&length, data + at, sizeof length);
    at += sizeof length;
    if (length > size - at) {
      PyErr_Format(PyExc_ValueError, "element %llu of a BYTES tensor ends beyond its %llu bytes",
                   (unsigned long long)count, (unsigned long long)size);
      return NULL;
    }
    at += length;
  }
  PyObject *list = PyList_New((Py_ssize_t)count);
  if (list == NULL) return NULL;
  uint64_t at = 0;
  for (uint64_t i = 0; i < count; i++) {
    uint32_t length;
    memcpy(&length, data + at, sizeof length);
    at += sizeof length;
    PyObject *element = PyBytes_FromStringAndSize(data + at, (Py_ssize_t)length);
    if (element == NULL || PyList_SetItem(list, (Py_ssize_t)i, element) != 0) {
      Py_DECREF(list);
      return NULL;
    }
    at += length;
  }
  if (at != size) {
    PyErr_Format(PyExc_ValueError, "a BYTES tensor has %llu bytes behind its last element",
                 (unsigned long long)(size - at));
    Py_DECREF(list);
    return NULL;
  }
  return list;
}

/* Of the limited API from Python 3.10 on; 3.9 has it, too. */
#if Py_LIMITED_API + 0 < 0x030A0000
extern const char *PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *size);
#endif

/* The bytes of an element: its own, or those of its text, which lives in the element, or in *made. */
static bool element_bytes(PyObject *element, PyObject **made, const char **bytes, Py_ssize_t *size)
{
  *made = NULL;
  if (PyBytes_Check(element)) {
    char *own;
    if (PyBytes_AsStringAndSize(element, &own, size) != 0) return false;
    *bytes = own;
    return true;
  }
  if (!PyUnicode_Check(element)) {
    element = *made = PyObject_Str(element);
    if (element == NULL) return false;
  }
  *bytes = PyUnicode_AsUTF8AndSize(element, size);
  return *bytes != NULL;
}

int64_t py_strings_measure(PyObject *list)
{
  int64_t whole = 0;
  const Py_ssize_t count = PyList_Size(list);
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *made;
    const char *bytes;
    Py_ssize_t size = 0;
    const bool good = element_bytes(PyList_GetItem(list, i), &made, &bytes, &size);
    Py_XDECREF(made);
    if (!good) return -1;
    if ((uint64_t)size > UINT32_MAX) {
      PyErr_Format(PyExc_ValueError, "element %zd of a BYTES tensor has %zd bytes, 4 GiB and more", i,
                   size);
      return -1;
    }
    whole += 4 + (int64_t)size;
  }
  return whole;
}

int64_t py_strings_write(PyObject *list, char *to, uint64_t limit)
{
  uint64_t at = 0;
  const Py_ssize_t count = PyList_Size(list);
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *made;
    const char *bytes;
    Py_ssize_t length = 0;
    const bool good = element_bytes(PyList_GetItem(list, i), &made, &bytes, &length);
    const bool fits = good && limit - at >= 4 && (uint64_t)length <= limit - at - 4;
    if (fits) {
      const uint32_t head = (uint32_t)length;
      memcpy(to + at, &head, sizeof head);
      memcpy(to + at + 4, bytes, (size_t)length);
      at += 4 + (uint64_t)length;
    }
    Py_XDECREF(made);
    if (!good) return -1;
    if (!fits) {
      PyErr_SetString(PyExc_RuntimeError, "the elements of a BYTES tensor changed while they were written");
      return -1;
    }
  }
  return (int64_t)at;
}
