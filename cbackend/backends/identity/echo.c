/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Everything a request carries besides tensors, sent back, so that a test sees what arrived. */

#include "identity.h"

static TRITONSERVER_Error *echo_parameter(TRITONBACKEND_Request *request, uint32_t index,
                                          TRITONBACKEND_Response *response)
{
  const char *key;
  TRITONSERVER_ParameterType type;
  const void *value;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestParameter(request, index, &key, &type, &value));
  switch (type) {
    case TRITONSERVER_PARAMETER_STRING:
      return TRITONBACKEND_ResponseSetStringParameter(response, key, value);
    case TRITONSERVER_PARAMETER_INT:
      return TRITONBACKEND_ResponseSetIntParameter(response, key, *(const int64_t *)value);
    case TRITONSERVER_PARAMETER_BOOL:
      return TRITONBACKEND_ResponseSetBoolParameter(response, key, *(const bool *)value);
    case TRITONSERVER_PARAMETER_DOUBLE:
      return TRITONBACKEND_ResponseSetDoubleParameter(response, key, *(const double *)value);
    default:
      return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                      "request parameter '%s' of type %s cannot be part of a response", key,
                      TRITONSERVER_ParameterTypeString(type));
  }
}

static TRITONSERVER_Error *echo_correlation_id(TRITONBACKEND_Request *request,
                                               TRITONBACKEND_Response *response)
{
  uint64_t number;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestCorrelationId(request, &number);
  if (error == NULL)
    return TRITONBACKEND_ResponseSetIntParameter(response, "request_correlation_id",
                                                 (int64_t)number);
  /* An id that is a string makes the numeric accessor fail: that is how one tells them apart. */
  TRITONSERVER_ErrorDelete(error);
  const char *text;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestCorrelationIdString(request, &text));
  return TRITONBACKEND_ResponseSetStringParameter(response, "request_correlation_id", text);
}

TRITONSERVER_Error *identity_echo(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response)
{
  const char *id;
  uint32_t flags, count;
  uint64_t timeout_us;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestId(request, &id));
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestFlags(request, &flags));
  TB_RETURN_IF_ERROR(TRITONBACKEND_InferenceRequestTimeoutMicroseconds(request, &timeout_us));
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestParameterCount(request, &count));
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_ResponseSetStringParameter(response, "request_id", id != NULL ? id : ""));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseSetIntParameter(response, "request_flags", flags));
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_ResponseSetIntParameter(response, "request_timeout_us", (int64_t)timeout_us));
  TB_RETURN_IF_ERROR(echo_correlation_id(request, response));
  for (uint32_t i = 0; i < count; i++) TB_RETURN_IF_ERROR(echo_parameter(request, i, response));
  return NULL;
}
