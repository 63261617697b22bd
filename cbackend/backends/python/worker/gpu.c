/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "gpu.h"

#include <stdlib.h>
#include <string.h>

#include "../messages.h"

static char *hint; /* a path that the server uses */

void py_cuda_hint(const char *path)
{
  free(hint);
  hint = *path == '\0' ? NULL : strdup(path);
}

const tb_cuda *py_cuda(void)
{
  const tb_cuda *cuda = tb_cuda_find();
  if (cuda == NULL && hint != NULL && getenv("TRITON_PY_CUDART") == NULL && tb_cuda_load(hint))
    cuda = tb_cuda_find();
  if (cuda != NULL && cuda->devices > 0) return cuda;
  const char *told = getenv("TRITON_PY_CUDART");
  if (cuda != NULL)
    PyErr_SetString(PyExc_RuntimeError, "a tensor in GPU memory: CUDA has no device in the model's process");
  else if (told != NULL)
    PyErr_Format(PyExc_RuntimeError,
                 "a tensor in GPU memory needs the CUDA runtime, and '%s' (TRITON_PY_CUDART) can't be loaded", told);
  else
    PyErr_SetString(PyExc_RuntimeError,
                    "a tensor in GPU memory needs the CUDA runtime (libcudart.so), which the model's process does "
                    "not find: LD_LIBRARY_PATH or TRITON_PY_CUDART say where it is");
  return NULL;
}

static bool failed(const tb_cuda *cuda, int error, const char *what, int64_t device)
{
  if (error == 0) return false;
  (void)cuda->last_error();
  PyErr_Format(PyExc_RuntimeError, "%s on GPU %lld: %s", what, (long long)device, cuda->error_string(error));
  return true;
}

/* ---- allocations that were opened, with the GIL ---- */

/* One in a process for each handle, however many tensors lie in it. */
typedef struct mapping {
  struct mapping *next;
  tb_cuda_handle handle;
  int64_t device;
  void *base;
  size_t users;
  bool stays;
} mapping;

static mapping *mappings;

static mapping *open_mapping(const tb_cuda *cuda, const tb_cuda_handle *handle, int64_t device, bool stays)
{
  mapping *one;
  for (one = mappings; one != NULL; one = one->next)
    if (one->device == device && memcmp(&one->handle, handle, sizeof *handle) == 0) break;
  if (one == NULL) {
    int before;
    one = calloc(1, sizeof *one);
    if (one == NULL) {
      PyErr_NoMemory();
      return NULL;
    }
    int error = tb_cuda_enter(cuda, device, &before);
    if (error == 0) {
      error = cuda->ipc_open(&one->base, *handle, 1 /* cudaIpcMemLazyEnablePeerAccess */);
      tb_cuda_leave(cuda, before);
    }
    if (failed(cuda, error, "opening the server's memory", device)) {
      free(one);
      return NULL;
    }
    one->handle = *handle;
    one->device = device;
    one->stays = stays;
    one->next = mappings;
    mappings = one;
  }
  one->users++;
  return one;
}

static void close_mapping(mapping *one)
{
  if (--one->users > 0 || one->stays) return;
  for (mapping **place = &mappings; *place != NULL; place = &(*place)->next)
    if (*place == one) {
      *place = one->next;
      break;
    }
  const tb_cuda *cuda = tb_cuda_find();
  int before;
  if (tb_cuda_enter(cuda, one->device, &before) == 0) {
    (void)cuda->ipc_close(one->base);
    tb_cuda_leave(cuda, before);
  }
  free(one);
}

/* ---- what a block shows ---- */

typedef struct {
  int64_t device;
  mapping *opened; /* or NULL */
  void *loaned;    /* of a loan within this process, or NULL */
} hold;

struct py_gpu_holds {
  size_t count, capacity;
  hold *all;
};

/* A place for one more. */
static hold *add_hold(PyObject *block)
{
  py_gpu_holds **place = py_block_holds(block), *holds = *place;
  if (holds == NULL) holds = *place = calloc(1, sizeof *holds);
  if (holds != NULL && holds->count == holds->capacity) {
    const size_t capacity = holds->capacity == 0 ? 4 : holds->capacity * 2;
    hold *grown = realloc(holds->all, capacity * sizeof *grown);
    if (grown == NULL) {
      holds = NULL;
    } else {
      holds->all = grown;
      holds->capacity = capacity;
    }
  }
  if (holds == NULL) {
    PyErr_NoMemory();
    return NULL;
  }
  holds->all[holds->count] = (hold){0};
  return &holds->all[holds->count++];
}

void py_gpu_settle(py_gpu_holds *holds)
{
  const tb_cuda *cuda = holds == NULL || holds->count == 0 ? NULL : tb_cuda_find();
  if (cuda == NULL) return;
  /* What was asked of the device with the tensor may not be done, though nobody has the tensor any more. */
  for (size_t i = 0; i < holds->count; i++) {
    bool waited = false;
    for (size_t k = 0; k < i && !waited; k++) waited = holds->all[k].device == holds->all[i].device;
    if (!waited) (void)tb_cuda_wait(cuda, holds->all[i].device, true);
  }
}

void py_gpu_holds_delete(py_gpu_holds *holds, bool take)
{
  if (holds == NULL) return;
  for (size_t i = 0; i < holds->count; i++) {
    const hold *one = &holds->all[i];
    int before;
    if (one->opened != NULL) close_mapping(one->opened);
    if (!take || one->loaned == NULL) continue;
    const tb_cuda *cuda = py_cuda();
    if (cuda == NULL || tb_cuda_enter(cuda, one->device, &before) != 0) {
      PyErr_Clear();
      continue;
    }
    (void)cuda->free(one->loaned);
    tb_cuda_leave(cuda, before);
  }
  free(holds->all);
  free(holds);
}

/* ---- views ---- */

PyObject *py_gpu_view(PyObject *block, void *data, uint32_t place, uint64_t offset, const tb_cuda_handle *handle,
                      uint64_t size, uint32_t datatype, uint32_t rank, const int64_t *shape, int64_t device)
{
  py_view *view = (py_view *)py_view_new(block, data, size, datatype, rank, shape, PY_MEMORY_GPU, device);
  if (view == NULL) return NULL;
  if (data != NULL) {
    hold *one = add_hold(block);
    if (one == NULL) {
      Py_DECREF((PyObject *)view);
      return NULL;
    }
    one->device = device;
    one->loaned = (place & PY_LOANED) != 0 ? data : NULL;
    return (PyObject *)view;
  }
  view->gpu = calloc(1, sizeof *view->gpu);
  if (view->gpu == NULL) {
    Py_DECREF((PyObject *)view);
    return PyErr_NoMemory();
  }
  view->gpu->offset = offset;
  view->gpu->handle = *handle;
  view->gpu->stays = (place & PY_STAYS) != 0;
  view->gpu->loan = py_block_loan(block);
  view->gpu->index = PY_INDEX(place);
  view->gpu->closed = true;
  /* What was opened can't be handed on. */
  view->gpu->is_known = true;
  return (PyObject *)view;
}

bool py_gpu_open(py_view *view)
{
  const tb_cuda *cuda = py_cuda();
  if (cuda == NULL) return false;
  struct py_gpu_memory *gpu = view->gpu;
  if (gpu == NULL || !gpu->closed) return true;
  mapping *opened = open_mapping(cuda, &gpu->handle, view->device, gpu->stays);
  if (opened == NULL) return false;
  hold *one = add_hold(view->owner);
  if (one == NULL) {
    close_mapping(opened);
    return false;
  }
  one->device = view->device;
  one->opened = opened;
  view->data = (char *)opened->base + gpu->offset;
  gpu->closed = false;
  return true;
}

bool py_gpu_export(py_view *view)
{
  if (view->gpu == NULL) {
    view->gpu = calloc(1, sizeof *view->gpu);
    if (view->gpu == NULL) return false;
  }
  struct py_gpu_memory *gpu = view->gpu;
  if (!gpu->is_known)
    gpu->is_own = tb_cuda_export(tb_cuda_find(), view->device, view->data, &gpu->handle, &gpu->offset) == 0;
  gpu->is_known = true;
  return gpu->is_own;
}

bool py_gpu_wait(const py_view *view)
{
  const tb_cuda *cuda = tb_cuda_find();
  int error;
  Py_BEGIN_ALLOW_THREADS;
  error = tb_cuda_wait(cuda, view->device, false);
  Py_END_ALLOW_THREADS;
  return !failed(cuda, error, "waiting for a tensor", view->device);
}

bool py_gpu_copy(const py_view *view, void *to)
{
  const tb_cuda *cuda = tb_cuda_find();
  int before, error;
  Py_BEGIN_ALLOW_THREADS;
  error = tb_cuda_enter(cuda, view->device, &before);
  if (error == 0) {
    error = tb_cuda_copy(cuda, to, view->data, (size_t)view->size);
    tb_cuda_leave(cuda, before);
  }
  Py_END_ALLOW_THREADS;
  return !failed(cuda, error, "copying a tensor", view->device);
}

/* ---- DLPack ---- */

PyObject *py_gpu_produced(PyObject *object, int64_t device)
{
  enum { DEFAULT_STREAM = 1 }; /* as DLPack counts */
  const tb_cuda *cuda = py_cuda();
  int before;
  if (cuda == NULL) return NULL;
  PyObject *method = PyObject_GetAttrString(object, "__dlpack__");
  PyObject *nothing = method == NULL ? NULL : PyTuple_New(0);
  PyObject *keywords = nothing == NULL ? NULL : Py_BuildValue("{s:i}", "stream", (int)DEFAULT_STREAM);
  PyObject *capsule = NULL;
  /* Some take the current device for the tensor's. */
  if (keywords != NULL && !failed(cuda, tb_cuda_enter(cuda, device, &before), "choosing a device", device)) {
    capsule = PyObject_Call(method, nothing, keywords);
    tb_cuda_leave(cuda, before);
  }
  Py_XDECREF(keywords);
  Py_XDECREF(nothing);
  Py_XDECREF(method);
  return capsule;
}

bool py_gpu_wait_for_all(int64_t device)
{
  const tb_cuda *cuda = py_cuda();
  int error;
  if (cuda == NULL) return false;
  Py_BEGIN_ALLOW_THREADS;
  error = tb_cuda_wait(cuda, device, true);
  Py_END_ALLOW_THREADS;
  return !failed(cuda, error, "waiting for a tensor", device);
}
