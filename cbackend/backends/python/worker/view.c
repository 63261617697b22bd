/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Views, and what numpy gets to know of them by its array interface. */

#include <stdlib.h>
#include <string.h>

#include "bridge.h"

PyTypeObject *py_view_type;

/* What `__array_struct__` hands over: the version, 2, comes first (numpy, "the array interface"). */
typedef struct {
  int two, rank;
  char kind;
  int element_size, flags;
  Py_ssize_t *shape, *strides;
  void *data;
  PyObject *description;
} array_struct;

enum { C_CONTIGUOUS = 0x1, ALIGNED = 0x100, NOT_SWAPPED = 0x200, WRITEABLE = 0x400 };

static const struct {
  char kind;
  uint8_t size;
} TYPES[PY_TYPE_COUNT] = {
    [PY_TYPE_BOOL] = {'b', 1},  [PY_TYPE_UINT8] = {'u', 1}, [PY_TYPE_UINT16] = {'u', 2},
    [PY_TYPE_UINT32] = {'u', 4}, [PY_TYPE_UINT64] = {'u', 8}, [PY_TYPE_INT8] = {'i', 1},
    [PY_TYPE_INT16] = {'i', 2}, [PY_TYPE_INT32] = {'i', 4}, [PY_TYPE_INT64] = {'i', 8},
    [PY_TYPE_FP16] = {'f', 2},  [PY_TYPE_FP32] = {'f', 4},  [PY_TYPE_FP64] = {'f', 8},
    [PY_TYPE_BF16] = {0, 2},
};

uint32_t py_element_size(uint32_t datatype)
{
  return datatype < PY_TYPE_COUNT ? TYPES[datatype].size : 0;
}

PyObject *py_view_new(PyObject *owner, void *data, uint64_t size, uint32_t datatype, uint32_t rank,
                      const int64_t *shape, uint32_t memory_type, int64_t device)
{
  if (rank > PY_MOST_DIMENSIONS) {
    PyErr_Format(PyExc_ValueError, "a tensor of %u dimensions; %d are the most", (unsigned)rank,
                 (int)PY_MOST_DIMENSIONS);
    return NULL;
  }
  py_view *view = PyObject_New(py_view, py_view_type);
  if (view == NULL) return NULL;
  Py_XINCREF(owner);
  view->owner = owner;
  view->data = data;
  view->gpu = NULL;
  view->size = size;
  view->datatype = datatype;
  view->rank = rank;
  view->memory_type = memory_type;
  view->device = device;
  memcpy(view->shape, shape, rank * sizeof *shape);
  return (PyObject *)view;
}

static void view_dealloc(PyObject *self)
{
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(((py_view *)self)->owner);
  free(((py_view *)self)->gpu);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static void free_struct(PyObject *capsule) { PyMem_Free(PyCapsule_GetPointer(capsule, NULL)); }

/* numpy makes an array that keeps the view: its memory stays as long as any array of it. */
static PyObject *view_array_struct(PyObject *self, void *closure)
{
  (void)closure;
  py_view *view = (py_view *)self;
  if (view->datatype >= PY_TYPE_COUNT || TYPES[view->datatype].kind == 0 ||
      view->memory_type == PY_MEMORY_GPU) {
    /* That there is no such attribute is how an object says that it has no array. */
    PyErr_SetString(PyExc_AttributeError, "__array_struct__");
    return NULL;
  }
  array_struct *made = PyMem_Malloc(sizeof *made + 2 * view->rank * sizeof(Py_ssize_t));
  if (made == NULL) return PyErr_NoMemory();
  const int element = TYPES[view->datatype].size;
  Py_ssize_t *shape = (Py_ssize_t *)(made + 1), *strides = shape + view->rank, step = element;
  for (uint32_t i = view->rank; i-- > 0;) {
    shape[i] = (Py_ssize_t)view->shape[i];
    strides[i] = step;
    step *= shape[i] > 0 ? shape[i] : 1;
  }
  int flags = C_CONTIGUOUS | NOT_SWAPPED | WRITEABLE;
  if ((uintptr_t)view->data % (uintptr_t)element == 0) flags |= ALIGNED;
  *made = (array_struct){2, (int)view->rank, TYPES[view->datatype].kind, element, flags, shape, strides,
                         view->data, NULL};
  PyObject *capsule = PyCapsule_New(made, NULL, free_struct);
  if (capsule == NULL) PyMem_Free(made);
  return capsule;
}

static PyObject *view_shape(PyObject *self, void *closure)
{
  (void)closure;
  const py_view *view = (py_view *)self;
  PyObject *shape = PyTuple_New((Py_ssize_t)view->rank);
  for (uint32_t i = 0; shape != NULL && i < view->rank; i++) {
    PyObject *dimension = PyLong_FromLongLong(view->shape[i]);
    if (dimension == NULL || PyTuple_SetItem(shape, (Py_ssize_t)i, dimension) != 0) {
      Py_DECREF(shape);
      return NULL;
    }
  }
  return shape;
}

static PyObject *view_datatype(PyObject *self, void *closure)
{
  (void)closure;
  return PyLong_FromUnsignedLong(((py_view *)self)->datatype);
}

static PyObject *view_nbytes(PyObject *self, void *closure)
{
  (void)closure;
  return PyLong_FromUnsignedLongLong(((py_view *)self)->size);
}

static PyObject *view_memory(PyObject *self, void *closure)
{
  (void)closure;
  const py_view *view = (py_view *)self;
  return Py_BuildValue("(IL)", (unsigned)view->memory_type, (long long)view->device);
}

static PyObject *view_on_gpu(PyObject *self, void *closure)
{
  (void)closure;
  return PyBool_FromLong(((py_view *)self)->memory_type == PY_MEMORY_GPU);
}

static PyObject *view_strings(PyObject *self, PyObject *nothing)
{
  (void)nothing;
  const py_view *view = (py_view *)self;
  if (view->datatype != PY_TYPE_BYTES || view->memory_type == PY_MEMORY_GPU) {
    PyErr_SetString(PyExc_TypeError, "only a BYTES tensor in CPU memory has strings");
    return NULL;
  }
  return py_strings_read(view->data, view->size);
}

static PyObject *view_dlpack(PyObject *self, PyObject *nothing)
{
  (void)nothing;
  return py_dlpack_export((py_view *)self);
}

static PyGetSetDef VIEW_GETTERS[] = {
    {"__array_struct__", view_array_struct, NULL, "numpy's array interface", NULL},
    {"shape", view_shape, NULL, "the dimensions, a tuple", NULL},
    {"datatype", view_datatype, NULL, "the number of the data type", NULL},
    {"nbytes", view_nbytes, NULL, "bytes", NULL},
    {"memory", view_memory, NULL, "memory type and device", NULL},
    {"on_gpu", view_on_gpu, NULL, "whether it lies in a GPU's memory", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef VIEW_METHODS[] = {
    {"strings", view_strings, METH_NOARGS, "The elements of a BYTES tensor, a list of bytes."},
    {"dlpack", view_dlpack, METH_NOARGS, "A capsule for DLPack."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot VIEW_SLOTS[] = {
    {Py_tp_dealloc, view_dealloc},
    {Py_tp_getset, VIEW_GETTERS},
    {Py_tp_methods, VIEW_METHODS},
    {Py_tp_doc, "A tensor in memory that another object keeps."},
    {0, NULL},
};

static PyType_Spec VIEW_SPEC = {"_bridge.View", sizeof(py_view), 0, Py_TPFLAGS_DEFAULT, VIEW_SLOTS};

/* The view of a numpy array in C order, as its array interface has it. */
static PyObject *view_of(PyObject *module, PyObject *arguments)
{
  (void)module;
  PyObject *array;
  unsigned datatype;
  if (!PyArg_ParseTuple(arguments, "OI", &array, &datatype)) return NULL;
  PyObject *capsule = PyObject_GetAttrString(array, "__array_struct__");
  if (capsule == NULL) return NULL;
  const array_struct *inside = PyCapsule_GetPointer(capsule, NULL);
  PyObject *view = NULL;
  if (inside != NULL && inside->two == 2 && (inside->flags & C_CONTIGUOUS) != 0 &&
      (inside->flags & NOT_SWAPPED) != 0 && inside->rank <= PY_MOST_DIMENSIONS &&
      (uint32_t)inside->element_size == py_element_size(datatype)) {
    int64_t shape[PY_MOST_DIMENSIONS];
    uint64_t size = (uint64_t)inside->element_size;
    for (int i = 0; i < inside->rank; i++) {
      shape[i] = inside->shape[i];
      size *= (uint64_t)shape[i];
    }
    view = py_view_new(array, inside->data, size, datatype, (uint32_t)inside->rank, shape,
                       PY_MEMORY_CPU, 0);
  } else if (!PyErr_Occurred()) {
    PyErr_SetString(PyExc_ValueError, "not an array in C order, in the byte order of this machine");
  }
  Py_DECREF(capsule);
  return view;
}

static PyObject *from_dlpack(PyObject *module, PyObject *object)
{
  (void)module;
  return py_dlpack_import(object);
}

static PyMethodDef FUNCTIONS[] = {
    {"view_of", view_of, METH_VARARGS, "view_of(array, datatype): a view that keeps the array."},
    {"from_dlpack", from_dlpack, METH_O, "A view of what an object or a capsule brings."},
    {NULL, NULL, 0, NULL},
};

int py_view_ready(PyObject *module)
{
  py_view_type = (PyTypeObject *)PyType_FromSpec(&VIEW_SPEC);
  if (py_view_type == NULL) return -1;
  Py_INCREF(py_view_type);
  if (PyModule_AddObject(module, "View", (PyObject *)py_view_type) != 0) {
    Py_DECREF(py_view_type);
    return -1;
  }
  return PyModule_AddFunctions(module, FUNCTIONS);
}
