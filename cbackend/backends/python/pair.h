/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A channel's two sides within one process: what is sent is delivered at once, on the sender's thread.
 * Blocks are plain memory; a block's number is its address. */

#ifndef PY_PAIR_H
#define PY_PAIR_H

#include "channel.h"

typedef struct py_pair py_pair;

/* NULL without memory. Each side leaves it once; the last one frees it. */
py_pair *py_pair_new(py_deliver to_backend, void *backend, py_deliver to_worker, void *worker);
void py_pair_leave(py_pair *pair);

/* False when the backend's side has closed. */
bool py_pair_send(py_pair *pair, py_side from, const py_message *message);

/* Of the backend's side: nobody is in `to_backend` any more when this returns, nor comes into it. */
void py_pair_close(py_pair *pair, py_side by);
bool py_pair_is_closed(py_pair *pair);

void *py_pair_take(uint64_t size, uint64_t *block);
void *py_pair_at(uint64_t block);
void py_pair_free(uint64_t block);

#endif
