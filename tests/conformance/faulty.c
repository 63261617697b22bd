/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A small sound backend: OUTPUT = INPUT + 1, INT32. With FAULT defined it breaks one rule. */

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "triton/core/tritonbackend.h"

enum {
  SOUND, RELEASE_TWICE, TOUCH_RELEASED, NO_FINAL, TWO_FINALS, LEAK_RESPONSE, LEAK_ERROR,
  BEYOND, BEFORE, UNFILLED, CHANGE_INPUT, FIRST_BUFFER, WRONG_IN_BATCH, WRONG_TYPE, WRONG_SHAPE,
  SECOND_REQUEST, CRASH_ON_EMPTY, HANG_LATER, LEAK_BYTES, LEAK_RELOAD, TRUTHLESS, TIMES,
  ANY_VERSION, RANDOM_ANSWER, LOSE_REQUEST, LATE_WRITE, LEAK_MESSAGE, IGNORE_FAULT
};

#ifndef FAULT
#define FAULT SOUND
#endif
#define IS(fault) (FAULT == (fault))

static void drop(TRITONSERVER_Error *error)
{
  if (error != NULL && !IS(LEAK_ERROR)) TRITONSERVER_ErrorDelete(error);
}

/* Where the compiler can't see that nobody needs it. */
static void *volatile leaked;

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  uint32_t major, minor;
  (void)backend;
  TRITONSERVER_Error *error = TRITONBACKEND_ApiVersion(&major, &minor);
  if (error != NULL || IS(ANY_VERSION)) return error;
  if (major != TRITONBACKEND_API_VERSION_MAJOR || minor < TRITONBACKEND_API_VERSION_MINOR)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED, "another API version");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  TRITONSERVER_Message *config;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelConfig(model, 1, &config);
  if (error != NULL) return error;
  if (IS(LEAK_RELOAD)) leaked = malloc(64);
  return IS(LEAK_MESSAGE) ? NULL : TRITONSERVER_MessageDelete(config);
}

static TRITONSERVER_Error *answer(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response,
                                  uint32_t place)
{
  static int served;
  TRITONBACKEND_Input *input;
  TRITONBACKEND_Output *output;
  const int64_t *shape;
  int64_t changed[16];
  uint32_t rank, buffers, outputs;
  uint64_t size;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  void *to;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestOutputCount(request, &outputs);
  if (error == NULL) error = TRITONBACKEND_RequestInput(request, "INPUT", &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, NULL, NULL, &shape, &rank, &size, &buffers);
  if (error != NULL) return error;
  memcpy(changed, shape, rank * sizeof *shape);
  if (IS(WRONG_SHAPE)) changed[rank - 1]++;
  if (IS(CRASH_ON_EMPTY) && size == 0) abort();
  error = TRITONBACKEND_ResponseOutput(
      response, &output, "OUTPUT", IS(WRONG_TYPE) ? TRITONSERVER_TYPE_UINT32 : TRITONSERVER_TYPE_INT32,
      changed, rank);
  uint64_t room = IS(WRONG_SHAPE) ? size + 4 * (uint64_t)shape[0] : size;
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &to, room, &type, &type_id);
  if (error != NULL) return error;
  if (type == TRITONSERVER_MEMORY_GPU)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED, "no GPU memory here");
  char *at = to;
  for (uint32_t i = 0; i < buffers; i++) {
    const void *from;
    uint64_t part;
    error = TRITONBACKEND_InputBuffer(input, i, &from, &part, &type, &type_id);
    if (error != NULL && IS(IGNORE_FAULT)) {
      drop(error);
      error = NULL;
      part = 0;
    }
    if (error != NULL) return error;
    if (i == 0 || !IS(FIRST_BUFFER)) memcpy(at, from, part);
    if (IS(CHANGE_INPUT) && part > 0) ((char *)from)[0]++;
    at += part;
  }
  for (uint64_t i = 0; i < size / 4; i++) {
    int32_t value;
    memcpy(&value, (char *)to + 4 * i, 4);
    value = (int32_t)((uint32_t)value + 1u);
    if (IS(WRONG_IN_BATCH) && place == 2) value++;
    if (IS(SECOND_REQUEST) && served == 1) value++;
    if (IS(RANDOM_ANSWER)) value += (int32_t)(now() & 0xffff);
    if (IS(UNFILLED) && i == size / 4 - 1) break;
    memcpy((char *)to + 4 * i, &value, 4);
  }
  if (IS(UNFILLED) && size > 0) memset((char *)to, 0xA7, size);
  if (IS(WRONG_SHAPE)) memset((char *)to + size, 0, room - size);
  if (IS(BEYOND)) ((volatile char *)to)[size] = 1;
  if (IS(BEFORE)) ((volatile char *)to)[-1] = 1;
  if (IS(LEAK_BYTES)) leaked = malloc(8);
  if (IS(HANG_LATER) && served == 5) sleep(600);
  served++;
  return NULL;
}

static void one(TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request *request,
                uint32_t place, uint64_t start)
{
  TRITONBACKEND_Response *response = NULL;
  TRITONSERVER_Error *failed = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, request);
  if (error != NULL) { /* once more: without a response there is no answer */
    drop(error);
    error = TRITONBACKEND_ResponseNew(&response, request);
  }
  if (error == NULL) failed = answer(request, response, place);
  uint64_t end = now();
  drop(TRITONBACKEND_ModelInstanceReportStatistics(
      instance, request, IS(TRUTHLESS) ? failed != NULL : (failed == NULL && error == NULL), start,
      IS(TIMES) ? end : start, IS(TIMES) ? start : end, end));
  if (response != NULL && IS(LEAK_RESPONSE) && failed != NULL) {
    response = NULL;
  } else if (response != NULL) {
    uint32_t flags = IS(NO_FINAL) ? 0 : TRITONSERVER_RESPONSE_COMPLETE_FINAL;
    drop(TRITONBACKEND_ResponseSend(response, flags, failed));
    if (IS(TWO_FINALS) && TRITONBACKEND_ResponseNew(&response, request) == NULL)
      drop(TRITONBACKEND_ResponseSend(response, flags, NULL));
  }
  drop(failed);
  drop(error);
  if (IS(LOSE_REQUEST) && place == 1) return;
  drop(TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_ALL));
  if (IS(RELEASE_TWICE))
    drop(TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_ALL));
  if (IS(TOUCH_RELEASED)) {
    uint32_t count;
    drop(TRITONBACKEND_RequestInputCount(request, &count));
  }
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  uint64_t start = now();
  for (uint32_t i = 0; i < request_count; i++) one(instance, requests[i], i, start);
  uint64_t end = now();
  drop(TRITONBACKEND_ModelInstanceReportBatchStatistics(instance, request_count, start, start, end,
                                                        end));
  return NULL;
}
