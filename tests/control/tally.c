/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A backend that writes down what becomes of it: to the file $TALLY_LOG a line "+ NAME" or "- NAME"
 * when an instance is initialized or finalized, and "library + N" or "library - N" for itself, N being
 * ANSWER. Each request is answered with ANSWER in the output ANSWER (INT32 [1]); one with the parameter
 * held (int, not 0) is kept while the file $TALLY_HELD exists, which is written down as "library held N",
 * then answered by a thread that reports on the instance. While the file $TALLY_SICK exists no instance
 * is ready. -DBROKEN: Initialize writes "library ! N" and fails; -DDEVICE_BLOCKING. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "triton/core/tritonbackend.h"

#ifndef ANSWER
#define ANSWER 1
#endif

#define TRY(call)                                                                                  \
  do {                                                                                             \
    TRITONSERVER_Error *error_ = (call);                                                           \
    if (error_ != NULL) return error_;                                                             \
  } while (0)

typedef struct {
  TRITONBACKEND_ModelInstance *instance;
  TRITONBACKEND_Request *request;
} job_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int running;

static int exists(const char *variable)
{
  const char *path = getenv(variable);
  return path != NULL && access(path, F_OK) == 0;
}

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

static void write_down(const char *what, const char *name)
{
  const char *path = getenv("TALLY_LOG");
  FILE *file = path != NULL ? fopen(path, "a") : NULL;
  if (file == NULL) return;
  fprintf(file, "%s %s\n", what, name);
  fclose(file);
}

static void write_library(const char *what)
{
  char number[16];
  snprintf(number, sizeof(number), "%d", ANSWER);
  write_down(what, number);
}

TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
#ifdef BROKEN
  write_library("library !");
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "this library is broken");
#else
#ifdef DEVICE_BLOCKING
  TRY(TRITONBACKEND_BackendSetExecutionPolicy(backend, TRITONBACKEND_EXECUTION_DEVICE_BLOCKING));
#endif
  write_library("library +");
  return NULL;
#endif
}

TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  write_library("library -");
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  (void)model;
  /* The library must not be unloaded under a thread that still answers. */
  wait_for_threads();
  return NULL;
}

static TRITONSERVER_Error *note(TRITONBACKEND_ModelInstance *instance, const char *what)
{
  const char *name;
  TRY(TRITONBACKEND_ModelInstanceName(instance, &name));
  write_down(what, name);
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(TRITONBACKEND_ModelInstance *instance)
{
  return note(instance, "+");
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(TRITONBACKEND_ModelInstance *instance)
{
  return note(instance, "-");
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceReady(TRITONBACKEND_ModelInstance *instance)
{
  (void)instance;
  if (exists("TALLY_SICK"))
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "not feeling well");
  return NULL;
}

static TRITONSERVER_Error *fill(TRITONBACKEND_Response *response)
{
  TRITONBACKEND_Output *output;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  const int64_t shape[1] = {1};
  const int32_t answer = ANSWER;
  int64_t id = 0;
  void *buffer;
  TRY(TRITONBACKEND_ResponseOutput(response, &output, "ANSWER", TRITONSERVER_TYPE_INT32, shape, 1));
  TRY(TRITONBACKEND_OutputBuffer(output, &buffer, sizeof(answer), &type, &id));
  memcpy(buffer, &answer, sizeof(answer));
  return NULL;
}

static void answer(job_t *job)
{
  TRITONBACKEND_Response *response;
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, job->request);
  if (error == NULL) {
    error = fill(response);
    TRITONSERVER_Error *failed =
        TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error);
    if (failed != NULL) TRITONSERVER_ErrorDelete(failed);
  }
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
  /* The instance has to be alive as long as it has a request. */
  error = TRITONBACKEND_ModelInstanceReportStatistics(job->instance, job->request, 1, 1, 2, 3, 4);
  if (error != NULL) {
    write_down("error", TRITONSERVER_ErrorMessage(error));
    TRITONSERVER_ErrorDelete(error);
  }
  TRITONBACKEND_RequestRelease(job->request, TRITONSERVER_REQUEST_RELEASE_ALL);
  free(job);
}

static void *answer_late(void *argument)
{
  while (exists("TALLY_HELD")) usleep(1000);
  answer(argument);
  end_thread();
  return NULL;
}

static int is_held(TRITONBACKEND_Request *request)
{
  uint32_t count = 0;
  TRITONBACKEND_RequestParameterCount(request, &count);
  for (uint32_t i = 0; i < count; i++) {
    const char *key;
    TRITONSERVER_ParameterType type;
    const void *value;
    TRITONBACKEND_RequestParameter(request, i, &key, &type, &value);
    if (type == TRITONSERVER_PARAMETER_INT && strcmp(key, "held") == 0)
      return *(const int64_t *)value != 0;
  }
  return 0;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(TRITONBACKEND_ModelInstance *instance,
                                                       TRITONBACKEND_Request **requests,
                                                       const uint32_t request_count)
{
  for (uint32_t i = 0; i < request_count; i++) {
    job_t *job = malloc(sizeof(job_t));
    pthread_t thread;
    if (job == NULL) abort();
    job->instance = instance;
    job->request = requests[i];
    if (!is_held(requests[i])) {
      answer(job);
      continue;
    }
    write_library("library held");
    pthread_mutex_lock(&lock);
    running++;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, answer_late, job) != 0) abort();
  }
  return NULL;
}
