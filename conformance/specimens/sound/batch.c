/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A batch: what all its requests bring for an output is laid side by side, changed at once, and dealt
 * out again. */

#include "specimen.h"

/* Room for an output's name, for dimensions, and for the outputs that a batch asks for. */
enum { NAME = 64, RANK = 16, OUTPUTS = 64 };

TRITONSERVER_Error *gather(TRITONBACKEND_Input *input, char *to)
{
  uint32_t buffers;
  TRITONSERVER_Error *error =
      TRITONBACKEND_InputProperties(input, NULL, NULL, NULL, NULL, NULL, &buffers);
  for (uint32_t i = 0; error == NULL && i < buffers; i++) {
    const void *from; /* borrowed until the request is released */
    uint64_t size;
    TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
    int64_t type_id = 0;
    error = TRITONBACKEND_InputBuffer(input, i, &from, &size, &type, &type_id);
    if (error != NULL) return error;
    if (type == TRITONSERVER_MEMORY_GPU) {
      if (size != 0) error = copy_device(to, from, size);
      to += size;
      continue;
    }
    if (size != 0) memcpy(to, from, size);
    to += size;
  }
  return error;
}

TRITONSERVER_Error *put(TRITONBACKEND_Response *response, const char *name,
                        TRITONSERVER_DataType type, const int64_t *shape, uint32_t rank,
                        const char *from, uint64_t size)
{
  TRITONBACKEND_Output *output; /* borrowed from the response */
  TRITONSERVER_MemoryType memory = TRITONSERVER_MEMORY_CPU;
  int64_t memory_id = 0;
  void *to; /* borrowed until the response is sent */
  TRITONSERVER_Error *error =
      TRITONBACKEND_ResponseOutput(response, &output, name, type, shape, rank);
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &to, size, &memory, &memory_id);
  if (error != NULL) return error;
  if (memory == TRITONSERVER_MEMORY_GPU) return copy_device(to, from, size);
  if (size != 0) memcpy(to, from, size);
  return NULL;
}

/* One output of one request: where its data lies. */
typedef struct {
  TRITONBACKEND_Input *input; /* borrowed from the request; null: the request has no such output */
  TRITONSERVER_DataType type;
  int64_t shape[RANK];
  uint32_t rank;
  uint64_t offset, size;
} Part;

/* The input IN_x of an output OUT_x, and what it is like. */
static TRITONSERVER_Error *find_part(TRITONBACKEND_Request *request, const char *name, Part *part)
{
  char input[NAME];
  const int64_t *shape; /* borrowed from the request */
  if (strncmp(name, "OUT_", 4) != 0 || strlen(name) + 1 > sizeof input)
    return problem(TRITONSERVER_ERROR_INVALID_ARG, "no such output here");
  strcpy(input, "IN_");
  strcat(input, name + 4);
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, input, &part->input);
  if (error != NULL) return error;
  error = TRITONBACKEND_InputProperties(part->input, NULL, &part->type, &shape, &part->rank,
                                        &part->size, NULL);
  if (error != NULL) return error;
  if (part->rank > RANK) return problem(TRITONSERVER_ERROR_UNSUPPORTED, "too many dimensions");
  memcpy(part->shape, shape, part->rank * sizeof *shape);
  return NULL;
}

/* Adds BIAS, one number for each row, to 32-bit integers; a request without it stays as it is. */
static TRITONSERVER_Error *add_bias(TRITONBACKEND_Request *request, const Part *part, char *data)
{
  uint32_t count;
  TRITONBACKEND_Input *input = NULL; /* borrowed from the request */
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInputCount(request, &count);
  if (part->type != TRITONSERVER_TYPE_INT32 || error != NULL) return error;
  for (uint32_t i = 0; i < count && input == NULL; i++) {
    const char *name; /* borrowed from the request */
    error = TRITONBACKEND_RequestInputName(request, i, &name);
    if (error == NULL && strcmp(name, "BIAS") == 0)
      error = TRITONBACKEND_RequestInput(request, name, &input);
    if (error != NULL) return error;
  }
  uint64_t rows = part->rank > 0 ? (uint64_t)part->shape[0] : 0, size;
  if (input == NULL || rows == 0) return NULL;
  error = TRITONBACKEND_InputProperties(input, NULL, NULL, NULL, NULL, &size, NULL);
  if (error != NULL) return error;
  if (size != rows * 4)
    return problem(TRITONSERVER_ERROR_INVALID_ARG, "BIAS is to have one number for each row");
  uint32_t *bias = malloc(size);
  if (bias == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  error = gather(input, (char *)bias);
  uint64_t columns = part->size / 4 / rows;
  for (uint64_t i = 0; error == NULL && i < rows * columns; i++) {
    uint32_t value;
    memcpy(&value, data + 4 * i, sizeof value);
    value += bias[i / columns];
    memcpy(data + 4 * i, &value, sizeof value);
  }
  free(bias);
  return error;
}

/* Whether a request asks for an output, by its name. */
static TRITONSERVER_Error *asks_for(TRITONBACKEND_Request *request, const char *name, bool *asks)
{
  uint32_t count;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestOutputCount(request, &count);
  *asks = false;
  for (uint32_t i = 0; error == NULL && i < count && !*asks; i++) {
    const char *other; /* borrowed from the request */
    error = TRITONBACKEND_RequestOutputName(request, i, &other);
    if (error == NULL) *asks = strcmp(name, other) == 0;
  }
  return error;
}

/* Answers one output for all members that ask for it. What fails is the members' own error. */
static void answer_output(Instance *instance, const char *name, Member *members, Part *parts,
                          uint32_t count)
{
  uint64_t size = 0;
  char *data = NULL; /* owned: the memory manager's */
  for (uint32_t i = 0; i < count; i++) {
    Part *part = &parts[i];
    bool asks = false;
    memset(part, 0, sizeof *part);
    if (members[i].error == NULL) members[i].error = asks_for(members[i].request, name, &asks);
    if (asks) members[i].error = find_part(members[i].request, name, part);
    if (members[i].error != NULL) part->input = NULL;
    if (part->input == NULL) continue;
    part->offset = size;
    size += part->size;
  }
  TRITONSERVER_Error *error = NULL;
  if (size != 0)
    error = TRITONBACKEND_MemoryManagerAllocate(instance->model->memory, (void **)&data,
                                                TRITONSERVER_MEMORY_CPU, 0, size);
  for (uint32_t i = 0; i < count; i++) {
    Part *part = &parts[i];
    if (part->input == NULL) continue;
    if (error != NULL) { /* each member has an error of its own */
      members[i].error =
          problem(TRITONSERVER_ErrorCode(error), TRITONSERVER_ErrorMessage(error));
      continue;
    }
    char *at = size != 0 ? data + part->offset : NULL;
    TRITONSERVER_Error *failed = gather(part->input, at);
    if (failed == NULL) failed = change_elements(part->type, at, part->size);
    if (failed == NULL) failed = add_bias(members[i].request, part, at);
    if (failed == NULL)
      failed = put(members[i].response, name, part->type, part->shape, part->rank, at, part->size);
    members[i].error = failed;
  }
  if (error == NULL && size != 0)
    error = TRITONBACKEND_MemoryManagerFree(instance->model->memory, data,
                                            TRITONSERVER_MEMORY_CPU, 0);
  drop(error);
}

/* Each name that a member asks for, once, also where the member that asked first has failed since. */
static void answer_outputs(Instance *instance, Member *members, Part *parts, uint32_t count)
{
  const char *answered[OUTPUTS]; /* borrowed from the requests */
  uint32_t known = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t outputs;
    if (members[i].error == NULL)
      members[i].error = TRITONBACKEND_RequestOutputCount(members[i].request, &outputs);
    for (uint32_t k = 0; members[i].error == NULL && k < outputs; k++) {
      const char *name; /* borrowed from the request */
      bool before = false;
      members[i].error = TRITONBACKEND_RequestOutputName(members[i].request, k, &name);
      if (members[i].error != NULL) break;
      for (uint32_t j = 0; j < known && !before; j++) before = strcmp(answered[j], name) == 0;
      if (before) continue;
      if (known == OUTPUTS) {
        members[i].error = problem(TRITONSERVER_ERROR_UNSUPPORTED, "too many outputs");
        break;
      }
      answered[known++] = name;
      answer_output(instance, name, members, parts, count);
    }
  }
}

/* Sends, reports and releases one member. */
static void finish(Instance *instance, Member *member, const uint64_t times[3])
{
  bool success = member->error == NULL;
  drop(TRITONBACKEND_ModelInstanceReportStatistics(instance->instance, member->request, success,
                                                   times[0], times[1], times[2], now_ns()));
  drop(TRITONBACKEND_ResponseSend(member->response, TRITONSERVER_RESPONSE_COMPLETE_FINAL,
                                  member->error));
  drop(member->error);
  drop(TRITONBACKEND_RequestRelease(member->request, TRITONSERVER_REQUEST_RELEASE_ALL));
}

TRITONSERVER_Error *execute_batch(Instance *instance, TRITONBACKEND_Request **requests,
                                  uint32_t count)
{
  uint64_t times[3] = {now_ns()};
  Member *members = calloc(count, sizeof *members);
  Part *parts = calloc(count, sizeof *parts);
  TRITONSERVER_Error *error = NULL;
  if (members == NULL || parts == NULL) error = problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  for (uint32_t i = 0; error == NULL && i < count; i++) {
    members[i].request = requests[i];
    error = TRITONBACKEND_ResponseNew(&members[i].response, requests[i]);
  }
  if (error != NULL) { /* nothing was sent yet: the server answers all of them */
    for (uint32_t i = 0; members != NULL && i < count; i++)
      if (members[i].response != NULL) drop(TRITONBACKEND_ResponseDelete(members[i].response));
    free(parts);
    free(members);
    return error;
  }
  times[1] = now_ns();
  answer_outputs(instance, members, parts, count);
  times[2] = now_ns();
  for (uint32_t i = 0; i < count; i++) finish(instance, &members[i], times);
  drop(TRITONBACKEND_ModelInstanceReportBatchStatistics(instance->instance, count, times[0],
                                                        times[1], times[2], now_ns()));
  free(parts);
  free(members);
  return NULL;
}
