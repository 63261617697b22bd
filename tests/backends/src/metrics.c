/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A backend with metrics of its own. In Initialize it makes the families specimen_requests (counter),
 * specimen_level (gauge) and specimen_batch (histogram of 1, 2, 4) and the counter of the label
 * scope="backend"; in ModelInitialize each model's, of the label model. Execute counts the requests in
 * both counters, observes how many there are, and sets the gauge to the request parameter "level".
 * What it makes it deletes in ModelFinalize and Finalize. With the model parameter "family" the model
 * makes a counter family of that name too, and fails to load if that fails. */

#include "specimen.h"

#ifndef ABOUT_REQUESTS
#define ABOUT_REQUESTS "Requests that the specimen has seen"
#endif

#define TRY(call)                                                                                  \
  do {                                                                                             \
    TRITONSERVER_Error *error_ = (call);                                                           \
    if (error_ != NULL) return error_;                                                             \
  } while (0)

static TRITONSERVER_MetricFamily *requests_family, *level_family, *batch_family;
static TRITONSERVER_Metric *all_requests;

typedef struct {
  TRITONSERVER_MetricFamily *own;
  TRITONSERVER_Metric *requests, *level, *batch;
} Model;

static TRITONSERVER_Error *make(TRITONSERVER_Metric **metric, TRITONSERVER_MetricFamily *family,
                                const char *label, const char *value,
                                const TRITONSERVER_MetricArgs *args)
{
  TRITONSERVER_Parameter *parameter =
      TRITONSERVER_ParameterNew(label, TRITONSERVER_PARAMETER_STRING, value);
  const TRITONSERVER_Parameter *labels[1] = {parameter};
  TRITONSERVER_Error *error =
      args != NULL ? TRITONSERVER_MetricNewWithArgs(metric, family, labels, 1, args)
                   : TRITONSERVER_MetricNew(metric, family, labels, 1);
  TRITONSERVER_ParameterDelete(parameter);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  TRY(TRITONSERVER_MetricFamilyNew(&requests_family, TRITONSERVER_METRIC_KIND_COUNTER,
                                   "specimen_requests", ABOUT_REQUESTS));
  TRY(TRITONSERVER_MetricFamilyNew(&level_family, TRITONSERVER_METRIC_KIND_GAUGE, "specimen_level",
                                   "A level that requests set"));
  TRY(TRITONSERVER_MetricFamilyNew(&batch_family, TRITONSERVER_METRIC_KIND_HISTOGRAM,
                                   "specimen_batch", "Requests in a batch"));
  return make(&all_requests, requests_family, "scope", "backend", NULL);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  TRY(TRITONSERVER_MetricDelete(all_requests));
  TRY(TRITONSERVER_MetricFamilyDelete(requests_family));
  TRY(TRITONSERVER_MetricFamilyDelete(level_family));
  return TRITONSERVER_MetricFamilyDelete(batch_family);
}

static TRITONSERVER_Error *make_batch(TRITONSERVER_Metric **metric, const char *name)
{
  const double bounds[3] = {1, 2, 4};
  TRITONSERVER_MetricArgs *args;
  TRY(TRITONSERVER_MetricArgsNew(&args));
  TRITONSERVER_Error *error = TRITONSERVER_MetricArgsSetHistogram(args, bounds, 3);
  if (error == NULL) error = make(metric, batch_family, "model", name, args);
  drop(TRITONSERVER_MetricArgsDelete(args));
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *handle)
{
  char family[64];
  const char *name;
  Model *model = calloc(1, sizeof *model);
  if (model == NULL) return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "out of memory");
  TRY(TRITONBACKEND_ModelSetState(handle, model));
  TRY(TRITONBACKEND_ModelName(handle, &name));
  TRY(make(&model->requests, requests_family, "model", name, NULL));
  TRY(make(&model->level, level_family, "model", name, NULL));
  TRY(make_batch(&model->batch, name));
  if (model_parameter(handle, "family", family, sizeof family)[0] != '\0')
    return TRITONSERVER_MetricFamilyNew(&model->own, TRITONSERVER_METRIC_KIND_COUNTER, family, "");
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *handle)
{
  void *state;
  TRY(TRITONBACKEND_ModelState(handle, &state));
  Model *model = state;
  TRITONSERVER_Metric *metrics[3] = {model->requests, model->level, model->batch};
  for (int i = 0; i < 3; i++)
    if (metrics[i] != NULL) drop(TRITONSERVER_MetricDelete(metrics[i]));
  if (model->own != NULL) drop(TRITONSERVER_MetricFamilyDelete(model->own));
  free(model);
  return NULL;
}

static TRITONSERVER_Error *count(TRITONBACKEND_ModelInstance *instance,
                                 TRITONBACKEND_Request **requests, uint32_t request_count)
{
  char text[32];
  TRITONBACKEND_Model *handle;
  void *state;
  TRY(TRITONBACKEND_ModelInstanceModel(instance, &handle));
  TRY(TRITONBACKEND_ModelState(handle, &state));
  Model *model = state;
  TRY(TRITONSERVER_MetricIncrement(all_requests, request_count));
  TRY(TRITONSERVER_MetricIncrement(model->requests, request_count));
  TRY(TRITONSERVER_MetricObserve(model->batch, request_count));
  for (uint32_t i = 0; i < request_count; i++)
    if (parameter(requests[i], "level", text, sizeof text)[0] != '\0')
      TRY(TRITONSERVER_MetricSet(model->level, atof(text)));
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  TRITONSERVER_Error *error = count(instance, requests, request_count);
  return error != NULL ? error : answer_all(requests, request_count);
}
