/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The request parameters with which tests steer this backend. */

#include <string.h>

#include "identity.h"

/* The parameter's text, or an error: `key` takes a string. */
static TRITONSERVER_Error *as_string(const char *key, TRITONSERVER_ParameterType type,
                                     const void *value, const char **text)
{
  if (type != TRITONSERVER_PARAMETER_STRING)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "request parameter '%s' must be a string, is %s", key,
                    TRITONSERVER_ParameterTypeString(type));
  *text = value;
  return NULL;
}

static TRITONSERVER_Error *read_delay(const char *key, TRITONSERVER_ParameterType type,
                                      const void *value, int64_t *delay)
{
  const int64_t longest = 3600 * 1000;
  if (type == TRITONSERVER_PARAMETER_STRING)
    return tb_parse_int("request parameter 'delay_ms'", value, 0, longest, delay);
  if (type == TRITONSERVER_PARAMETER_INT)
    *delay = *(const int64_t *)value;
  else if (type == TRITONSERVER_PARAMETER_DOUBLE && *(const double *)value >= 0 &&
           *(const double *)value <= (double)longest)
    *delay = (int64_t)*(const double *)value;
  else
    *delay = -1;
  if (*delay < 0 || *delay > longest)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "request parameter '%s' must be a number of milliseconds up to one hour", key);
  return NULL;
}

TRITONSERVER_Error *identity_controls_read(TRITONBACKEND_Request *request,
                                           identity_controls *controls)
{
  uint32_t count;
  *controls = (identity_controls){0};
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestParameterCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *key;
    TRITONSERVER_ParameterType type;
    const void *value;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestParameter(request, i, &key, &type, &value));
    if (strcmp(key, "delay_ms") == 0) {
      TB_RETURN_IF_ERROR(read_delay(key, type, value, &controls->delay_ms));
    } else if (strcmp(key, "error") == 0) {
      TB_RETURN_IF_ERROR(as_string(key, type, value, &controls->error));
    } else if (strcmp(key, "execute_error") == 0) {
      TB_RETURN_IF_ERROR(as_string(key, type, value, &controls->execute_error));
    } else if (strcmp(key, "echo_parameters") == 0) {
      controls->echo = type == TRITONSERVER_PARAMETER_BOOL && *(const bool *)value;
    }
  }
  return NULL;
}
