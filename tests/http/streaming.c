/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A decoupled backend whose answers each request scripts, for what the repeat backend can't do:
 * errors after responses, large responses without a pause, responses with parameters.
 *
 * Request parameters (int, but for tag): count (responses, default 1), size (bytes of each string),
 * elements (strings in TEXT), error_at (this response is an error, and the last), bare_final (the
 * final flag comes alone), pause_us (before each response), clash (1: response parameters with names
 * that are taken), tag (string: becomes a response parameter, with one of each other type). */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "triton/core/tritonbackend.h"

#define TRY(call)                                \
  do {                                           \
    TRITONSERVER_Error *error_ = (call);         \
    if (error_ != NULL) return error_;           \
  } while (0)

typedef struct {
  TRITONBACKEND_ResponseFactory *factory;
  int64_t count, size, elements, error_at, bare_final, pause_us, clash;
  const char *tag; /* borrowed from the request */
} script_t;

static TRITONSERVER_Error *read_script(TRITONBACKEND_Request *request, script_t *script)
{
  uint32_t count;
  struct {
    const char *name;
    int64_t *value;
  } known[] = {{"count", &script->count},       {"size", &script->size},
               {"elements", &script->elements}, {"error_at", &script->error_at},
               {"bare_final", &script->bare_final}, {"pause_us", &script->pause_us},
               {"clash", &script->clash}};
  TRY(TRITONBACKEND_RequestParameterCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *key;
    TRITONSERVER_ParameterType type;
    const void *value;
    TRY(TRITONBACKEND_RequestParameter(request, i, &key, &type, &value));
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
      if (type == TRITONSERVER_PARAMETER_INT && strcmp(key, known[k].name) == 0)
        *known[k].value = *(const int64_t *)value;
    if (type == TRITONSERVER_PARAMETER_STRING && strcmp(key, "tag") == 0) script->tag = value;
  }
  return NULL;
}

static TRITONSERVER_Error *fill(TRITONBACKEND_Response *response, const script_t *script,
                                int64_t index)
{
  TRITONBACKEND_Output *output;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0, shape[1] = {script->elements};
  void *buffer;
  uint32_t length = (uint32_t)script->size;
  uint64_t whole = (uint64_t)script->elements * (4 + length);
  TRY(TRITONBACKEND_ResponseOutput(response, &output, "TEXT", TRITONSERVER_TYPE_BYTES, shape, 1));
  TRY(TRITONBACKEND_OutputBuffer(output, &buffer, whole, &type, &id));
  char *at = buffer;
  for (int64_t i = 0; i < script->elements; i++) {
    memcpy(at, &length, 4);
    memset(at + 4, 'a' + (int)(index % 26), length);
    at += 4 + length;
  }
  if (script->tag != NULL) {
    TRY(TRITONBACKEND_ResponseSetStringParameter(response, "tag", script->tag));
    TRY(TRITONBACKEND_ResponseSetIntParameter(response, "index", index));
    TRY(TRITONBACKEND_ResponseSetBoolParameter(response, "flag", index % 2 == 0));
    TRY(TRITONBACKEND_ResponseSetDoubleParameter(response, "real", 0.5));
  }
  if (script->clash) {
    TRY(TRITONBACKEND_ResponseSetIntParameter(response, "model_name", 1));
    TRY(TRITONBACKEND_ResponseSetIntParameter(response, "TEXT", 2));
    TRY(TRITONBACKEND_ResponseSetIntParameter(response, "id", 3));
  }
  return NULL;
}

static TRITONSERVER_Error *respond(const script_t *script, int64_t index, uint32_t flags,
                                   TRITONSERVER_Error *failure)
{
  TRITONBACKEND_Response *response;
  TRY(TRITONBACKEND_ResponseNewFromFactory(&response, script->factory));
  if (failure == NULL) TRY(fill(response, script, index));
  return TRITONBACKEND_ResponseSend(response, flags, failure);
}

static TRITONSERVER_Error *run(const script_t *script)
{
  bool alone = script->bare_final || script->count == 0;
  for (int64_t i = 0; i < script->count; i++) {
    bool cancelled = false;
    TRITONSERVER_Error *failure = NULL;
    if (script->pause_us) usleep((useconds_t)script->pause_us);
    TRY(TRITONBACKEND_ResponseFactoryIsCancelled(script->factory, &cancelled));
    if (cancelled)
      failure = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_CANCELLED, "it was cancelled");
    else if (i == script->error_at)
      failure = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE, "An \"Error\" Occurred");
    bool last = failure != NULL || (!alone && i == script->count - 1);
    TRITONSERVER_Error *unsent =
        respond(script, i, last ? TRITONSERVER_RESPONSE_COMPLETE_FINAL : 0, failure);
    if (failure != NULL) TRITONSERVER_ErrorDelete(failure);
    if (unsent != NULL || last) return unsent;
  }
  return TRITONBACKEND_ResponseFactorySendFlags(script->factory,
                                                TRITONSERVER_RESPONSE_COMPLETE_FINAL);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests, const uint32_t count)
{
  (void)instance;
  for (uint32_t i = 0; i < count; i++) {
    script_t script = {.count = 1, .size = 5, .elements = 1, .error_at = -1};
    TRITONSERVER_Error *error = TRITONBACKEND_ResponseFactoryNew(&script.factory, requests[i]);
    if (error == NULL) error = read_script(requests[i], &script);
    if (error == NULL) error = run(&script);
    if (error != NULL) {
      TRITONSERVER_LogMessage(TRITONSERVER_LOG_ERROR, __FILE__, __LINE__,
                              TRITONSERVER_ErrorMessage(error));
      TRITONSERVER_ErrorDelete(error);
    }
    if (script.factory != NULL) TRITONBACKEND_ResponseFactoryDelete(script.factory);
    TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
  }
  return NULL;
}
