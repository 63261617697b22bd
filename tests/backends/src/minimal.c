/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The smallest backend there is: one function. OUTPUT0 is a copy of INPUT0, which comes in one
 * buffer of CPU memory or is refused. Without statistics, so the server has to count by itself. */

#include <string.h>

#include "triton/core/tritonbackend.h"

static TRITONSERVER_Error *copy(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response)
{
  TRITONBACKEND_Input *input;
  TRITONBACKEND_Output *output;
  TRITONSERVER_DataType datatype;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  const char *name;
  const int64_t *shape;
  uint32_t rank, buffers;
  uint64_t size, buffer_size = 0;
  int64_t type_id = 0;
  const void *from = NULL;
  void *to;

  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, "INPUT0", &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, &name, &datatype, &shape, &rank, &size, &buffers);
  if (error == NULL && buffers > 0)
    error = TRITONBACKEND_InputBuffer(input, 0, &from, &buffer_size, &type, &type_id);
  if (error == NULL && (buffer_size != size || type == TRITONSERVER_MEMORY_GPU))
    error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED,
                                  "the minimal backend takes one buffer of CPU memory");
  if (error == NULL)
    error = TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", datatype, shape, rank);
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &to, size, &type, &type_id);
  if (error == NULL && size > 0) memcpy(to, from, size);
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
      error = copy(requests[i], response);
      TRITONSERVER_Error *sent =
          TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error);
      if (sent != NULL) TRITONSERVER_ErrorDelete(sent);
    }
    if (error != NULL) TRITONSERVER_ErrorDelete(error);
    error = TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
    if (error != NULL) TRITONSERVER_ErrorDelete(error);
  }
  return NULL;
}
