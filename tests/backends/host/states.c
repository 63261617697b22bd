/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The functions of implicit state. What a request leaves stays with it, for the test to look at and
 * to give to the next request. A handle ends with its update, so that its later use is a fault. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

TRITONSERVER_MemoryType host_state_memory = TRITONSERVER_MEMORY_CPU;

static TRITONSERVER_Error *refuse(host_request *request, const char *what)
{
  HOST_CHECK(!request->released && !request->answered);
  if (++request->state_calls != request->fail_state_call) return NULL;
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, what);
}

TRITONSERVER_Error *TRITONBACKEND_StateNew(TRITONBACKEND_State **state,
                                           TRITONBACKEND_Request *request, const char *name,
                                           const TRITONSERVER_DataType datatype,
                                           const int64_t *shape, const uint32_t dims_count)
{
  host_request *hosted = (host_request *)request;
  TRITONSERVER_Error *error = refuse(hosted, "no new state");
  if (error != NULL) return error;
  HOST_CHECK(dims_count <= 8);
  struct TRITONBACKEND_State *made = calloc(1, sizeof *made);
  made->request = hosted;
  made->value.datatype = datatype;
  made->value.rank = dims_count;
  snprintf(made->value.name, sizeof made->value.name, "%s", name);
  if (dims_count > 0) memcpy(made->value.shape, shape, dims_count * sizeof *shape);
  made->next = hosted->unfinished;
  hosted->unfinished = made;
  *state = made;
  return NULL;
}

/* Exactly as large as asked for, so that a byte too much is a fault. */
TRITONSERVER_Error *TRITONBACKEND_StateBuffer(TRITONBACKEND_State *state, void **buffer,
                                              const uint64_t buffer_byte_size,
                                              TRITONSERVER_MemoryType *memory_type,
                                              int64_t *memory_type_id)
{
  TRITONSERVER_Error *error = refuse(state->request, "no buffer for a state");
  if (error != NULL) return error;
  HOST_CHECK(state->value.buffer == NULL && *memory_type == TRITONSERVER_MEMORY_CPU);
  state->value.buffer = buffer_byte_size > 0 ? malloc(buffer_byte_size) : NULL;
  state->value.byte_size = buffer_byte_size;
  *buffer = state->value.buffer;
  *memory_type = host_state_memory;
  *memory_type_id = 0;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_StateUpdate(TRITONBACKEND_State *state)
{
  host_request *request = state->request;
  TRITONSERVER_Error *error = refuse(request, "no update of a state");
  if (error != NULL) return error;
  HOST_CHECK(host_state(request, state->value.name) == NULL && request->state_count < HOST_LIMIT);
  request->states[request->state_count++] = state->value;
  struct TRITONBACKEND_State **link = &request->unfinished;
  while (*link != state) link = &(*link)->next;
  *link = state->next;
  free(state);
  return NULL;
}

void states_free(host_request *request)
{
  while (request->unfinished != NULL) {
    struct TRITONBACKEND_State *state = request->unfinished;
    request->unfinished = state->next;
    free(state->value.buffer);
    free(state);
  }
}
