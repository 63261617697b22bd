/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The core inside a program that is no Python: starts the interpreter when the library is loaded
 * and none runs.
 *
 * It has to happen this early, because any function of the C API may be a program's first, and the
 * core's modules must be initialised before any of their functions is called. Inside Python this
 * does nothing: there triton_py.core loads the library and initialises the modules itself.
 *
 * The program links with libpython, e.g.
 *   cc app.c -I$(triton-py config --include) -L$(triton-py config --libdir) -ltritonserver \
 *      $(python3-config --embed --ldflags)
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
fail(const char* what)
{
  fprintf(stderr, "libtritonserver.so: %s\n", what);
  abort(); /* every later call would crash with less to go by */
}

/* Cuts the last `levels` components off `path`. */
static void
parent(char* path, int levels)
{
  while (levels-- > 0) {
    char* slash = strrchr(path, '/');
    if (slash == NULL) return;
    *slash = '\0';
  }
}

/* The interpreter of the environment that the package is installed in, so that numpy and the rest
 * are found: <env>/lib/pythonX.Y/site-packages -> <env>/bin/python3. */
static int
environment_python(const char* site, char* out, size_t room)
{
  char env[PATH_MAX];
  snprintf(env, sizeof(env), "%s", site);
  parent(env, 3);
  return snprintf(out, room, "%s/bin/python3", env) < (int)room && access(out, X_OK) == 0;
}

static void
start_interpreter(const char* site)
{
  char program[PATH_MAX];
  PyConfig config;
  PyStatus status = PyStatus_Ok();
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0; /* signals are the program's */
  config.parse_argv = 0;
  if (environment_python(site, program, sizeof(program)))
    status = PyConfig_SetBytesString(&config, &config.program_name, program);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status))
    fail(status.err_msg != NULL ? status.err_msg : "the Python interpreter did not start");
}

__attribute__((constructor)) static void
embed(void)
{
  Dl_info info;
  char library[PATH_MAX];
  PyObject* path;
  PyObject* entry;
  PyObject* module;
  if (Py_IsInitialized()) return;
  if (dladdr((void*)&embed, &info) == 0 || realpath(info.dli_fname, library) == NULL)
    fail("can't find its own place in the file system");
  parent(library, 3); /* <site>/triton_py/lib/libtritonserver.so -> <site> */
  start_interpreter(library);
  path = PySys_GetObject("path"); /* borrowed */
  entry = PyUnicode_DecodeFSDefault(library);
  if (path == NULL || entry == NULL || PyList_Append(path, entry) != 0)
    fail("can't extend Python's module path");
  Py_DECREF(entry);
  module = PyImport_ImportModule("triton_py.core");
  if (module == NULL) {
    PyErr_Print();
    fail("the Python part of triton-py can't be imported");
  }
  Py_DECREF(module);
  PyEval_SaveThread(); /* the C API takes the GIL where it needs it */
}
