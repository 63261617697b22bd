/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A model of sequences: OUT_DATA is the sum of what the sequence has sent as IN_DATA so far. The sum
 * is the server's state TOTAL, which begins with zero. */

#include "specimen.h"

static TRITONSERVER_Error *read_number(TRITONBACKEND_Request *request, const char *name,
                                       uint32_t *number)
{
  TRITONBACKEND_Input *input; /* borrowed from the request */
  uint64_t size;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, name, &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, NULL, NULL, NULL, NULL, &size, NULL);
  if (error != NULL) return error;
  if (size != sizeof *number)
    return problem(TRITONSERVER_ERROR_INVALID_ARG, "one 32-bit number is expected");
  return gather(input, (char *)number);
}

static TRITONSERVER_Error *keep(TRITONBACKEND_Request *request, uint32_t total)
{
  static const int64_t shape[2] = {1, 1};
  TRITONBACKEND_State *state; /* borrowed from the request */
  TRITONSERVER_MemoryType memory = TRITONSERVER_MEMORY_CPU;
  int64_t memory_id = 0;
  void *to; /* borrowed from the state */
  TRITONSERVER_Error *error =
      TRITONBACKEND_StateNew(&state, request, "TOTAL_OUT", TRITONSERVER_TYPE_INT32, shape, 2);
  if (error == NULL)
    error = TRITONBACKEND_StateBuffer(state, &to, sizeof total, &memory, &memory_id);
  if (error != NULL) return error;
  if (memory == TRITONSERVER_MEMORY_GPU)
    return problem(TRITONSERVER_ERROR_UNSUPPORTED, "states in GPU memory are not written here");
  memcpy(to, &total, sizeof total);
  return TRITONBACKEND_StateUpdate(state);
}

static TRITONSERVER_Error *add_up(Member *member)
{
  static const int64_t shape[2] = {1, 1};
  uint32_t ready, start, end, value, total;
  TRITONSERVER_Error *error = read_number(member->request, "READY", &ready);
  /* A slot without a request is there for its place in the batch alone. */
  if (error != NULL || ready == 0) return error;
  error = read_number(member->request, "START", &start);
  if (error == NULL) error = read_number(member->request, "END", &end);
  if (error == NULL) error = read_number(member->request, "IN_DATA", &value);
  if (error == NULL) error = read_number(member->request, "TOTAL_IN", &total);
  if (error != NULL) return error;
  total = (start != 0 ? 0 : total) + value;
  error = put(member->response, "OUT_DATA", TRITONSERVER_TYPE_INT32, shape, 2,
              (const char *)&total, sizeof total);
  if (error == NULL) error = keep(member->request, total);
  return error;
}

TRITONSERVER_Error *execute_totals(Instance *instance, TRITONBACKEND_Request **requests,
                                   uint32_t count)
{
  uint64_t start = now_ns();
  Member *members = calloc(count, sizeof *members);
  TRITONSERVER_Error *error = NULL;
  if (members == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  for (uint32_t i = 0; error == NULL && i < count; i++) {
    members[i].request = requests[i];
    error = TRITONBACKEND_ResponseNew(&members[i].response, requests[i]);
  }
  if (error != NULL) { /* nothing was sent yet: the server answers all of them */
    for (uint32_t i = 0; i < count; i++)
      if (members[i].response != NULL) drop(TRITONBACKEND_ResponseDelete(members[i].response));
    free(members);
    return error;
  }
  for (uint32_t i = 0; i < count; i++) {
    Member *member = &members[i];
    uint64_t begin = now_ns();
    member->error = add_up(member);
    uint64_t end = now_ns();
    drop(TRITONBACKEND_ModelInstanceReportStatistics(instance->instance, member->request,
                                                     member->error == NULL, start, begin, end,
                                                     now_ns()));
    drop(TRITONBACKEND_ResponseSend(member->response, TRITONSERVER_RESPONSE_COMPLETE_FINAL,
                                    member->error));
    drop(member->error);
    drop(TRITONBACKEND_RequestRelease(member->request, TRITONSERVER_REQUEST_RELEASE_ALL));
  }
  uint64_t end = now_ns();
  drop(TRITONBACKEND_ModelInstanceReportBatchStatistics(instance->instance, count, start, start,
                                                        end, now_ns()));
  free(members);
  return NULL;
}
