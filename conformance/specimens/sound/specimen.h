/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A sound backend, to which each patch of ../patches adds one fault.
 *
 * Whatever its models declare: output OUT_x is input IN_x with each element changed (element.c).
 * A model of BIAS's has that optional input added to its 32-bit integers. A decoupled model sends its
 * answer several times, from a thread (repeat.c); one with a sequence batcher adds up what its
 * sequence sent, in a state of the server's (total.c). */

#ifndef SPECIMEN_H
#define SPECIMEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "effect.h"
#include "triton/core/tritonbackend.h"

/* What one model is; owned by the model's state. */
typedef struct {
  TRITONBACKEND_Model *model; /* borrowed until ModelFinalize */
  TRITONBACKEND_MemoryManager *memory; /* borrowed from the backend */
  char *config;               /* owned: the configuration as JSON */
  bool decoupled;
  bool sequence;
} Model;

typedef struct Job Job;

/* What one instance is; owned by the instance's state. */
typedef struct {
  TRITONBACKEND_ModelInstance *instance; /* borrowed until ModelInstanceFinalize */
  Model *model;                          /* borrowed: a model outlives its instances */
  pthread_t thread;                      /* of a decoupled model: sends what is in `first` */
  bool has_thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  Job *first, **last; /* owned until they are done */
  bool ending;
} Instance;

/* One request while it is executed. */
typedef struct {
  TRITONBACKEND_Request *request;   /* owned until it is released, or given back by an error */
  TRITONBACKEND_Response *response; /* owned until it is sent or deleted; null: none yet */
  TRITONSERVER_Error *error;        /* owned; null: the request can be answered */
} Member;

static inline uint64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* For an error that nobody can be told of. Takes ownership; null is none. */
static inline void drop(TRITONSERVER_Error *error)
{
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
}

/* An error of the caller's. */
static inline TRITONSERVER_Error *problem(TRITONSERVER_Error_Code code, const char *text)
{
  return TRITONSERVER_ErrorNew(code, text);
}

/* The bytes of one element; 0 for BYTES. */
size_t element_size(TRITONSERVER_DataType type);
/* Changes `size` bytes of elements in place. An error, owned by the caller, for malformed strings. */
TRITONSERVER_Error *change_elements(TRITONSERVER_DataType type, char *data, uint64_t size);

/* Copies to or from a GPU's memory, and waits for it. */
TRITONSERVER_Error *copy_device(void *to, const void *from, size_t size);

/* Copies an input's buffers, one after the other, to `to`, which has room for its byte size. */
TRITONSERVER_Error *gather(TRITONBACKEND_Input *input, char *to);
/* Makes an output of a response and copies `size` bytes into its buffer. */
TRITONSERVER_Error *put(TRITONBACKEND_Response *response, const char *name,
                        TRITONSERVER_DataType type, const int64_t *shape, uint32_t rank,
                        const char *from, uint64_t size);
/* Answers a batch, and releases its requests. An error: they are still the server's, all of them. */
TRITONSERVER_Error *execute_batch(Instance *instance, TRITONBACKEND_Request **requests,
                                  uint32_t count);

/* Takes the requests of a decoupled model; a thread of the instance's answers. */
TRITONSERVER_Error *execute_repeat(Instance *instance, TRITONBACKEND_Request **requests,
                                   uint32_t count);
TRITONSERVER_Error *start_repeating(Instance *instance);
/* Returns when all that was taken is answered. */
void end_repeating(Instance *instance);

/* Adds up the requests of sequences. */
TRITONSERVER_Error *execute_totals(Instance *instance, TRITONBACKEND_Request **requests,
                                   uint32_t count);

#endif
