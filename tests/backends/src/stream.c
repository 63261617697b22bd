/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A decoupled backend: sends as many responses as the request parameter "responses" says (0 to
 * 1000), response k with OUTPUT0 = k (INT32 [1]), through a response factory after the request has
 * been released, and then the final flag by itself. With the request parameter "error_at" response
 * number error_at is an error. Also answers requests of models that aren't decoupled, with one
 * response. */

#include "specimen.h"

static TRITONSERVER_Error *number(TRITONBACKEND_Response *response, int32_t value)
{
  const int64_t shape[1] = {1};
  TRITONBACKEND_Output *output;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  void *buffer;
  TRITONSERVER_Error *error =
      TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", TRITONSERVER_TYPE_INT32, shape, 1);
  if (error == NULL)
    error = TRITONBACKEND_OutputBuffer(output, &buffer, sizeof value, &type, &type_id);
  if (error == NULL) memcpy(buffer, &value, sizeof value);
  return error;
}

static void stream(TRITONBACKEND_ResponseFactory *factory, int32_t responses, int32_t error_at)
{
  for (int32_t k = 0; k < responses; k++) {
    TRITONBACKEND_Response *response;
    TRITONSERVER_Error *error = TRITONBACKEND_ResponseNewFromFactory(&response, factory);
    if (error == NULL) {
      error = number(response, k);
      if (k == error_at) {
        drop(error);
        error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, "an error in the stream");
      }
      drop(TRITONBACKEND_ResponseSend(response, 0, error));
    }
    drop(error);
  }
  drop(TRITONBACKEND_ResponseFactorySendFlags(factory, TRITONSERVER_RESPONSE_COMPLETE_FINAL));
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  char text[32];
  (void)instance;
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONBACKEND_ResponseFactory *factory;
    int32_t responses = 1, error_at = -1;
    if (parameter(requests[i], "responses", text, sizeof text)[0] != '\0') responses = atoi(text);
    if (parameter(requests[i], "error_at", text, sizeof text)[0] != '\0') error_at = atoi(text);
    TRITONSERVER_Error *error =
        responses < 0 || responses > 1000
            ? TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, "responses must be 0 to 1000")
            : TRITONBACKEND_ResponseFactoryNew(&factory, requests[i]);
    if (error != NULL) {
      respond(requests[i], error);
      release(requests[i]);
      continue;
    }
    release(requests[i]);
    stream(factory, responses, error_at);
    drop(TRITONBACKEND_ResponseFactoryDelete(factory));
  }
  return NULL;
}
