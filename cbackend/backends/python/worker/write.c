/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What goes to the backend, out of Python's objects. Each thing is written twice by the same function:
 * once without memory, to know its size, and once into a block of that size. Tensors lie behind all
 * that describes them.
 *
 * response: (what, flags), of PY_RESPONSE_NONE and _LATER;
 *           (what, flags, code, message), of _ERROR;
 *           (what, flags, parameters or None, tensors), of _OUTPUTS
 * request:  (id, flags, correlation id (a number or a text), time-out, priority, parameters or None,
 *           trace or None, tensors, names)
 * tensor:   (name, data type, shape, View or list of strings) */

#include <string.h>

#include "gpu.h"
#include "process.h"

/* A writer, and where the next tensor's bytes go. */
typedef struct {
  py_writer words;
  uint64_t block;  /* where the block begins in the arena */
  uint64_t tensor; /* from there on */
  bool lends;      /* long views stay where they are: whoever reads has them copied while this side waits */
  bool lent;       /* one has */
  const py_worker *worker;
} pen;

/* From where on a copy costs more than the GIL that is needed once more to let the array go. */
enum { LENT_BYTES = 65536 };

/* From where on a copy to CPU memory costs more than opening an allocation does. */
enum { SHOWN_BYTES = 1 << 20 };

static bool put_text(pen *to, PyObject *object)
{
  char *raw;
  Py_ssize_t raw_size;
  if (object == Py_None) {
    py_put_text(&to->words, NULL, 0);
    return true;
  }
  if (PyBytes_Check(object)) {
    if (PyBytes_AsStringAndSize(object, &raw, &raw_size) != 0) return false;
    py_put_text(&to->words, raw, (uint64_t)raw_size);
    return true;
  }
  if (!PyUnicode_Check(object)) {
    PyErr_SetString(PyExc_TypeError, "a text is expected");
    return false;
  }
  PyObject *bytes = PyUnicode_AsUTF8String(object);
  if (bytes == NULL) return false;
  char *text;
  Py_ssize_t size;
  const bool good = PyBytes_AsStringAndSize(bytes, &text, &size) == 0;
  if (good) py_put_text(&to->words, text, (uint64_t)size);
  Py_DECREF(bytes);
  return good;
}

static bool number(PyObject *tuple, Py_ssize_t index, uint64_t *value)
{
  PyObject *item = PyTuple_GetItem(tuple, index);
  if (item == NULL) return false;
  *value = PyLong_AsUnsignedLongLongMask(item);
  return !PyErr_Occurred();
}

static bool put_tensor_text(pen *to, PyObject *tuple, Py_ssize_t index)
{
  PyObject *item = PyTuple_GetItem(tuple, index);
  return item != NULL && put_text(to, item);
}

/* A list of strings: measured, or written. */
static bool put_strings(pen *to, PyObject *list, uint64_t *size)
{
  int64_t whole;
  if (to->words.to == NULL) {
    whole = py_strings_measure(list);
  } else {
    const uint64_t begin = to->tensor < to->words.limit ? to->tensor : to->words.limit;
    whole = py_strings_write(list, to->words.to + begin, to->words.limit - begin);
  }
  if (whole < 0) return false;
  *size = (uint64_t)whole;
  return true;
}

/* The payload's bytes: measured, or written. */
static bool put_payload(pen *to, PyObject *payload, uint64_t *size)
{
  to->tensor = py_aligned(to->tensor);
  if (!PyObject_TypeCheck(payload, py_view_type)) return put_strings(to, payload, size);
  const py_view *view = (py_view *)payload;
  *size = view->size;
  /* What does not fit, since something has grown, is not written; seal() sees that by the sizes. */
  if (to->words.to == NULL || view->size == 0 || to->tensor > to->words.limit ||
      view->size > to->words.limit - to->tensor)
    return true;
  char *place = to->words.to + to->tensor;
  if (view->memory_type == PY_MEMORY_GPU) return py_gpu_copy((py_view *)payload, place);
  Py_BEGIN_ALLOW_THREADS;
  memcpy(place, view->data, (size_t)view->size);
  Py_END_ALLOW_THREADS;
  return true;
}

/* One that stays in GPU memory: *shown. Whoever reads copies it while this side waits. */
static bool put_on_gpu(pen *to, py_view *view, bool *shown)
{
  const bool direct = py_channel_is_direct(to->worker->channel);
  *shown = false;
  if (view->gpu != NULL && view->gpu->loan != 0) {
    /* What it is worth is the backend's to say; what the model did to it is to be done. */
    if (to->words.to != NULL && !view->gpu->closed && !py_gpu_wait(view)) return false;
    *shown = to->lent = true;
    py_put_u32s(&to->words, PY_MEMORY_GPU, PY_OF_LOAN | view->gpu->index << PY_INDEX_SHIFT);
    py_put_u64(&to->words, (uint64_t)view->device);
    py_put_u64(&to->words, view->gpu->loan);
    py_put_u64(&to->words, view->size);
    return true;
  }
  if (!py_gpu_open(view)) return false;
  if (!direct && (view->size < SHOWN_BYTES || !to->worker->opens_handles || !py_gpu_export(view))) return true;
  if (to->words.to != NULL && !py_gpu_wait(view)) return false;
  *shown = to->lent = true;
  py_put_u32s(&to->words, PY_MEMORY_GPU, direct ? PY_AT_ADDRESS : PY_BY_HANDLE);
  py_put_u64(&to->words, (uint64_t)view->device);
  py_put_u64(&to->words, direct ? (uint64_t)(uintptr_t)view->data : view->gpu->offset);
  py_put_u64(&to->words, view->size);
  if (!direct) py_put(&to->words, &view->gpu->handle, sizeof view->gpu->handle);
  return true;
}

static bool put_tensor(pen *to, PyObject *tensor)
{
  uint64_t datatype, size = 0;
  PyObject *shape = NULL, *payload = NULL;
  if (!PyTuple_Check(tensor) || !put_tensor_text(to, tensor, 0) || !number(tensor, 1, &datatype) ||
      (shape = PyTuple_GetItem(tensor, 2)) == NULL || (payload = PyTuple_GetItem(tensor, 3)) == NULL)
    return false;
  const Py_ssize_t rank = PyTuple_Size(shape);
  if (rank < 0) return false;
  py_put_u32s(&to->words, (uint32_t)datatype, (uint32_t)rank);
  for (Py_ssize_t i = 0; i < rank; i++) {
    uint64_t dimension;
    if (!number(shape, i, &dimension)) return false;
    py_put_u64(&to->words, dimension);
  }
  if (PyObject_TypeCheck(payload, py_view_type) && ((py_view *)payload)->memory_type == PY_MEMORY_GPU) {
    bool shown;
    if (!put_on_gpu(to, (py_view *)payload, &shown)) return false;
    if (shown) return true;
  } else if (to->lends && PyObject_TypeCheck(payload, py_view_type) && ((py_view *)payload)->size >= LENT_BYTES) {
    to->lent = true;
    py_put_u32s(&to->words, PY_MEMORY_CPU, PY_AT_ADDRESS);
    py_put_u64(&to->words, 0);
    py_put_u64(&to->words, (uint64_t)(uintptr_t)((py_view *)payload)->data);
    py_put_u64(&to->words, ((py_view *)payload)->size);
    return true;
  }
  if (!put_payload(to, payload, &size)) return false;
  const py_view *from = PyObject_TypeCheck(payload, py_view_type) ? (py_view *)payload : NULL;
  const bool of_gpu = from != NULL && from->memory_type == PY_MEMORY_GPU;
  py_put_u32s(&to->words, of_gpu ? PY_MEMORY_GPU : PY_MEMORY_CPU, PY_IN_ARENA);
  py_put_u64(&to->words, of_gpu ? (uint64_t)from->device : 0);
  py_put_u64(&to->words, to->block + to->tensor);
  py_put_u64(&to->words, size);
  to->tensor += size;
  return true;
}

static bool put_tensors(pen *to, PyObject *list, uint32_t second)
{
  const Py_ssize_t count = PyList_Size(list);
  if (count < 0) return false;
  py_put_u32s(&to->words, (uint32_t)count, second);
  for (Py_ssize_t i = 0; i < count; i++)
    if (!put_tensor(to, PyList_GetItem(list, i))) return false;
  return true;
}

static bool put_response(pen *to, PyObject *response)
{
  uint64_t what, flags, code;
  if (!number(response, 0, &what) || !number(response, 1, &flags)) return false;
  py_put_u32s(&to->words, (uint32_t)what, (uint32_t)flags);
  if (what == PY_RESPONSE_ERROR) {
    if (!number(response, 2, &code)) return false;
    py_put_u32s(&to->words, (uint32_t)code, 0);
    return put_tensor_text(to, response, 3);
  }
  if (what != PY_RESPONSE_OUTPUTS) return true;
  PyObject *tensors = PyTuple_GetItem(response, 3);
  return tensors != NULL && put_tensor_text(to, response, 2) && put_tensors(to, tensors, 0);
}

static bool put_request(pen *to, PyObject *request)
{
  uint64_t flags, timeout, priority, correlation = 0;
  PyObject *key = PyTuple_GetItem(request, 2);
  PyObject *inputs = PyTuple_GetItem(request, 7), *outputs = PyTuple_GetItem(request, 8);
  if (key == NULL || inputs == NULL || outputs == NULL || !put_tensor_text(to, request, 0) ||
      !number(request, 1, &flags) || !number(request, 3, &timeout) || !number(request, 4, &priority))
    return false;
  const bool is_text = PyUnicode_Check(key);
  if (!is_text && !number(request, 2, &correlation)) return false;
  py_put_u32s(&to->words, (uint32_t)flags, is_text);
  py_put_u64(&to->words, correlation);
  if (!put_text(to, is_text ? key : Py_None)) return false;
  py_put_u64(&to->words, timeout);
  py_put_u64(&to->words, priority);
  const Py_ssize_t names = PyList_Size(outputs);
  if (names < 0 || !put_tensor_text(to, request, 5) || !put_tensor_text(to, request, 6) ||
      !put_tensors(to, inputs, (uint32_t)names))
    return false;
  for (Py_ssize_t i = 0; i < names; i++)
    if (!put_text(to, PyList_GetItem(outputs, i))) return false;
  return true;
}

/* ---- blocks ---- */

typedef bool (*put_function)(pen *to, void *what);

/* Measures, takes a block, writes. What is written may not be larger than it was measured. */
static bool seal(py_worker *worker, put_function put, void *what, bool lends, py_sealed *sealed)
{
  pen measure = {.lends = lends, .worker = worker};
  if (!py_may_talk() || !put(&measure, what)) return false;
  /* The tensors come behind the words, from where they are laid out as they were measured. */
  const uint64_t words = py_aligned(measure.words.size);
  sealed->size = measure.tensor > 0 ? words + measure.tensor : measure.words.size;
  sealed->memory = py_channel_take(worker->channel, sealed->size, &sealed->block);
  if (sealed->memory == NULL) {
    uint64_t size, taken;
    py_channel_shortage(worker->channel, &size, &taken);
    PyErr_Format(PyExc_MemoryError,
                 "%llu bytes are to be sent; the memory shared with the server has %llu, of which %llu "
                 "are taken (parameter SHM_BYTES of the model's configuration)",
                 (unsigned long long)sealed->size, (unsigned long long)size, (unsigned long long)taken);
    return false;
  }
  pen real = {{sealed->memory, 0, sealed->size}, sealed->block, words, lends, false, worker};
  const bool good = put(&real, what);
  sealed->lent = real.lent;
  if (good && real.words.size == measure.words.size && real.tensor <= words + measure.tensor) return true;
  if (good) PyErr_SetString(PyExc_RuntimeError, "a tensor changed while it was written");
  py_channel_untake(worker->channel, sealed->block);
  return false;
}

typedef struct {
  PyObject *list;
  bool flags;
} responses;

static bool put_responses(pen *to, void *what)
{
  const responses *all = what;
  const Py_ssize_t count = PyList_Size(all->list);
  if (count < 0) return false;
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *item = PyList_GetItem(all->list, i);
    PyObject *response = all->flags ? PyTuple_GetItem(item, 0) : item;
    uint64_t release = 0;
    if (response == NULL || (all->flags && !number(item, 1, &release)) || !put_response(to, response))
      return false;
    if (all->flags) py_put_u32s(&to->words, (uint32_t)release, 0);
  }
  return true;
}

bool py_write_responses(py_worker *worker, PyObject *list, bool flags, py_sealed *sealed)
{
  responses all = {list, flags};
  return seal(worker, put_responses, &all, py_channel_is_direct(worker->channel), sealed);
}

typedef struct {
  PyObject *model, *request;
  int64_t version;
  uint64_t memory_type;
  int64_t device;
} addressed;

static bool put_addressed(pen *to, void *what)
{
  const addressed *all = what;
  if (!put_text(to, all->model)) return false;
  py_put_u64(&to->words, (uint64_t)all->version);
  py_put_u64(&to->words, all->memory_type);
  py_put_u64(&to->words, (uint64_t)all->device);
  return put_request(to, all->request);
}

bool py_write_request(py_worker *worker, PyObject *model, int64_t version, uint64_t memory_type, int64_t device,
                      PyObject *request, py_sealed *sealed)
{
  addressed all = {model, request, version, memory_type, device};
  return seal(worker, put_addressed, &all, false, sealed);
}

typedef struct {
  PyObject *const *texts;
  size_t count;
} texts;

static bool put_texts(pen *to, void *what)
{
  const texts *all = what;
  for (size_t i = 0; i < all->count; i++)
    if (!put_text(to, all->texts[i])) return false;
  return true;
}

bool py_write_text(py_worker *worker, PyObject *const *list, size_t count, py_sealed *sealed)
{
  texts all = {list, count};
  return seal(worker, put_texts, &all, false, sealed);
}
