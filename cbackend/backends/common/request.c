/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* clock_gettime */
#define _POSIX_C_SOURCE 200809L

#include "request.h"

#include <inttypes.h>
#include <time.h>

TRITONSERVER_Error *tb_input_read(TRITONBACKEND_Input *handle, tb_input *input)
{
  input->handle = handle;
  return TRITONBACKEND_InputProperties(handle, &input->name, &input->datatype, &input->shape,
                                       &input->rank, &input->byte_size, &input->buffer_count);
}

TRITONSERVER_Error *tb_input_copy(const tb_input *input, void *to, TRITONSERVER_MemoryType to_type)
{
  uint64_t copied = 0;
  for (uint32_t i = 0; i < input->buffer_count; i++) {
    const void *buffer;
    uint64_t size;
    /* In: what we'd like; out: what it is. */
    TRITONSERVER_MemoryType type = to_type;
    int64_t type_id = 0;
    TB_RETURN_IF_ERROR(
        TRITONBACKEND_InputBuffer(input->handle, i, &buffer, &size, &type, &type_id));
    if (size > input->byte_size - copied) {
      copied = UINT64_MAX;
      break;
    }
    TB_RETURN_IF_ERROR(tb_copy((char *)to + copied, to_type, buffer, type, (size_t)size));
    copied += size;
  }
  if (copied != input->byte_size)
    return tb_error(TRITONSERVER_ERROR_INTERNAL,
                    "the buffers of input '%s' don't add up to its %" PRIu64 " bytes", input->name,
                    input->byte_size);
  return NULL;
}

uint64_t tb_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static TRITONBACKEND_Response **response_at(TRITONBACKEND_Response **responses, size_t stride,
                                            uint32_t index)
{
  return (TRITONBACKEND_Response **)((char *)responses + stride * index);
}

TRITONSERVER_Error *tb_new_responses(TRITONBACKEND_Request **requests, uint32_t count,
                                     TRITONBACKEND_Response **responses, size_t stride)
{
  for (uint32_t i = 0; i < count; i++) {
    TRITONSERVER_Error *error =
        TRITONBACKEND_ResponseNew(response_at(responses, stride, i), requests[i]);
    if (error == NULL) continue;
    while (i-- > 0)
      TB_LOG_IF_ERROR(TRITONBACKEND_ResponseDelete(*response_at(responses, stride, i)),
                      "deleting a response that is not needed");
    return error;
  }
  return NULL;
}

void tb_finish_request(TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request *request,
                       TRITONBACKEND_Response *response, TRITONSERVER_Error *error,
                       const tb_times *times)
{
  TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportStatistics(
                      instance, request, error == NULL, times->exec_start, times->compute_start,
                      times->compute_end, times->exec_end),
                  "reporting the statistics of a request");
  TB_LOG_IF_ERROR(
      TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error),
      "sending a response");
  /* ResponseSend takes the response, whether it succeeds or not, but only reads the error. */
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
  TB_LOG_IF_ERROR(TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_ALL),
                  "releasing a request");
}

TRITONSERVER_Error *tb_check_cancelled(TRITONBACKEND_Request *request)
{
  bool cancelled = false;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestIsCancelled(request, &cancelled));
  return cancelled
             ? TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_CANCELLED, "the request was cancelled")
             : NULL;
}
