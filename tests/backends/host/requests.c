/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The functions of requests and responses. A request handle is the test's host_request itself; a
 * released one must not be touched any more. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

static host_request *alive(TRITONBACKEND_Request *request)
{
  host_request *hosted = (host_request *)request;
  HOST_CHECK(hosted != NULL && !hosted->released);
  return hosted;
}

static TRITONSERVER_Error *not_found(const char *what)
{
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_NOT_FOUND, what);
}

/* ---- requests ---- */

TRITONSERVER_Error *TRITONBACKEND_RequestId(TRITONBACKEND_Request *request, const char **id)
{
  *id = alive(request)->id;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestIsCancelled(TRITONBACKEND_Request *request,
                                                     bool *cancelled)
{
  *cancelled = alive(request)->cancelled;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestCorrelationId(TRITONBACKEND_Request *request, uint64_t *id)
{
  (void)request;
  *id = 0;
  return not_found("the correlation id is a string");
}

TRITONSERVER_Error *TRITONBACKEND_RequestCorrelationIdString(TRITONBACKEND_Request *request,
                                                             const char **id)
{
  (void)request;
  *id = "sequence";
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_InferenceRequestTimeoutMicroseconds(
    TRITONBACKEND_Request *request, uint64_t *timeout)
{
  (void)request;
  *timeout = 7;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestFlags(TRITONBACKEND_Request *request, uint32_t *flags)
{
  (void)request;
  *flags = TRITONSERVER_REQUEST_FLAG_SEQUENCE_START;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestParameterCount(TRITONBACKEND_Request *request,
                                                        uint32_t *count)
{
  *count = alive(request)->parameter_count;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestParameter(TRITONBACKEND_Request *request,
                                                   const uint32_t index, const char **key,
                                                   TRITONSERVER_ParameterType *type,
                                                   const void **vvalue)
{
  const host_parameter *parameter = &alive(request)->parameters[index];
  *key = parameter->name;
  *type = parameter->type;
  *vvalue = parameter->value;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestInputCount(TRITONBACKEND_Request *request, uint32_t *count)
{
  *count = alive(request)->input_count;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestInputByIndex(TRITONBACKEND_Request *request,
                                                      const uint32_t index,
                                                      TRITONBACKEND_Input **input)
{
  HOST_CHECK(index < alive(request)->input_count);
  *input = (TRITONBACKEND_Input *)&alive(request)->inputs[index];
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestInput(TRITONBACKEND_Request *request, const char *name,
                                               TRITONBACKEND_Input **input)
{
  host_request *hosted = alive(request);
  for (uint32_t i = 0; i < hosted->input_count; i++)
    if (strcmp(hosted->inputs[i].name, name) == 0)
      return TRITONBACKEND_RequestInputByIndex(request, i, input);
  return not_found("no such input");
}

TRITONSERVER_Error *TRITONBACKEND_RequestOutputCount(TRITONBACKEND_Request *request,
                                                     uint32_t *count)
{
  *count = alive(request)->output_count;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestOutputName(TRITONBACKEND_Request *request,
                                                    const uint32_t index, const char **name)
{
  HOST_CHECK(index < alive(request)->output_count);
  *name = alive(request)->outputs[index];
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_RequestRelease(TRITONBACKEND_Request *request, uint32_t flags)
{
  host_request *hosted = alive(request);
  HOST_CHECK(flags == TRITONSERVER_REQUEST_RELEASE_ALL && hosted->answered && hosted->reported);
  hosted->released = true;
  states_free(hosted);
  /* What the request lent is gone now: reading it later is a fault the checker sees. */
  for (uint32_t i = 0; i < hosted->input_count; i++)
    memset(&hosted->inputs[i], 0, sizeof hosted->inputs[i]);
  return NULL;
}

/* ---- inputs ---- */

TRITONSERVER_Error *TRITONBACKEND_InputProperties(TRITONBACKEND_Input *input, const char **name,
                                                  TRITONSERVER_DataType *datatype,
                                                  const int64_t **shape, uint32_t *dims_count,
                                                  uint64_t *byte_size, uint32_t *buffer_count)
{
  const host_input *hosted = (const host_input *)input;
  *name = hosted->name;
  *datatype = hosted->datatype;
  *shape = hosted->shape;
  *dims_count = hosted->rank;
  *byte_size = hosted->byte_size;
  *buffer_count = hosted->buffer_count;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_InputBuffer(TRITONBACKEND_Input *input, const uint32_t index,
                                              const void **buffer, uint64_t *buffer_byte_size,
                                              TRITONSERVER_MemoryType *memory_type,
                                              int64_t *memory_type_id)
{
  const host_input *hosted = (const host_input *)input;
  HOST_CHECK(index < hosted->buffer_count);
  *buffer = hosted->buffers[index];
  *buffer_byte_size = hosted->sizes[index];
  *memory_type = hosted->memory_type;
  *memory_type_id = 0;
  return NULL;
}

/* ---- responses ---- */

TRITONSERVER_Error *TRITONBACKEND_ResponseNew(TRITONBACKEND_Response **response,
                                              TRITONBACKEND_Request *request)
{
  *response = calloc(1, sizeof **response);
  (*response)->request = alive(request);
  count_object(1);
  return NULL;
}

static void response_free(TRITONBACKEND_Response *response)
{
  for (uint32_t i = 0; i < response->output_count; i++) free(response->outputs[i].buffer);
  free(response);
  count_object(-1);
}

TRITONSERVER_Error *TRITONBACKEND_ResponseDelete(TRITONBACKEND_Response *response)
{
  response_free(response);
  return NULL;
}

static TRITONSERVER_Error *count_parameter(TRITONBACKEND_Response *response)
{
  response->parameter_count++;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ResponseSetStringParameter(TRITONBACKEND_Response *response,
                                                             const char *name, const char *value)
{
  HOST_CHECK(strlen(name) > 0 && value != NULL);
  return count_parameter(response);
}

TRITONSERVER_Error *TRITONBACKEND_ResponseSetIntParameter(TRITONBACKEND_Response *response,
                                                          const char *name, const int64_t value)
{
  (void)name;
  (void)value;
  return count_parameter(response);
}

TRITONSERVER_Error *TRITONBACKEND_ResponseSetBoolParameter(TRITONBACKEND_Response *response,
                                                           const char *name, const bool value)
{
  (void)name;
  (void)value;
  return count_parameter(response);
}

TRITONSERVER_Error *TRITONBACKEND_ResponseSetDoubleParameter(TRITONBACKEND_Response *response,
                                                             const char *name, const double value)
{
  (void)name;
  (void)value;
  return count_parameter(response);
}

TRITONSERVER_Error *TRITONBACKEND_ResponseOutput(TRITONBACKEND_Response *response,
                                                 TRITONBACKEND_Output **output, const char *name,
                                                 const TRITONSERVER_DataType datatype,
                                                 const int64_t *shape, const uint32_t dims_count)
{
  for (uint32_t i = 0; i < response->output_count; i++)
    HOST_CHECK(strcmp(response->outputs[i].name, name) != 0);
  HOST_CHECK(response->output_count < HOST_LIMIT && dims_count <= 8);
  host_output *made = &response->outputs[response->output_count++];
  *made = (host_output){
      .datatype = datatype, .rank = dims_count, .refused = response->request->fail_output};
  snprintf(made->name, sizeof made->name, "%s", name);
  if (dims_count > 0) memcpy(made->shape, shape, dims_count * sizeof *shape);
  *output = (TRITONBACKEND_Output *)made;
  return NULL;
}

TRITONSERVER_MemoryType host_output_memory = TRITONSERVER_MEMORY_CPU;

/* Exactly as large as asked for, so that a byte too much is a fault. */
TRITONSERVER_Error *TRITONBACKEND_OutputBuffer(TRITONBACKEND_Output *output, void **buffer,
                                               const uint64_t buffer_byte_size,
                                               TRITONSERVER_MemoryType *memory_type,
                                               int64_t *memory_type_id)
{
  host_output *hosted = (host_output *)output;
  if (hosted->refused)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "no buffer for an output");
  HOST_CHECK(hosted->buffer == NULL);
  hosted->buffer = buffer_byte_size > 0 ? malloc(buffer_byte_size) : NULL;
  hosted->byte_size = buffer_byte_size;
  *buffer = hosted->buffer;
  *memory_type = host_output_memory;
  *memory_type_id = 0;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ResponseSend(TRITONBACKEND_Response *response,
                                               const uint32_t send_flags, TRITONSERVER_Error *error)
{
  host_request *request = alive((TRITONBACKEND_Request *)response->request);
  HOST_CHECK(!request->answered && send_flags == TRITONSERVER_RESPONSE_COMPLETE_FINAL);
  request->answered = true;
  request->response_parameter_count = response->parameter_count;
  if (error != NULL) {
    request->code = TRITONSERVER_ErrorCode(error);
    snprintf(request->message, sizeof request->message, "%s", TRITONSERVER_ErrorMessage(error));
  } else {
    memcpy(request->results, response->outputs, sizeof request->results);
    request->result_count = response->output_count;
    response->output_count = 0; /* the buffers are the test's now */
  }
  response_free(response);
  return NULL;
}
