/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Answers later: Execute hands each request to a thread of its own and returns; the thread waits
 * for the milliseconds of the request parameter "later_ms" and copies INPUT0 to OUTPUT0. Finalizing
 * the instance waits for all threads. */

#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <time.h>

#include "specimen.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int running;

/* A thread that ends joins the one that ended before it, so that whoever joins the last has joined all:
 * a detached one may still be in its last instructions when the library is unloaded. */
static pthread_t last;
static int has_last;

static void end_thread(void)
{
  pthread_t before;
  int had;
  pthread_mutex_lock(&lock);
  before = last;
  had = has_last;
  last = pthread_self();
  has_last = 1;
  if (--running == 0) pthread_cond_broadcast(&idle);
  pthread_mutex_unlock(&lock);
  if (had) pthread_join(before, NULL);
}

static void wait_for_threads(void)
{
  pthread_t thread;
  int has;
  pthread_mutex_lock(&lock);
  while (running > 0) pthread_cond_wait(&idle, &lock);
  thread = last;
  has = has_last;
  has_last = 0;
  pthread_mutex_unlock(&lock);
  if (has) pthread_join(thread, NULL);
}

static TRITONSERVER_Error *copy(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response)
{
  TRITONBACKEND_Input *input;
  TRITONBACKEND_Output *output;
  TRITONSERVER_DataType datatype;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  const char *name;
  const int64_t *shape;
  uint32_t rank, buffers;
  uint64_t size;
  int64_t type_id = 0;
  void *to;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, "INPUT0", &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, &name, &datatype, &shape, &rank, &size, &buffers);
  if (error == NULL)
    error = TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", datatype, shape, rank);
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &to, size, &type, &type_id);
  for (uint32_t i = 0; error == NULL && i < buffers; i++) {
    const void *from;
    error = TRITONBACKEND_InputBuffer(input, i, &from, &size, &type, &type_id);
    if (error == NULL) memcpy(to, from, size);
    to = (char *)to + size;
  }
  return error;
}

static void *answer(void *argument)
{
  TRITONBACKEND_Request *request = argument;
  TRITONBACKEND_Response *response;
  char text[32];
  long ms = atol(parameter(request, "later_ms", text, sizeof text));
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, request);
  if (error == NULL) {
    error = copy(request, response);
    drop(TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error));
  }
  drop(error);
  release(request);
  end_thread();
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  (void)instance;
  for (uint32_t i = 0; i < request_count; i++) {
    pthread_t thread;
    pthread_mutex_lock(&lock);
    running++;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, answer, requests[i]) != 0) abort();
  }
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  (void)instance;
  wait_for_threads();
  return NULL;
}
