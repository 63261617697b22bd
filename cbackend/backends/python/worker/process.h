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
  bool opens_handles; /* the server has GPUs, too */
} py_worker;

extern PyTypeObject *py_worker_type;

/* False, with an exception, in a process that the model has forked: what is shared with the server is not
 * its. */
bool py_may_talk(void);
int py_worker_ready(PyObject *module);

/* The worker's side around a channel, which it takes, also on failure. */
PyObject *py_worker_new(py_channel *channel);

/* Sends a message that executed() has made of a worker within the server, and drops both. Called between py_gil_take()
 * and py_gil_leave(), returns without it: what the server does with the responses has no need of it. False, with the GIL, where
 * `made` is none. */
bool py_send_executed(py_worker *worker, PyObject *made);

/* What a message brings, as receive() returns it: (kind, id, content, value, flags). Takes its block, also on
 * failure. */
PyObject *py_worker_message(py_worker *worker, const py_message *message);

/* A block of the backend's, given back when nobody has it any more. Takes the block, also on failure. With
 * `lent` the backend is told that nobody looks at the inputs of batch `id` any more; a `loan` is returned to it,
 * unless it is 0. */
PyObject *py_block_new(py_worker *worker, uint64_t block, bool lent, uint64_t id, uint64_t loan);

/* Requests and responses out of a block of the backend's, whose object keeps their tensors. */
PyObject *py_read_requests(py_worker *worker, PyObject *block, const py_message *message);
PyObject *py_read_response(py_worker *worker, PyObject *block, py_reader *reader);

/* A new block of this side's with everything in it, or false with an exception. Where something was `lent`,
 * tensors lie outside of it, and must be kept until the block was read. */
typedef struct {
  char *memory;
  uint64_t block, size;
  bool lent;
} py_sealed;

/* `responses`: a sequence of (what, ...) tuples, see write.c; with `flags`, a u32 behind each. */
bool py_write_responses(py_worker *worker, PyObject *responses, bool flags, py_sealed *sealed);
bool py_write_request(py_worker *worker, PyObject *model, int64_t version, uint64_t memory_type, int64_t device,
                      PyObject *request, py_sealed *sealed);
bool py_write_text(py_worker *worker, PyObject *const *texts, size_t count, py_sealed *sealed);

#endif
