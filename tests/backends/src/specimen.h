/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What most specimens share: answering requests in the plainest way. */

#ifndef SPECIMEN_H
#define SPECIMEN_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triton/core/tritonbackend.h"

static inline void drop(TRITONSERVER_Error *error)
{
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
}

/* A final response, empty or with an error, which is taken. */
static inline void respond(TRITONBACKEND_Request *request, TRITONSERVER_Error *error)
{
  TRITONBACKEND_Response *response;
  TRITONSERVER_Error *failed = TRITONBACKEND_ResponseNew(&response, request);
  if (failed == NULL)
    failed = TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error);
  drop(failed);
  drop(error);
}

static inline void release(TRITONBACKEND_Request *request)
{
  drop(TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_ALL));
}

static inline TRITONSERVER_Error *answer_all(TRITONBACKEND_Request **requests, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    respond(requests[i], NULL);
    release(requests[i]);
  }
  return NULL;
}

/* Copies the request's parameter `name` to `text` or leaves it empty; numbers are written out. */
static inline const char *parameter(TRITONBACKEND_Request *request, const char *name, char *text,
                                    size_t size)
{
  uint32_t count = 0;
  text[0] = '\0';
  drop(TRITONBACKEND_RequestParameterCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *key;
    TRITONSERVER_ParameterType type;
    const void *value;
    TRITONSERVER_Error *error = TRITONBACKEND_RequestParameter(request, i, &key, &type, &value);
    if (error != NULL) {
      drop(error);
    } else if (strcmp(key, name) == 0) {
      if (type == TRITONSERVER_PARAMETER_STRING) snprintf(text, size, "%s", (const char *)value);
      if (type == TRITONSERVER_PARAMETER_INT)
        snprintf(text, size, "%lld", (long long)*(const int64_t *)value);
    }
  }
  return text;
}

/* The string value of the model parameter `name`, looked up in the configuration's text without a
 * JSON reader; "" when it isn't there. Enough for values without quotes in them. */
static inline const char *model_parameter(TRITONBACKEND_Model *model, const char *name, char *text,
                                          size_t size)
{
  TRITONSERVER_Message *message;
  const char *json, *at;
  size_t length;
  char key[128];
  text[0] = '\0';
  TRITONSERVER_Error *error = TRITONBACKEND_ModelConfig(model, 1, &message);
  if (error != NULL) {
    drop(error);
    return text;
  }
  error = TRITONSERVER_MessageSerializeToJson(message, &json, &length);
  char *copy = error == NULL ? malloc(length + 1) : NULL;
  if (copy != NULL) {
    memcpy(copy, json, length);
    copy[length] = '\0';
    snprintf(key, sizeof key, "\"%s\"", name);
    at = strstr(copy, key);
    at = at != NULL ? strstr(at, "\"string_value\"") : NULL;
    at = at != NULL ? strchr(at, ':') : NULL;
    at = at != NULL ? strchr(at, '"') : NULL;
    const char *end = at != NULL ? strchr(at + 1, '"') : NULL;
    if (end != NULL) snprintf(text, size, "%.*s", (int)(end - at - 1), at + 1);
    free(copy);
  }
  drop(error);
  drop(TRITONSERVER_MessageDelete(message));
  return text;
}

#endif
