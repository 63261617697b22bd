/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Sums up INPUT over each sequence and tells, in OUTPUT and in the response's parameters, all that
 * it was told: the sum, the request's place in the batch, the batch's length, the control inputs
 * START, END, READY (INT32) and CORRID (of whatever type, as text), and the instance.
 *
 * The sum is kept by the place in the batch, as a model with the direct strategy would; with the
 * model parameter "by" = "id" by the correlation id, as with the oldest strategy. The request
 * parameter "sleep_ms" keeps the batch for so long. A request that is not ready gets no output. */

#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <time.h>

#include "specimen.h"

#define KEYS 512

typedef struct {
  char text[160];
  int32_t sum;
} Sum;

typedef struct {
  int by_id;
  pthread_mutex_t lock; /* instances share the sums that are kept by id */
  Sum sums[KEYS];
} Model;

typedef struct {
  Model *model;
  int32_t sums[KEYS];
  const char *name;
} Instance;

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  char by[16];
  Model *m = calloc(1, sizeof *m);
  pthread_mutex_init(&m->lock, NULL);
  m->by_id = strcmp(model_parameter(model, "by", by, sizeof by), "id") == 0;
  return TRITONBACKEND_ModelSetState(model, m);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  void *state;
  drop(TRITONBACKEND_ModelState(model, &state));
  free(state);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  TRITONBACKEND_Model *model;
  void *state;
  Instance *i = calloc(1, sizeof *i);
  drop(TRITONBACKEND_ModelInstanceModel(instance, &model));
  drop(TRITONBACKEND_ModelState(model, &state));
  drop(TRITONBACKEND_ModelInstanceName(instance, &i->name));
  i->model = state;
  return TRITONBACKEND_ModelInstanceSetState(instance, i);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  void *state;
  drop(TRITONBACKEND_ModelInstanceState(instance, &state));
  free(state);
  return NULL;
}

/* An input's data, all of one buffer; false when there is no such input. */
static int data_of(TRITONBACKEND_Request *request, const char *name, const void **data,
                   uint64_t *size, TRITONSERVER_DataType *type)
{
  TRITONBACKEND_Input *input;
  const int64_t *shape;
  uint32_t rank, buffers;
  TRITONSERVER_MemoryType memory = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, name, &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, &name, type, &shape, &rank, size, &buffers);
  if (error == NULL && buffers == 1)
    error = TRITONBACKEND_InputBuffer(input, 0, data, size, &memory, &id);
  if (error != NULL) {
    drop(error);
    return 0;
  }
  return buffers == 1;
}

static int32_t number(TRITONBACKEND_Request *request, const char *name, int32_t otherwise)
{
  const void *data;
  uint64_t size;
  TRITONSERVER_DataType type;
  if (!data_of(request, name, &data, &size, &type) || size < sizeof otherwise) return otherwise;
  memcpy(&otherwise, data, sizeof otherwise);
  return otherwise;
}

static void id_text(TRITONBACKEND_Request *request, char *text, size_t size)
{
  const void *data;
  uint64_t length;
  TRITONSERVER_DataType type;
  text[0] = '\0';
  if (!data_of(request, "CORRID", &data, &length, &type)) return;
  if (type == TRITONSERVER_TYPE_BYTES) {
    snprintf(text, size, "%.*s", (int)(length - 4), (const char *)data + 4);
  } else if (length == 8) {
    uint64_t value;
    memcpy(&value, data, sizeof value);
    snprintf(text, size, "%llu", (unsigned long long)value);
  } else {
    uint32_t value;
    memcpy(&value, data, sizeof value);
    snprintf(text, size, "%u", value);
  }
}

static int32_t *sum_of(Instance *instance, uint32_t place, const char *id)
{
  if (!instance->model->by_id) return &instance->sums[place];
  for (int i = 0; i < KEYS; i++) {
    Sum *sum = &instance->model->sums[i];
    if (sum->text[0] == '\0') snprintf(sum->text, sizeof sum->text, "%s", id);
    if (strcmp(sum->text, id) == 0) return &sum->sum;
  }
  return &instance->sums[0];
}

static TRITONSERVER_Error *output(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response,
                                  int32_t value)
{
  TRITONBACKEND_Output *out;
  TRITONBACKEND_Input *input;
  const char *name;
  const int64_t *shape;
  uint32_t rank, count;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t id = 0;
  void *buffer;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestOutputCount(request, &count);
  if (error != NULL || count == 0) return error;
  error = TRITONBACKEND_RequestInput(request, "INPUT", &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, &name, NULL, &shape, &rank, NULL, NULL);
  /* As many values as the batch dimension and the first dim ask for: one. */
  const int64_t one[2] = {1, 1};
  if (error == NULL)
    error = TRITONBACKEND_ResponseOutput(response, &out, "OUTPUT", TRITONSERVER_TYPE_INT32, one,
                                         rank < 2 ? rank : 2);
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(out, &buffer, sizeof value, &type, &id);
  if (error == NULL) memcpy(buffer, &value, sizeof value);
  return error;
}

static void answer(Instance *instance, TRITONBACKEND_Request *request, uint32_t place,
                   uint32_t count)
{
  TRITONBACKEND_Response *response;
  char id[160];
  int32_t start = number(request, "START", -1);
  int32_t ready = number(request, "READY", -1);
  id_text(request, id, sizeof id);
  pthread_mutex_lock(&instance->model->lock);
  int32_t *sum = sum_of(instance, place, id);
  if (start == 1) *sum = 0;
  if (ready != 0) *sum += number(request, "INPUT", 0);
  int32_t value = *sum;
  pthread_mutex_unlock(&instance->model->lock);
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, request);
  if (error == NULL) {
    if (ready != 0) error = output(request, response, value);
    drop(TRITONBACKEND_ResponseSetIntParameter(response, "place", place));
    drop(TRITONBACKEND_ResponseSetIntParameter(response, "count", count));
    drop(TRITONBACKEND_ResponseSetIntParameter(response, "start", start));
    drop(TRITONBACKEND_ResponseSetIntParameter(response, "end", number(request, "END", -1)));
    drop(TRITONBACKEND_ResponseSetIntParameter(response, "ready", ready));
    drop(TRITONBACKEND_ResponseSetStringParameter(response, "corrid", id));
    drop(TRITONBACKEND_ResponseSetStringParameter(response, "instance", instance->name));
    drop(TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error));
  }
  drop(error);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  void *state;
  char text[32];
  drop(TRITONBACKEND_ModelInstanceState(instance, &state));
  for (uint32_t i = 0; i < request_count; i++) {
    long ms = atol(parameter(requests[i], "sleep_ms", text, sizeof text));
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
  }
  for (uint32_t i = 0; i < request_count; i++) {
    answer(state, requests[i], i, request_count);
    release(requests[i]);
  }
  return NULL;
}
