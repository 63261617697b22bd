/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Takes its time: the model parameters initialize_ms, instance_ms, execute_ms and finalize_ms say
 * how long the four functions take. Unlike the identity backend's delay, nothing ends it early. */

#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "specimen.h"

static void pause_for(TRITONBACKEND_Model *model, const char *name)
{
  char text[32];
  long ms = atol(model_parameter(model, name, text, sizeof text));
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static void pause_instance(TRITONBACKEND_ModelInstance *instance, const char *name)
{
  TRITONBACKEND_Model *model;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceModel(instance, &model);
  if (error == NULL) pause_for(model, name);
  drop(error);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  pause_for(model, "initialize_ms");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  pause_instance(instance, "instance_ms");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  pause_for(model, "finalize_ms");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  pause_instance(instance, "execute_ms");
  return answer_all(requests, request_count);
}
