/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Fails where FAIL_AT says (compile with -DFAIL_AT=...): 1 Initialize, 2 ModelInitialize,
 * 3 ModelInstanceInitialize, 4 the second ModelInstanceInitialize, 5 ModelInstanceReady,
 * 6 the three Finalize functions. The messages name the function. */

#include "specimen.h"

static TRITONSERVER_Error *fail(const char *where)
{
  char text[128];
  snprintf(text, sizeof text, "%s fails on purpose", where);
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE, text);
}

static int instances;

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  return FAIL_AT == 1 ? fail("Initialize") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  (void)model;
  instances = 0;
  return FAIL_AT == 2 ? fail("ModelInitialize") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  (void)instance;
  instances++;
  return FAIL_AT == 3 || (FAIL_AT == 4 && instances == 2) ? fail("ModelInstanceInitialize") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceReady(
    TRITONBACKEND_ModelInstance *instance)
{
  (void)instance;
  return FAIL_AT == 5 ? fail("ModelInstanceReady") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  return FAIL_AT == 6 ? fail("Finalize") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  (void)model;
  return FAIL_AT == 6 ? fail("ModelFinalize") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  (void)instance;
  return FAIL_AT == 6 ? fail("ModelInstanceFinalize") : NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  (void)instance;
  return answer_all(requests, request_count);
}
