/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Requests, their inputs and their answers.
 *
 * Once Execute has decided to return success it owns its requests: each gets exactly one final
 * response and one release, whatever happens to it in between. */

#ifndef TB_REQUEST_H
#define TB_REQUEST_H

#include "tensor.h"

/* What TRITONBACKEND_InputProperties says; `shape` and `name` are borrowed from the request. */
typedef struct {
  TRITONBACKEND_Input *handle;
  const char *name;
  const int64_t *shape;
  uint64_t byte_size;
  TRITONSERVER_DataType datatype;
  uint32_t rank;
  uint32_t buffer_count;
} tb_input;

TRITONSERVER_Error *tb_input_read(TRITONBACKEND_Input *handle, tb_input *input);

/* Copies all buffers of the input, one behind the other, to `to`, which has `input->byte_size`
 * bytes. INTERNAL when the buffers' sizes don't add up to that. */
TRITONSERVER_Error *tb_input_copy(const tb_input *input, void *to, TRITONSERVER_MemoryType to_type);

/* The four moments of an execution in nanoseconds of the monotonic clock. */
typedef struct {
  uint64_t exec_start, compute_start, compute_end, exec_end;
} tb_times;

uint64_t tb_now_ns(void);

/* Makes a response for each request, before anything is done for any of them: where one can't be
 * made, those that were are deleted, and Execute gives all requests back with this error. What comes
 * to lie at `responses`, at steps of `stride` bytes, is owned by the caller. */
TRITONSERVER_Error *tb_new_responses(TRITONBACKEND_Request **requests, uint32_t count,
                                     TRITONBACKEND_Response **responses, size_t stride);

/* Ends a request: reports its statistics (a success where `error` is NULL), sends its final answer
 * and gives it back to the server. Takes all three. */
void tb_finish_request(TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request *request,
                       TRITONBACKEND_Response *response, TRITONSERVER_Error *error,
                       const tb_times *times);

/* The error for a cancelled request, NULL when it isn't. */
TRITONSERVER_Error *tb_check_cancelled(TRITONBACKEND_Request *request);

#endif
