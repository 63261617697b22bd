/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What the module `_bridge` exports for a worker within the server's process: called by the backend, on
 * threads that don't have the GIL. */

#ifndef PY_INSIDE_H
#define PY_INSIDE_H

#include <stddef.h>

#include "../channel.h"

/* A worker, made by the file worker.py, which talks through `channel`, whose owner it becomes (also on
 * failure). NULL with the reason in `why`. The caller ends it. */
typedef void *py_inside_start_function(const char *file, py_channel *channel, char *why, size_t size);

/* A message for it; returns when the worker has done what it says. */
typedef void py_inside_deliver_function(void *worker, const py_message *message);

/* Lets the worker go, and the model with it. */
typedef void py_inside_end_function(void *worker);

#endif
