/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "process.h"

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_bridge", "Between a Python model and the server.", -1, NULL, NULL, NULL,
    NULL, NULL};

PyMODINIT_FUNC PyInit__bridge(void)
{
  PyObject *module = PyModule_Create(&MODULE);
  if (module == NULL) return NULL;
  if (py_view_ready(module) != 0 || py_worker_ready(module) != 0) {
    Py_DECREF(module);
    return NULL;
  }
  return module;
}
