/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Keeps its sum in implicit state: OUTPUT = PAST + INPUT, element by element, and that is NEXT's
 * value, of which the next request of the sequence gets PAST. All are INT32 of one rank; where INPUT
 * has more elements than PAST the rest begins at 0, so a state of variable size grows.
 *
 * Request parameters: "skip" = 1 leaves the state as it is, "misuse" calls the State functions the
 * wrong way and puts the sentences into the response's parameters, "gpu" = 1 asks for GPU memory. */

#include "specimen.h"

typedef struct {
  const int32_t *data;
  const int64_t *shape;
  uint32_t rank;
  uint64_t count;
} Values;

static TRITONSERVER_Error *values_of(TRITONBACKEND_Request *request, const char *name, Values *v)
{
  TRITONBACKEND_Input *input;
  TRITONSERVER_DataType datatype;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0;
  uint64_t size;
  uint32_t buffers;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, name, &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, &name, &datatype, &v->shape, &v->rank, &size,
                                          &buffers);
  if (error == NULL)
    error = TRITONBACKEND_InputBuffer(input, 0, (const void **)&v->data, &size, &type, &id);
  v->count = size / sizeof(int32_t);
  return error;
}

static void sum(int32_t *out, const Values *input, const Values *past)
{
  for (uint64_t i = 0; i < input->count; i++)
    out[i] = input->data[i] + (i < past->count ? past->data[i] : 0);
}

static void note(TRITONBACKEND_Response *response, const char *name, TRITONSERVER_Error *error)
{
  drop(TRITONBACKEND_ResponseSetStringParameter(
      response, name, error == NULL ? "" : TRITONSERVER_ErrorMessage(error)));
  drop(error);
}

static void misuse(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response)
{
  TRITONBACKEND_State *state = NULL;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  TRITONSERVER_BufferAttributes *attributes;
  int64_t id = 0;
  void *buffer;
  const int64_t shape[2] = {1, 1}, negative[2] = {1, -1};
  note(response, "unknown", TRITONBACKEND_StateNew(&state, request, "NOBODY",
                                                   TRITONSERVER_TYPE_INT32, shape, 2));
  note(response, "no_type", TRITONBACKEND_StateNew(&state, request, "NEXT",
                                                   TRITONSERVER_TYPE_INVALID, shape, 2));
  note(response, "negative", TRITONBACKEND_StateNew(&state, request, "NEXT",
                                                    TRITONSERVER_TYPE_INT32, negative, 2));
  note(response, "null", TRITONBACKEND_StateUpdate(NULL));
  note(response, "new", TRITONBACKEND_StateNew(&state, request, "NEXT", TRITONSERVER_TYPE_INT32,
                                               shape, 2));
  note(response, "no_attributes", TRITONBACKEND_StateBufferAttributes(state, &attributes));
  note(response, "no_buffer", TRITONBACKEND_StateUpdate(state));
  note(response, "buffer", TRITONBACKEND_StateBuffer(state, &buffer, 4, &type, &id));
  memset(buffer, 0, 4);
  note(response, "attributes", TRITONBACKEND_StateBufferAttributes(state, &attributes));
  note(response, "update", TRITONBACKEND_StateUpdate(state));
  note(response, "twice", TRITONBACKEND_StateUpdate(state));
  note(response, "late_buffer", TRITONBACKEND_StateBuffer(state, &buffer, 4, &type, &id));
}

static TRITONSERVER_Error *step(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response)
{
  TRITONBACKEND_Output *output;
  TRITONBACKEND_State *state;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  char text[16];
  int64_t id = 0;
  void *buffer;
  uint32_t outputs = 0;
  Values input, past;
  TRITONSERVER_Error *error = values_of(request, "INPUT", &input);
  if (error == NULL) error = values_of(request, "PAST", &past);
  uint64_t size = input.count * sizeof(int32_t);
  drop(TRITONBACKEND_RequestOutputCount(request, &outputs));
  if (error == NULL && outputs != 0) {
    error = TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT", TRITONSERVER_TYPE_INT32,
                                         input.shape, input.rank);
    if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &buffer, size, &type, &id);
    if (error == NULL) sum(buffer, &input, &past);
    if (error == NULL)
      drop(TRITONBACKEND_ResponseSetIntParameter(response, "past", (int64_t)past.count));
  }
  if (error != NULL || parameter(request, "skip", text, sizeof text)[0] != '\0') return error;
  if (parameter(request, "misuse", text, sizeof text)[0] != '\0') {
    misuse(request, response);
    return NULL;
  }
  error = TRITONBACKEND_StateNew(&state, request, "NEXT", TRITONSERVER_TYPE_INT32, input.shape,
                                 input.rank);
  type = parameter(request, "gpu", text, sizeof text)[0] != '\0' ? TRITONSERVER_MEMORY_GPU
                                                                 : TRITONSERVER_MEMORY_CPU;
  if (error == NULL) error = TRITONBACKEND_StateBuffer(state, &buffer, size, &type, &id);
  if (error == NULL && type != TRITONSERVER_MEMORY_GPU) sum(buffer, &input, &past);
  if (error == NULL) error = TRITONBACKEND_StateUpdate(state);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  (void)instance;
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONBACKEND_Response *response;
    TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, requests[i]);
    if (error == NULL) {
      error = step(requests[i], response);
      drop(TRITONBACKEND_ResponseSetIntParameter(response, "place", i));
      drop(TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error));
    }
    drop(error);
    release(requests[i]);
  }
  return NULL;
}
