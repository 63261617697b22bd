/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Needs a function that no server has: the loader refuses it. */

#include "specimen.h"

void TRITONBACKEND_NoSuchFunction(TRITONBACKEND_Request *request);

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  (void)instance;
  TRITONBACKEND_NoSuchFunction(requests[0]);
  return answer_all(requests, request_count);
}
