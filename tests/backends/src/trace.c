/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Writes a line for each call of an entry point to the file that the backend setting "trace" names
 * (--backend-config=trace,trace=<path>), so that a test sees what was called, and when. */

#include "specimen.h"

static char path[1024];

static void note(const char *what, const char *whom)
{
  FILE *file = path[0] != '\0' ? fopen(path, "a") : NULL;
  if (file == NULL) return;
  fprintf(file, "%s %s\n", what, whom);
  fclose(file);
}

static const char *model_name(TRITONBACKEND_Model *model)
{
  const char *name = "?";
  drop(TRITONBACKEND_ModelName(model, &name));
  return name;
}

static const char *instance_name(TRITONBACKEND_ModelInstance *instance)
{
  const char *name = "?";
  drop(TRITONBACKEND_ModelInstanceName(instance, &name));
  return name;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  TRITONSERVER_Message *config;
  const char *text;
  size_t size;
  TRITONSERVER_Error *error = TRITONBACKEND_BackendConfig(backend, &config);
  if (error == NULL) error = TRITONSERVER_MessageSerializeToJson(config, &text, &size);
  if (error != NULL) return error;
  const char *at = strstr(text, "\"trace\"");
  at = at != NULL ? strchr(at, ':') : NULL;
  at = at != NULL ? strchr(at, '"') : NULL;
  const char *end = at != NULL ? strchr(at + 1, '"') : NULL;
  if (end != NULL) snprintf(path, sizeof path, "%.*s", (int)(end - at - 1), at + 1);
  note("Initialize", "backend");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_GetBackendAttribute(
    TRITONBACKEND_Backend *backend, TRITONBACKEND_BackendAttribute *attributes)
{
  (void)backend;
  (void)attributes;
  note("GetBackendAttribute", "backend");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  note("Finalize", "backend");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  note("ModelInitialize", model_name(model));
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  note("ModelFinalize", model_name(model));
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  note("ModelInstanceInitialize", instance_name(instance));
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  note("ModelInstanceFinalize", instance_name(instance));
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  char text[32];
  snprintf(text, sizeof text, "%u", (unsigned)request_count);
  note("ModelInstanceExecute", instance_name(instance));
  note("requests", text);
  return answer_all(requests, request_count);
}
