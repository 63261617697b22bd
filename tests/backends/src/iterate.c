/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* An iterative model: takes as many steps for a request as its INPUT (INT32) says, one an execution,
 * and gives it back for the next with TRITONSERVER_REQUEST_RELEASE_RESCHEDULE. How many steps were
 * taken is its implicit state PAST and NEXT. With the model decoupled each step sends one response,
 * else the last one does: OUTPUT is the number of the step.
 *
 * The model parameter "wrong" = "late" sends the final response before it reschedules, which is
 * refused; the request is then released as usual. */

#include "specimen.h"

static TRITONSERVER_Error *number(TRITONBACKEND_Request *request, const char *name, int32_t *value)
{
  TRITONBACKEND_Input *input;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0;
  uint64_t size;
  const void *data;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, name, &input);
  if (error == NULL) error = TRITONBACKEND_InputBuffer(input, 0, &data, &size, &type, &id);
  if (error == NULL) memcpy(value, data, sizeof *value);
  return error;
}

static TRITONSERVER_Error *remember(TRITONBACKEND_Request *request, int32_t step)
{
  TRITONBACKEND_State *state;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  const int64_t shape[2] = {1, 1};
  int64_t id = 0;
  void *buffer;
  TRITONSERVER_Error *error =
      TRITONBACKEND_StateNew(&state, request, "NEXT", TRITONSERVER_TYPE_INT32, shape, 2);
  if (error == NULL) error = TRITONBACKEND_StateBuffer(state, &buffer, sizeof step, &type, &id);
  if (error == NULL) memcpy(buffer, &step, sizeof step);
  if (error == NULL) error = TRITONBACKEND_StateUpdate(state);
  return error;
}

static void send(TRITONBACKEND_Request *request, int32_t step, uint32_t count, uint32_t flags)
{
  TRITONBACKEND_Response *response;
  TRITONBACKEND_Output *output;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  const int64_t shape[2] = {1, 1};
  uint32_t seen = 0;
  int64_t id = 0;
  void *buffer;
  drop(TRITONBACKEND_RequestFlags(request, &seen));
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, request);
  if (error != NULL) {
    drop(error);
    return;
  }
  error = TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT", TRITONSERVER_TYPE_INT32, shape,
                                       2);
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &buffer, sizeof step, &type, &id);
  if (error == NULL) memcpy(buffer, &step, sizeof step);
  drop(TRITONBACKEND_ResponseSetIntParameter(response, "flags", seen));
  drop(TRITONBACKEND_ResponseSetIntParameter(response, "count", count));
  drop(TRITONBACKEND_ResponseSend(response, flags, error));
  drop(error);
}

static int decoupled(TRITONBACKEND_ModelInstance *instance, char *wrong, size_t size)
{
  TRITONBACKEND_Model *model;
  TRITONSERVER_Message *message;
  const char *json;
  size_t length;
  drop(TRITONBACKEND_ModelInstanceModel(instance, &model));
  model_parameter(model, "wrong", wrong, size);
  drop(TRITONBACKEND_ModelConfig(model, 1, &message));
  drop(TRITONSERVER_MessageSerializeToJson(message, &json, &length));
  char *copy = calloc(1, length + 1);
  memcpy(copy, json, length);
  int found = strstr(copy, "\"decoupled\":true") != NULL || strstr(copy, "\"decoupled\": true") != NULL;
  free(copy);
  drop(TRITONSERVER_MessageDelete(message));
  return found;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  char wrong[16];
  int streams = decoupled(instance, wrong, sizeof wrong);
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONBACKEND_Request *request = requests[i];
    int32_t steps = 0, step = 0;
    TRITONSERVER_Error *error = number(request, "INPUT", &steps);
    if (error == NULL) error = number(request, "PAST", &step);
    step++;
    if (error == NULL) error = remember(request, step);
    if (error != NULL) {
      respond(request, error);
      release(request);
      continue;
    }
    int last = step >= steps;
    if (wrong[0] != '\0') last = 1;
    if (streams || last)
      send(request, step, request_count, last ? TRITONSERVER_RESPONSE_COMPLETE_FINAL : 0);
    if (!last || wrong[0] != '\0') {
      error = TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_RESCHEDULE);
      if (error == NULL) continue;
      fprintf(stderr, "%s\n", TRITONSERVER_ErrorMessage(error));
      drop(error);
    }
    release(request);
  }
  return NULL;
}
