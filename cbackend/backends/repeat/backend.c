/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The entry points. An instance's state is its timer; a model has none. */

#include <stdlib.h>

#include "repeat.h"

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  return tb_check_api_version(backend);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_GetBackendAttribute(
    TRITONBACKEND_Backend *backend, TRITONBACKEND_BackendAttribute *attributes)
{
  (void)backend;
  return TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(attributes, true);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  return repeat_model_check(model);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  repeat_timer *timer;
  TB_RETURN_IF_ERROR(repeat_timer_start(&timer));
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceSetState(instance, timer);
  if (error != NULL) repeat_timer_stop(timer);
  return error;
}

/* Responses may outlast their requests, so a server that has all requests back may still be waiting
 * for some: this waits for them too. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  void *timer = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(instance, &timer));
  repeat_timer_stop(timer);
  return NULL;
}

/* Models are not batched, so there is one request at a time; but nothing here depends on it. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  const uint64_t exec_start = tb_now_ns();
  void *timer;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(instance, &timer));
  repeat_job **jobs = calloc(request_count + 1, sizeof *jobs);
  if (jobs == NULL) return tb_out_of_memory("a batch");
  TRITONSERVER_Error *error = NULL;
  for (uint32_t i = 0; error == NULL && i < request_count; i++)
    error = repeat_job_new(instance, requests[i], exec_start, &jobs[i]);
  if (error != NULL) {
    for (uint32_t i = 0; i < request_count; i++) repeat_job_free(jobs[i]);
    free(jobs);
    return error;
  }

  /* From here on the requests are ours, and the answer to the server is success. */
  uint64_t compute_start = tb_now_ns();
  uint64_t taken = 0;
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONSERVER_Error *wrong = repeat_job_read(jobs[i]);
    if (wrong != NULL)
      repeat_job_fail(jobs[i], wrong);
    else
      taken++;
  }
  uint64_t now = tb_now_ns();
  if (taken > 0)
    TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportBatchStatistics(
                        instance, taken, exec_start, compute_start, now, now),
                    "reporting the statistics of a batch");
  for (uint32_t i = 0; i < request_count; i++) {
    /* A request that was refused has its answer. Nothing else is waited for here. */
    if (jobs[i]->failed && repeat_job_step(jobs[i], now))
      repeat_job_free(jobs[i]);
    else
      repeat_timer_add(timer, jobs[i]);
  }
  free(jobs);
  return NULL;
}
