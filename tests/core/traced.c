/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A backend that knows its requests' traces: it reports activities of its own, tells the trace's
 * context in the response parameter "context", and with the request parameter "child" infers on the
 * model "echo" as a part of the trace. OUTPUT0 is INPUT0. It reports no statistics. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "triton/core/tritonbackend.h"

#define TRY(call)                                                                                  \
  do {                                                                                             \
    TRITONSERVER_Error *error_ = (call);                                                           \
    if (error_ != NULL) return error_;                                                             \
  } while (0)

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- an inference inside an inference --- */

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int answered, released;
} wait_t;

static TRITONSERVER_Error *allocate(TRITONSERVER_ResponseAllocator *allocator, const char *name,
                                    size_t size, TRITONSERVER_MemoryType type, int64_t id,
                                    void *userp, void **buffer, void **buffer_userp,
                                    TRITONSERVER_MemoryType *actual_type, int64_t *actual_id)
{
  (void)allocator, (void)name, (void)type, (void)id, (void)userp;
  *buffer = malloc(size + 1);
  *buffer_userp = NULL;
  *actual_type = TRITONSERVER_MEMORY_CPU;
  *actual_id = 0;
  return NULL;
}

static TRITONSERVER_Error *give_back(TRITONSERVER_ResponseAllocator *allocator, void *buffer,
                                     void *buffer_userp, size_t size, TRITONSERVER_MemoryType type,
                                     int64_t id)
{
  (void)allocator, (void)buffer_userp, (void)size, (void)type, (void)id;
  free(buffer);
  return NULL;
}

static void set(wait_t *wait, int *what)
{
  pthread_mutex_lock(&wait->lock);
  *what = 1;
  pthread_cond_broadcast(&wait->changed);
  pthread_mutex_unlock(&wait->lock);
}

static void on_response(TRITONSERVER_InferenceResponse *response, const uint32_t flags, void *userp)
{
  if (response != NULL) TRITONSERVER_InferenceResponseDelete(response);
  if (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) set(userp, &((wait_t *)userp)->answered);
}

static void on_release(TRITONSERVER_InferenceRequest *request, const uint32_t flags, void *userp)
{
  (void)flags;
  TRITONSERVER_InferenceRequestDelete(request);
  set(userp, &((wait_t *)userp)->released);
}

static TRITONSERVER_Error *infer_child(TRITONBACKEND_Model *model,
                                       TRITONSERVER_InferenceTrace *trace, const void *data,
                                       uint64_t size)
{
  TRITONSERVER_Server *server;
  TRITONSERVER_InferenceRequest *request;
  TRITONSERVER_InferenceTrace *child;
  TRITONSERVER_ResponseAllocator *allocator;
  wait_t wait = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
  const int64_t shape[1] = {(int64_t)(size / 4)};
  TRY(TRITONBACKEND_ModelServer(model, &server));
  TRY(TRITONSERVER_ResponseAllocatorNew(&allocator, allocate, give_back, NULL));
  TRY(TRITONSERVER_InferenceRequestNew(&request, server, "echo", -1));
  TRY(TRITONSERVER_InferenceRequestSetId(request, "inner"));
  TRY(TRITONSERVER_InferenceRequestAddInput(request, "INPUT0", TRITONSERVER_TYPE_FP32, shape, 1));
  TRY(TRITONSERVER_InferenceRequestAppendInputData(request, "INPUT0", data, size,
                                                   TRITONSERVER_MEMORY_CPU, 0));
  TRY(TRITONSERVER_InferenceRequestSetReleaseCallback(request, on_release, &wait));
  TRY(TRITONSERVER_InferenceRequestSetResponseCallback(request, allocator, NULL, on_response,
                                                       &wait));
  TRY(TRITONSERVER_InferenceTraceSpawnChildTrace(trace, &child));
  TRY(TRITONSERVER_ServerInferAsync(server, request, child));
  pthread_mutex_lock(&wait.lock);
  while (!wait.answered || !wait.released) pthread_cond_wait(&wait.changed, &wait.lock);
  pthread_mutex_unlock(&wait.lock);
  return TRITONSERVER_ResponseAllocatorDelete(allocator);
}

/* --- the backend --- */

static int has_parameter(TRITONBACKEND_Request *request, const char *wanted)
{
  uint32_t count = 0;
  TRITONBACKEND_RequestParameterCount(request, &count);
  for (uint32_t i = 0; i < count; i++) {
    const char *key;
    TRITONSERVER_ParameterType type;
    const void *value;
    TRITONBACKEND_RequestParameter(request, i, &key, &type, &value);
    if (strcmp(key, wanted) == 0) return 1;
  }
  return 0;
}

static TRITONSERVER_Error *answer(TRITONBACKEND_Request *request, const char *context,
                                  const void *data, uint64_t size)
{
  TRITONBACKEND_Response *response;
  TRITONBACKEND_Output *output;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0;
  const int64_t shape[1] = {(int64_t)(size / 4)};
  void *buffer;
  TRY(TRITONBACKEND_ResponseNew(&response, request));
  TRY(TRITONBACKEND_ResponseSetStringParameter(response, "context", context));
  TRY(TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", TRITONSERVER_TYPE_FP32, shape, 1));
  TRY(TRITONBACKEND_OutputBuffer(output, &buffer, size, &type, &id));
  if (size) memcpy(buffer, data, size);
  return TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, NULL);
}

static TRITONSERVER_Error *execute(TRITONBACKEND_Model *model, TRITONBACKEND_Request *request)
{
  TRITONSERVER_InferenceTrace *trace;
  TRITONBACKEND_Input *input;
  const char *context = "";
  char *told;
  const void *data;
  uint64_t size;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0;
  TRITONSERVER_Error *error;
  TRY(TRITONBACKEND_RequestInput(request, "INPUT0", &input));
  TRY(TRITONBACKEND_InputBuffer(input, 0, &data, &size, &type, &id));
  TRY(TRITONBACKEND_RequestTrace(request, &trace));
  if (trace != NULL) TRY(TRITONSERVER_InferenceTraceContext(trace, &context));
  told = strdup(context);
  /* All of these do nothing for a request without a trace. */
  TRY(TRITONSERVER_InferenceTraceReportActivity(trace, now(), "STEP_START"));
  TRY(TRITONSERVER_InferenceTraceReportActivity(trace, now(), "a \"note\""));
  if (has_parameter(request, "child")) TRY(infer_child(model, trace, data, size));
  TRY(TRITONSERVER_InferenceTraceReportActivity(trace, now(), "STEP_END"));
  error = answer(request, told, data, size);
  free(told);
  return error;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(TRITONBACKEND_ModelInstance *instance,
                                                       TRITONBACKEND_Request **requests,
                                                       const uint32_t request_count)
{
  TRITONBACKEND_Model *model;
  TRY(TRITONBACKEND_ModelInstanceModel(instance, &model));
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONSERVER_Error *error = execute(model, requests[i]);
    if (error != NULL) {
      TRITONSERVER_LogMessage(TRITONSERVER_LOG_ERROR, __FILE__, __LINE__,
                              TRITONSERVER_ErrorMessage(error));
      TRITONSERVER_ErrorDelete(error);
    }
    TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
  }
  return NULL;
}
