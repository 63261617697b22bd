/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* DLPack, the way in which frameworks hand tensors to each other without a copy: in a capsule named
 * "dltensor", which whoever takes the tensor renames "used_dltensor" (dmlc.github.io/dlpack). */

#include <stdlib.h>
#include <string.h>

#include "gpu.h"

enum { DEVICE_CPU = 1, DEVICE_CUDA = 2, DEVICE_CUDA_HOST = 3, DEVICE_CUDA_MANAGED = 13 };
enum { CODE_INT, CODE_UINT, CODE_FLOAT, CODE_BFLOAT = 4, CODE_BOOL = 6 };

typedef struct {
  int32_t type, id;
} dl_device;

typedef struct {
  uint8_t code, bits;
  uint16_t lanes;
} dl_type;

typedef struct {
  void *data;
  dl_device device;
  int32_t rank;
  dl_type type;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} dl_tensor;

typedef struct dl_managed {
  dl_tensor tensor;
  void *context;
  void (*deleter)(struct dl_managed *);
} dl_managed;

static const dl_type TYPES[PY_TYPE_COUNT] = {
    [PY_TYPE_BOOL] = {CODE_BOOL, 8, 1},    [PY_TYPE_UINT8] = {CODE_UINT, 8, 1},
    [PY_TYPE_UINT16] = {CODE_UINT, 16, 1}, [PY_TYPE_UINT32] = {CODE_UINT, 32, 1},
    [PY_TYPE_UINT64] = {CODE_UINT, 64, 1}, [PY_TYPE_INT8] = {CODE_INT, 8, 1},
    [PY_TYPE_INT16] = {CODE_INT, 16, 1},   [PY_TYPE_INT32] = {CODE_INT, 32, 1},
    [PY_TYPE_INT64] = {CODE_INT, 64, 1},   [PY_TYPE_FP16] = {CODE_FLOAT, 16, 1},
    [PY_TYPE_FP32] = {CODE_FLOAT, 32, 1},  [PY_TYPE_FP64] = {CODE_FLOAT, 64, 1},
    [PY_TYPE_BF16] = {CODE_BFLOAT, 16, 1},
};

/* ---- out ---- */

/* Called by whoever took the tensor, on any thread. */
static void release_view(dl_managed *managed)
{
  PyGILState_STATE state = PyGILState_Ensure();
  Py_DECREF((PyObject *)managed->context);
  PyGILState_Release(state);
  free(managed);
}

/* Of a capsule that nobody took. */
static void destroy_capsule(PyObject *capsule)
{
  if (!PyCapsule_IsValid(capsule, "dltensor")) return;
  dl_managed *managed = PyCapsule_GetPointer(capsule, "dltensor");
  managed->deleter(managed);
}

PyObject *py_dlpack_export(py_view *view)
{
  if (view->datatype >= PY_TYPE_COUNT || TYPES[view->datatype].bits == 0) {
    PyErr_SetString(PyExc_BufferError, "DLPack has no strings");
    return NULL;
  }
  if (view->memory_type == PY_MEMORY_GPU && !py_gpu_open(view)) return NULL;
  dl_managed *made = malloc(sizeof *made + 2 * view->rank * sizeof(int64_t));
  if (made == NULL) return PyErr_NoMemory();
  int64_t *shape = (int64_t *)(made + 1), *strides = shape + view->rank, step = 1;
  for (uint32_t i = view->rank; i-- > 0;) {
    shape[i] = view->shape[i];
    strides[i] = step;
    step *= shape[i] > 0 ? shape[i] : 1;
  }
  dl_device device = {DEVICE_CPU, 0};
  if (view->memory_type == PY_MEMORY_GPU) device = (dl_device){DEVICE_CUDA, (int32_t)view->device};
  *made = (dl_managed){
      {view->data, device, (int32_t)view->rank, TYPES[view->datatype], shape, strides, 0},
      view, release_view};
  PyObject *capsule = PyCapsule_New(made, "dltensor", destroy_capsule);
  if (capsule == NULL) {
    free(made);
    return NULL;
  }
  Py_INCREF((PyObject *)view);
  return capsule;
}

/* ---- in ---- */

static void delete_taken(PyObject *owner)
{
  dl_managed *managed = PyCapsule_GetPointer(owner, "triton-py taken tensor");
  if (managed != NULL && managed->deleter != NULL) managed->deleter(managed);
}

static uint32_t datatype_of(dl_type type)
{
  for (uint32_t i = 0; i < PY_TYPE_COUNT; i++)
    if (TYPES[i].bits != 0 && TYPES[i].code == type.code && TYPES[i].bits == type.bits) return i;
  /* Some export booleans as numbers of one bit. */
  return type.code == CODE_UINT && type.bits == 1 ? PY_TYPE_BOOL : PY_TYPE_INVALID;
}

/* Dimensions of one element may have any stride. */
static bool in_c_order(const dl_tensor *tensor)
{
  if (tensor->strides == NULL) return true;
  int64_t step = 1;
  for (int32_t i = tensor->rank; i-- > 0;) {
    if (tensor->shape[i] == 0) return true;
    if (tensor->shape[i] != 1 && tensor->strides[i] != step) return false;
    step *= tensor->shape[i];
  }
  return true;
}

static PyObject *view_of_tensor(PyObject *owner, const dl_tensor *tensor)
{
  const uint32_t datatype = tensor->type.lanes == 1 ? datatype_of(tensor->type) : PY_TYPE_INVALID;
  if (datatype == PY_TYPE_INVALID) {
    PyErr_Format(PyExc_ValueError, "DLPack's type (code %d, %d bits, %d lanes) is no tensor's type here",
                 (int)tensor->type.code, (int)tensor->type.bits, (int)tensor->type.lanes);
    return NULL;
  }
  if (!in_c_order(tensor)) {
    PyErr_SetString(PyExc_ValueError, "the tensor is not contiguous in C order: make a copy that is");
    return NULL;
  }
  uint32_t memory_type = PY_MEMORY_CPU;
  switch (tensor->device.type) {
    case DEVICE_CPU: break;
    case DEVICE_CUDA_HOST: memory_type = PY_MEMORY_CPU_PINNED; break;
    case DEVICE_CUDA:
    case DEVICE_CUDA_MANAGED: memory_type = PY_MEMORY_GPU; break;
    default:
      PyErr_Format(PyExc_ValueError, "DLPack device type %d is neither a CPU nor CUDA",
                   (int)tensor->device.type);
      return NULL;
  }
  uint64_t size = py_element_size(datatype);
  for (int32_t i = 0; i < tensor->rank; i++) size *= (uint64_t)tensor->shape[i];
  return py_view_new(owner, (char *)tensor->data + tensor->byte_offset, size, datatype,
                     (uint32_t)tensor->rank, tensor->shape, memory_type,
                     memory_type == PY_MEMORY_CPU ? 0 : tensor->device.id);
}

/* The capsule of an object; *ready says that a tensor of a GPU can be read on its default stream. */
static PyObject *capsule_of(PyObject *object, bool *ready)
{
  int type;
  long long id;
  *ready = false;
  if (PyCapsule_IsValid(object, "dltensor")) return py_ref(object);
  if (!PyObject_HasAttrString(object, "__dlpack_device__")) return PyObject_CallMethod(object, "__dlpack__", NULL);
  PyObject *device = PyObject_CallMethod(object, "__dlpack_device__", NULL);
  if (device == NULL) return NULL;
  /* The type may be a number of an enum's. */
  PyObject *place = PySequence_Tuple(device);
  Py_DECREF(device);
  const bool good = place != NULL && PyArg_ParseTuple(place, "iL", &type, &id);
  Py_XDECREF(place);
  if (!good) return NULL;
  *ready = type == DEVICE_CUDA || type == DEVICE_CUDA_MANAGED;
  return *ready ? py_gpu_produced(object, id) : PyObject_CallMethod(object, "__dlpack__", NULL);
}

PyObject *py_dlpack_import(PyObject *object)
{
  bool ready;
  PyObject *capsule = capsule_of(object, &ready);
  if (capsule == NULL) return NULL;
  dl_managed *managed = PyCapsule_GetPointer(capsule, "dltensor");
  if (managed == NULL) {
    PyErr_Clear();
    PyErr_SetString(PyExc_ValueError, "neither a DLPack capsule that nobody has taken, nor an object "
                                      "whose __dlpack__ yields one");
    Py_DECREF(capsule);
    return NULL;
  }
  if (managed->deleter == release_view && PyCapsule_SetName(capsule, "used_dltensor") == 0) {
    /* It has made it itself. */
    PyObject *own = py_ref(managed->context);
    managed->deleter(managed);
    Py_DECREF(capsule);
    return own;
  }
  PyObject *owner = PyCapsule_New(managed, "triton-py taken tensor", NULL);
  if (owner == NULL || PyCapsule_SetName(capsule, "used_dltensor") != 0) {
    Py_XDECREF(owner);
    Py_DECREF(capsule);
    return NULL;
  }
  /* From here on the tensor is the owner's to delete. */
  PyCapsule_SetDestructor(owner, delete_taken);
  PyObject *view = view_of_tensor(owner, &managed->tensor);
  Py_DECREF(owner);
  Py_DECREF(capsule);
  if (view != NULL && !ready && ((py_view *)view)->memory_type == PY_MEMORY_GPU &&
      !py_gpu_wait_for_all(((py_view *)view)->device))
    Py_CLEAR(view);
  return view;
}
