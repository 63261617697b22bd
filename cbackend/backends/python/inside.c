/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A worker in this process: the Python that the server runs in loads the model, and is called for each batch.
 *
 * This library knows nothing of Python: the module `_bridge`, which a worker's process imports, is loaded as
 * a library, and brings the three functions that are needed. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "python.h"
#include "worker/inside.h"

struct py_inside {
  py_channel *channel; /* the backend's side */
  void *worker;        /* the bridge's; NULL where it could not be made */
  py_inside_deliver_function *deliver;
  py_inside_end_function *end;
};

/* The bridge as a library. It stays loaded: Python has it, too. */
static TRITONSERVER_Error *load_bridge(const py_model *model, void **library)
{
  const char *name = model->config->name;
  int (*is_initialized)(void);
  void *function = dlsym(RTLD_DEFAULT, "Py_IsInitialized");
  memcpy(&is_initialized, &function, sizeof is_initialized);
  if (function == NULL || !is_initialized())
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                    "model '%s': isolation 'inprocess' needs a server that runs in Python, which this one "
                    "does not",
                    name);
  char *path;
  if (asprintf(&path, "%s/worker/_bridge.abi3.so", model->backend->folder) < 0)
    return tb_out_of_memory("a model");
  *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  free(path);
  return *library != NULL ? NULL
                          : tb_error(TRITONSERVER_ERROR_INTERNAL, "model '%s': %s", name, dlerror());
}

static TRITONSERVER_Error *find(void *library, const char *name, void *function)
{
  void *place = dlsym(library, name);
  if (place == NULL) return tb_error(TRITONSERVER_ERROR_INTERNAL, "the python backend's bridge: %s", dlerror());
  memcpy(function, &place, sizeof place);
  return NULL;
}

static void deliver(void *argument, const py_message *message)
{
  py_inside *inside = argument;
  inside->deliver(inside->worker, message);
}

TRITONSERVER_Error *py_inside_start(const py_model *model, py_deliver said, void *to, py_inside **inside)
{
  void *library = NULL;
  char *file = NULL;
  py_inside_start_function *start = NULL;
  py_channel *sides[2];
  py_inside *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("an instance");
  TRITONSERVER_Error *error = load_bridge(model, &library);
  if (error == NULL) error = find(library, "py_inside_worker_start", &start);
  if (error == NULL) error = find(library, "py_inside_worker_deliver", &made->deliver);
  if (error == NULL) error = find(library, "py_inside_worker_end", &made->end);
  if (error == NULL && asprintf(&file, "%s/worker/worker.py", model->backend->folder) < 0) {
    file = NULL;
    error = tb_out_of_memory("an instance");
  }
  if (error == NULL && !py_channel_pair(said, to, deliver, made, sides))
    error = tb_out_of_memory("an instance");
  if (error != NULL) {
    free(file);
    free(made);
    return error;
  }
  made->channel = sides[PY_BACKEND_SIDE];
  char why[1024];
  made->worker = start(file, sides[PY_WORKER_SIDE], why, sizeof why);
  free(file);
  if (made->worker == NULL) {
    py_inside_delete(made);
    return tb_error(TRITONSERVER_ERROR_INTERNAL, "model '%s' can't run within the server's Python: %s",
                    model->config->name, why);
  }
  *inside = made;
  return NULL;
}

py_channel *py_inside_channel(py_inside *inside) { return inside->channel; }

void py_inside_delete(py_inside *inside)
{
  if (inside == NULL) return;
  py_channel_close(inside->channel);
  if (inside->worker != NULL) inside->end(inside->worker);
  py_channel_delete(inside->channel);
  free(inside);
}
