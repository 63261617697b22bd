/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Was built for a later minor version of the backend API, checks that, and refuses. */

#include "specimen.h"

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  uint32_t major, minor;
  const uint32_t built_for = TRITONBACKEND_API_VERSION_MINOR + 1;
  TRITONSERVER_Error *error = TRITONBACKEND_ApiVersion(&major, &minor);
  if (error != NULL || (major == TRITONBACKEND_API_VERSION_MAJOR && minor >= built_for))
    return error;
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED,
                               "triton backend API version does not support this backend");
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  (void)instance;
  return answer_all(requests, request_count);
}
