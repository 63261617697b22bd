/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A batching strategy: requests join a batch while the sum of their request parameter "volume" is
 * at most the model's parameter "most". It holds what it is promised to: it counts what it began and
 * ended, and tries what it must not do. */

#include "specimen.h"

struct TRITONBACKEND_Batcher {
  long most;
};

typedef struct {
  long volume, most;
} Batch;

static int begun;

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelBatcherInitialize(
    TRITONBACKEND_Batcher **batcher, TRITONBACKEND_Model *model)
{
  char text[32];
  model_parameter(model, "most", text, sizeof text);
  if (strcmp(text, "refuse") == 0)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, "no such volume");
  *batcher = malloc(sizeof **batcher);
  (*batcher)->most = atol(text);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelBatcherFinalize(
    TRITONBACKEND_Batcher *batcher)
{
  free(batcher);
  if (begun != 0) abort(); /* a batch was begun and not ended */
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelBatchInitialize(
    const TRITONBACKEND_Batcher *batcher, void **userp)
{
  Batch *batch = malloc(sizeof *batch);
  batch->volume = 0;
  batch->most = batcher->most;
  *userp = batch;
  begun++;
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelBatchIncludeRequest(
    TRITONBACKEND_Request *request, void *userp, bool *should_include)
{
  char text[32];
  Batch *batch = userp;
  TRITONBACKEND_Response *response;
  TRITONBACKEND_Input *input;
  uint32_t inputs = 0;
  if (*should_include) abort();
  /* Looking is allowed, more is not. */
  drop(TRITONBACKEND_RequestInputCount(request, &inputs));
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInputByIndex(request, 0, &input);
  if (error == NULL) error = TRITONBACKEND_InputProperties(input, NULL, NULL, NULL, NULL, NULL, NULL);
  if (error != NULL || inputs == 0) abort();
  error = TRITONBACKEND_ResponseNew(&response, request);
  if (error == NULL) abort();
  drop(error);
  error = TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_ALL);
  if (error == NULL) abort();
  drop(error);
  batch->volume += atol(parameter(request, "volume", text, sizeof text));
  *should_include = batch->volume <= batch->most;
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelBatchFinalize(void *userp)
{
  begun--;
  free(userp);
  return NULL;
}
