/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "inside.h"

#include <stdio.h>
#include <string.h>

#include "gil.h"
#include "process.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED py_inside_start_function py_inside_worker_start;
EXPORTED py_inside_deliver_function py_inside_worker_deliver;
EXPORTED py_inside_end_function py_inside_worker_end;

/* The module in `file`, under a name that no model has: imported once. */
static PyObject *worker_module(const char *file)
{
  static const char NAME[] = "_triton_py_python_worker";
  PyObject *known = PyImport_GetModuleDict(); /* borrowed */
  PyObject *module = known == NULL ? NULL : PyDict_GetItemString(known, NAME);
  if (module != NULL) return py_ref(module);
  PyObject *util = PyImport_ImportModule("importlib.util");
  PyObject *spec = util == NULL ? NULL : PyObject_CallMethod(util, "spec_from_file_location", "ss", NAME, file);
  PyObject *made = spec == NULL ? NULL : PyObject_CallMethod(util, "module_from_spec", "O", spec);
  PyObject *loader = made == NULL ? NULL : PyObject_GetAttrString(spec, "loader");
  PyObject *done = loader == NULL ? NULL : PyObject_CallMethod(loader, "exec_module", "O", made);
  /* Whoever was first while this one was executed has it. */
  module = done == NULL ? NULL : PyDict_GetItemString(known, NAME);
  if (module == NULL && done != NULL && PyDict_SetItemString(known, NAME, made) == 0) module = made;
  Py_XINCREF(module);
  Py_XDECREF(util);
  Py_XDECREF(spec);
  Py_XDECREF(made);
  Py_XDECREF(loader);
  Py_XDECREF(done);
  return module;
}

/* The exception that is set, as a line. */
static void tell(char *why, size_t size)
{
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  PyObject *text = value == NULL ? NULL : PyObject_Str(value);
  PyObject *bytes = text == NULL ? NULL : PyUnicode_AsUTF8String(text);
  snprintf(why, size, "%s", bytes == NULL ? "an exception without a text" : PyBytes_AsString(bytes));
  Py_XDECREF(bytes);
  Py_XDECREF(text);
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  PyErr_Clear();
}

void *py_inside_worker_start(const char *file, py_channel *channel, char *why, size_t size)
{
  py_gil_take();
  /* The module of this library: its types are made when it is imported, by the file. */
  PyObject *module = worker_module(file);
  PyObject *bridge = module == NULL ? NULL : PyObject_CallMethod(module, "import_bridge", NULL);
  PyObject *side = NULL;
  if (bridge == NULL)
    py_channel_delete(channel);
  else
    side = py_worker_new(channel);
  PyObject *worker = side == NULL ? NULL : PyObject_CallMethod(module, "inside", "O", side);
  if (worker == NULL) tell(why, size);
  Py_XDECREF(side);
  Py_XDECREF(bridge);
  Py_XDECREF(module);
  py_gil_leave();
  return worker;
}

void py_inside_worker_deliver(void *worker, const py_message *message)
{
  py_gil_take();
  PyObject *side = PyObject_GetAttrString(worker, "channel"), *content = NULL, *done = NULL;
  if (side != NULL) content = py_worker_message((py_worker *)side, message);
  /* Method and content are given away in one go: when it returns nobody but the model has a tensor. */
  PyObject *handle = content == NULL ? NULL : PyObject_GetAttrString(worker, "handle");
  if (handle != NULL) {
    done = PyObject_CallObject(handle, content);
    Py_DECREF(handle);
  }
  Py_XDECREF(content);
  /* handle() catches what a model raises; this is of the worker's own. */
  if (done == NULL) PyErr_WriteUnraisable(worker);
  py_worker *channel = (py_worker *)side;
  Py_XDECREF(side);
  if (done != NULL && py_send_executed(channel, done)) return;
  Py_XDECREF(done);
  py_gil_leave();
}

void py_inside_worker_end(void *worker)
{
  py_gil_take();
  PyObject *done = PyObject_CallMethod(worker, "end", NULL);
  if (done == NULL) PyErr_WriteUnraisable(worker);
  Py_XDECREF(done);
  Py_DECREF((PyObject *)worker);
  py_gil_leave();
}
