/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The worker's side of a channel, as an object of Python's. */

#ifndef PY_PROCESS_H
#define PY_PROCESS_H

#include "../channel.h"
#include "../messages.h"
#include "../wire.h"
#include "bridge.h"

typedef struct {
  PyObject_HEAD
  py_channel *channel;
} py_worker;

extern PyTypeObject *py_worker_type;

/* False, with an exception, in a process that the model has forked: what is shared with the server is not
 * its. */
bool py_may_talk(void);
int py_worker_ready(PyObject *module);

/* A block of the backend's, given back when nobody has it any more. Takes the block, also on failure. */
PyObject *py_block_new(py_worker *worker, uint64_t block);

/* Requests and responses out of a block of the backend's, whose object keeps their tensors. */
PyObject *py_read_requests(py_worker *worker, PyObject *block, const py_message *message);
PyObject *py_read_response(py_worker *worker, PyObject *block, py_reader *reader);

/* A new block of this side's with everything in it, or false with an exception. */
typedef struct {
  char *memory;
  uint64_t block, size;
} py_sealed;

/* `responses`: a sequence of (what, ...) tuples, see write.c; with `flags`, a u32 behind each. */
bool py_write_responses(py_worker *worker, PyObject *responses, bool flags, py_sealed *sealed);
bool py_write_request(py_worker *worker, PyObject *model, int64_t version, PyObject *request,
                      py_sealed *sealed);
bool py_write_text(py_worker *worker, PyObject *const *texts, size_t count, py_sealed *sealed);

#endif
