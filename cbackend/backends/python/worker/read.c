/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What comes from the backend, as Python's objects. It is the server's and taken at its word; a reader
 * that is broken all the same ends in an exception. */

#include "gpu.h"
#include "process.h"

static PyObject *broken(void)
{
  PyErr_SetString(PyExc_RuntimeError, "the server sent what makes no sense");
  return NULL;
}

/* None for NULL. */
static PyObject *text(py_reader *reader)
{
  uint64_t size;
  const char *words = py_get_text(reader, &size);
  if (words == NULL) Py_RETURN_NONE;
  return PyUnicode_DecodeUTF8(words, (Py_ssize_t)size, "replace");
}

/* (name, view) */
static PyObject *tensor(py_worker *worker, PyObject *block, py_reader *reader)
{
  uint32_t memory_type, place;
  py_tensor_head head;
  py_get_head(reader, &head);
  py_get_u32s(reader, &memory_type, &place);
  const int64_t device = (int64_t)py_get_u64(reader);
  const uint64_t offset = py_get_u64(reader), size = py_get_u64(reader);
  const tb_cuda_handle *handle = NULL;
  char *data = NULL;
  if ((place & PY_PLACES) == PY_BY_HANDLE)
    handle = py_get(reader, sizeof *handle);
  else if (!reader->broken)
    data = py_tensor_at(worker->channel, place & PY_PLACES, offset, size);
  if (head.name == NULL || (data == NULL && handle == NULL)) return broken();
  PyObject *view =
      memory_type == PY_MEMORY_GPU
          ? py_gpu_view(block, data, place, offset, handle, size, head.datatype, head.rank, head.shape,
                        device)
          : py_view_new(block, data, size, head.datatype, head.rank, head.shape, memory_type, device);
  PyObject *name =
      view == NULL ? NULL : PyUnicode_DecodeUTF8(head.name, (Py_ssize_t)head.name_size, "replace");
  if (name == NULL) {
    Py_XDECREF(view);
    return NULL;
  }
  return Py_BuildValue("(NN)", name, view);
}

static PyObject *tensors(py_worker *worker, PyObject *block, py_reader *reader, uint32_t count)
{
  /* Each takes some bytes: a count beyond them is none that was meant. */
  if (count > reader->size) return broken();
  PyObject *list = PyList_New(0);
  for (uint32_t i = 0; list != NULL && i < count; i++) {
    PyObject *one = tensor(worker, block, reader);
    if (one == NULL || PyList_Append(list, one) != 0) Py_CLEAR(list);
    Py_XDECREF(one);
  }
  return list;
}

/* (id, flags, correlation id, time-out, priority, parameters, trace, inputs, requested outputs) */
static PyObject *request(py_worker *worker, PyObject *block, py_reader *reader)
{
  uint32_t flags, is_text, input_count, output_count;
  PyObject *id = text(reader), *correlation = NULL, *parameters = NULL, *trace = NULL;
  PyObject *inputs = NULL, *outputs = NULL;
  py_get_u32s(reader, &flags, &is_text);
  const uint64_t number = py_get_u64(reader);
  correlation = text(reader);
  if (!is_text) {
    Py_XDECREF(correlation);
    correlation = PyLong_FromUnsignedLongLong(number);
  }
  const uint64_t timeout = py_get_u64(reader), priority = py_get_u64(reader);
  parameters = text(reader);
  trace = text(reader);
  py_get_u32s(reader, &input_count, &output_count);
  if (reader->broken) {
    broken();
    goto fail;
  }
  inputs = tensors(worker, block, reader, input_count);
  outputs = PyList_New(0);
  for (uint32_t i = 0; inputs != NULL && outputs != NULL && i < output_count && !reader->broken; i++) {
    PyObject *name = text(reader);
    if (name == NULL || PyList_Append(outputs, name) != 0) Py_CLEAR(outputs);
    Py_XDECREF(name);
  }
  if (reader->broken && !PyErr_Occurred()) broken();
  if (id == NULL || correlation == NULL || parameters == NULL || trace == NULL || inputs == NULL ||
      outputs == NULL || reader->broken)
    goto fail;
  return Py_BuildValue("(NINKKNNNN)", id, (unsigned)flags, correlation, (unsigned long long)timeout,
                       (unsigned long long)priority, parameters, trace, inputs, outputs);
fail:
  Py_XDECREF(id);
  Py_XDECREF(correlation);
  Py_XDECREF(parameters);
  Py_XDECREF(trace);
  Py_XDECREF(inputs);
  Py_XDECREF(outputs);
  return NULL;
}

PyObject *py_read_requests(py_worker *worker, PyObject *block, const py_message *message)
{
  const char *memory = py_channel_at(worker->channel, message->block, message->size);
  if (memory == NULL) return broken();
  py_reader reader = {.from = memory, .size = message->size};
  PyObject *list = PyList_New(0);
  for (uint64_t i = 0; list != NULL && i < message->values[0]; i++) {
    PyObject *one = request(worker, block, &reader);
    if (one == NULL || PyList_Append(list, one) != 0) Py_CLEAR(list);
    Py_XDECREF(one);
  }
  return list;
}

/* (outputs, parameters), or (code, message) of an error; flags behind either. */
PyObject *py_read_response(py_worker *worker, PyObject *block, py_reader *reader)
{
  uint32_t what, flags, first, second;
  py_get_u32s(reader, &what, &flags);
  if (what == PY_RESPONSE_ERROR) {
    py_get_u32s(reader, &first, &second);
    PyObject *message = text(reader);
    if (message == NULL) return NULL;
    if (reader->broken) {
      Py_DECREF(message);
      return broken();
    }
    return Py_BuildValue("(OINI)", Py_True, (unsigned)first, message, (unsigned)flags);
  }
  PyObject *parameters = text(reader);
  py_get_u32s(reader, &first, &second);
  PyObject *outputs = reader->broken ? broken() : tensors(worker, block, reader, first);
  if (parameters == NULL || outputs == NULL) {
    Py_XDECREF(parameters);
    Py_XDECREF(outputs);
    return NULL;
  }
  return Py_BuildValue("(ONNI)", Py_False, outputs, parameters, (unsigned)flags);
}
