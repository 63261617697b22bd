/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What the server is told about requests and responses. */

#include "repeat.h"

void repeat_report_request(repeat_job *job)
{
  /* A request that is released can't be reported any more; that it was is seen to by release(). */
  if (job->reported || job->request == NULL) return;
  job->reported = true;
  const uint64_t now = tb_now_ns();
  TB_LOG_IF_ERROR(
      TRITONBACKEND_ModelInstanceReportStatistics(job->instance, job->request, !job->failed,
                                                  job->exec_start_ns, job->compute_start_ns, now,
                                                  now),
      "reporting the statistics of a request");
}

static TRITONSERVER_Error *fill(TRITONBACKEND_ModelInstanceResponseStatistics *statistics,
                                repeat_job *job, uint64_t start_ns, uint64_t output_start_ns,
                                TRITONSERVER_Error *error)
{
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_ModelInstanceResponseStatisticsSetModelInstance(statistics, job->instance));
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseFactory(statistics, job->factory));
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseStart(statistics, start_ns));
  if (output_start_ns != 0)
    TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceResponseStatisticsSetComputeOutputStart(
        statistics, output_start_ns));
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseEnd(statistics, tb_now_ns()));
  if (error != NULL)
    TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceResponseStatisticsSetError(statistics, error));
  return TRITONBACKEND_ModelInstanceReportResponseStatistics(statistics);
}

void repeat_report_response(repeat_job *job, uint64_t start_ns, uint64_t output_start_ns,
                            TRITONSERVER_Error *error)
{
  TRITONBACKEND_ModelInstanceResponseStatistics *statistics;
  TRITONSERVER_Error *unmade = TRITONBACKEND_ModelInstanceResponseStatisticsNew(&statistics);
  if (unmade != NULL) {
    TB_LOG_IF_ERROR(unmade, "making the statistics of a response");
    return;
  }
  TB_LOG_IF_ERROR(fill(statistics, job, start_ns, output_start_ns, error),
                  "reporting the statistics of a response");
  TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceResponseStatisticsDelete(statistics),
                  "deleting the statistics of a response");
}
