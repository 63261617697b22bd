/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pair.h"

#include <pthread.h>
#include <stdlib.h>

struct py_pair {
  py_deliver deliver[2]; /* to the backend, to the worker */
  void *to[2];
  pthread_mutex_t lock;
  pthread_cond_t left;
  /* With `lock`. */
  uint32_t sides; /* that have not left */
  uint32_t inside; /* deliveries to the backend that are under way */
  bool closed;
};

py_pair *py_pair_new(py_deliver to_backend, void *backend, py_deliver to_worker, void *worker)
{
  py_pair *pair = malloc(sizeof *pair);
  if (pair == NULL) return NULL;
  *pair = (py_pair){.deliver = {to_backend, to_worker}, .to = {backend, worker}, .sides = 2};
  pthread_mutex_init(&pair->lock, NULL);
  pthread_cond_init(&pair->left, NULL);
  return pair;
}

void py_pair_leave(py_pair *pair)
{
  pthread_mutex_lock(&pair->lock);
  const bool last = --pair->sides == 0;
  pthread_mutex_unlock(&pair->lock);
  if (!last) return;
  pthread_mutex_destroy(&pair->lock);
  pthread_cond_destroy(&pair->left);
  free(pair);
}

bool py_pair_send(py_pair *pair, py_side from, const py_message *message)
{
  if (from == PY_BACKEND_SIDE) {
    /* The worker is the backend's own, which ends it when nothing is delivered any more. */
    pair->deliver[1](pair->to[1], message);
    return true;
  }
  pthread_mutex_lock(&pair->lock);
  const bool open = !pair->closed;
  if (open) pair->inside++;
  pthread_mutex_unlock(&pair->lock);
  if (!open) return false;
  pair->deliver[0](pair->to[0], message);
  pthread_mutex_lock(&pair->lock);
  pair->inside--;
  if (pair->closed) pthread_cond_broadcast(&pair->left);
  pthread_mutex_unlock(&pair->lock);
  return true;
}

void py_pair_close(py_pair *pair, py_side by)
{
  pthread_mutex_lock(&pair->lock);
  pair->closed = true;
  while (by == PY_BACKEND_SIDE && pair->inside > 0) pthread_cond_wait(&pair->left, &pair->lock);
  pthread_mutex_unlock(&pair->lock);
}

bool py_pair_is_closed(py_pair *pair)
{
  pthread_mutex_lock(&pair->lock);
  const bool closed = pair->closed;
  pthread_mutex_unlock(&pair->lock);
  return closed;
}

/* ---- blocks ---- */

void *py_pair_take(uint64_t size, uint64_t *block)
{
  enum { ALIGNMENT = 64 }; /* as an arena's blocks have it */
  void *memory;
  if (size > PTRDIFF_MAX || posix_memalign(&memory, ALIGNMENT, size > 0 ? (size_t)size : 1) != 0) return NULL;
  *block = (uint64_t)(uintptr_t)memory;
  return memory;
}

void *py_pair_at(uint64_t block) { return block == PY_NO_BLOCK ? NULL : (void *)(uintptr_t)block; }

void py_pair_free(uint64_t block) { free(py_pair_at(block)); }
