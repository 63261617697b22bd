/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A backend whose behaviour each request scripts, for what the identity backend can't do: many
 * responses or none, a final flag without a response, responses long after the release, and the
 * addresses of the buffers the server handed out.
 *
 * Request parameters (all int): count (responses, default 1), late_ms (release the request at once,
 * answer that much later from another thread), bare_final (1: the final flag comes alone).
 * Outputs, as requested: COPY (the input), ADDRESSES (UINT64 [2]: input buffer, COPY's buffer). */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "triton/core/tritonbackend.h"

#define TRY(call)                                                                                  \
  do {                                                                                             \
    TRITONSERVER_Error *error_ = (call);                                                           \
    if (error_ != NULL) return error_;                                                             \
  } while (0)

typedef struct {
  TRITONBACKEND_ResponseFactory *factory;
  int64_t count, late_ms, bare_final, byte_size, index;
  int want_copy, want_addresses;
  uint64_t input_address;
  char data[];
} job_t;

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

static TRITONSERVER_Error *respond(job_t *job, uint32_t flags)
{
  TRITONBACKEND_Response *response;
  TRITONBACKEND_Output *output;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0, shape[1] = {job->byte_size};
  uint64_t addresses[2] = {job->input_address, 0};
  void *buffer;
  TRY(TRITONBACKEND_ResponseNewFromFactory(&response, job->factory));
  TRY(TRITONBACKEND_ResponseSetIntParameter(response, "index", job->index++));
  if (job->want_copy) {
    TRY(TRITONBACKEND_ResponseOutput(response, &output, "COPY", TRITONSERVER_TYPE_UINT8, shape, 1));
    TRY(TRITONBACKEND_OutputBuffer(output, &buffer, job->byte_size, &type, &id));
    if (job->byte_size) memcpy(buffer, job->data, job->byte_size);
    addresses[1] = (uint64_t)(uintptr_t)buffer;
  }
  if (job->want_addresses) {
    shape[0] = 2;
    TRY(TRITONBACKEND_ResponseOutput(response, &output, "ADDRESSES", TRITONSERVER_TYPE_UINT64,
                                     shape, 1));
    TRY(TRITONBACKEND_OutputBuffer(output, &buffer, sizeof(addresses), &type, &id));
    memcpy(buffer, addresses, sizeof(addresses));
  }
  return TRITONBACKEND_ResponseSend(response, flags, NULL);
}

static void run(job_t *job)
{
  TRITONSERVER_Error *error = NULL;
  int alone = job->bare_final || job->count == 0;
  for (int64_t i = 0; i < job->count && error == NULL; i++)
    error = respond(job, !alone && i == job->count - 1 ? TRITONSERVER_RESPONSE_COMPLETE_FINAL : 0);
  if (error != NULL) {
    TRITONSERVER_LogMessage(TRITONSERVER_LOG_ERROR, __FILE__, __LINE__,
                            TRITONSERVER_ErrorMessage(error));
    TRITONSERVER_ErrorDelete(error);
    alone = 1;
  }
  if (alone)
    TRITONBACKEND_ResponseFactorySendFlags(job->factory, TRITONSERVER_RESPONSE_COMPLETE_FINAL);
  TRITONBACKEND_ResponseFactoryDelete(job->factory);
  free(job);
}

static void *run_late(void *argument)
{
  job_t *job = argument;
  usleep((useconds_t)(job->late_ms * 1000));
  run(job);
  end_thread();
  return NULL;
}

static TRITONSERVER_Error *read_script(TRITONBACKEND_Request *request, job_t *script)
{
  uint32_t count;
  memset(script, 0, sizeof(*script));
  script->count = 1;
  TRY(TRITONBACKEND_RequestParameterCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *key;
    TRITONSERVER_ParameterType type;
    const void *value;
    TRY(TRITONBACKEND_RequestParameter(request, i, &key, &type, &value));
    if (type != TRITONSERVER_PARAMETER_INT) continue;
    if (strcmp(key, "count") == 0) script->count = *(const int64_t *)value;
    if (strcmp(key, "late_ms") == 0) script->late_ms = *(const int64_t *)value;
    if (strcmp(key, "bare_final") == 0) script->bare_final = *(const int64_t *)value;
  }
  TRY(TRITONBACKEND_RequestOutputCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *name;
    TRY(TRITONBACKEND_RequestOutputName(request, i, &name));
    if (strcmp(name, "COPY") == 0) script->want_copy = 1;
    if (strcmp(name, "ADDRESSES") == 0) script->want_addresses = 1;
  }
  return NULL;
}

static TRITONSERVER_Error *make_job(TRITONBACKEND_Request *request, job_t **job)
{
  job_t script;
  TRITONBACKEND_Input *input;
  uint64_t byte_size;
  uint32_t buffers;
  TRY(read_script(request, &script));
  TRY(TRITONBACKEND_RequestInput(request, "IN", &input));
  TRY(TRITONBACKEND_InputProperties(input, NULL, NULL, NULL, NULL, &byte_size, &buffers));
  *job = malloc(sizeof(job_t) + byte_size);
  if (*job == NULL) return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "out of memory");
  **job = script;
  (*job)->byte_size = (int64_t)byte_size;
  char *place = (*job)->data;
  for (uint32_t i = 0; i < buffers; i++) {
    const void *base;
    uint64_t size;
    TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
    int64_t id = 0;
    TRY(TRITONBACKEND_InputBuffer(input, i, &base, &size, &type, &id));
    if (i == 0) (*job)->input_address = (uint64_t)(uintptr_t)base;
    if (size) memcpy(place, base, size);
    place += size;
  }
  return TRITONBACKEND_ResponseFactoryNew(&(*job)->factory, request);
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(TRITONBACKEND_ModelInstance *instance,
                                                       TRITONBACKEND_Request **requests,
                                                       const uint32_t request_count)
{
  (void)instance;
  for (uint32_t i = 0; i < request_count; i++) {
    job_t *job = NULL;
    TRITONSERVER_Error *error = make_job(requests[i], &job);
    if (error != NULL) {
      TRITONBACKEND_Response *response;
      TRITONBACKEND_ResponseNew(&response, requests[i]);
      TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error);
      TRITONSERVER_ErrorDelete(error);
      free(job);
      TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
      continue;
    }
    if (job->late_ms == 0) {
      run(job);
      TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
    } else {
      pthread_t thread;
      TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
      pthread_mutex_lock(&lock);
      running++;
      pthread_mutex_unlock(&lock);
      if (pthread_create(&thread, NULL, run_late, job) != 0) abort();
    }
  }
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  (void)model;
  /* The library must not be unloaded under a thread that still answers. */
  wait_for_threads();
  return NULL;
}
