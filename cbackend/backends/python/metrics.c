/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Metrics of a model's own. They live here, and go with its process: the metrics before their families. */

#include <stdlib.h>

#include "python.h"

typedef struct {
  TRITONSERVER_MetricFamily *family; /* of a family */
  TRITONSERVER_Metric *metric;       /* of a metric */
} entry;

/* Numbers are places in one table, from 1 on; those of what was deleted are not used again. */
struct py_metrics {
  entry *entries;
  size_t count, capacity;
};

py_metrics *py_metrics_new(void) { return calloc(1, sizeof(py_metrics)); }

void py_metrics_delete(py_metrics *metrics)
{
  if (metrics == NULL) return;
  for (size_t i = 0; i < metrics->count; i++)
    if (metrics->entries[i].metric != NULL)
      TB_LOG_IF_ERROR(TRITONSERVER_MetricDelete(metrics->entries[i].metric), "deleting a metric");
  for (size_t i = 0; i < metrics->count; i++)
    if (metrics->entries[i].family != NULL)
      TB_LOG_IF_ERROR(TRITONSERVER_MetricFamilyDelete(metrics->entries[i].family),
                      "deleting a metric family");
  free(metrics->entries);
  free(metrics);
}

/* A place for one more. */
static bool reserve(py_metrics *metrics)
{
  if (metrics->count < metrics->capacity) return true;
  const size_t capacity = metrics->capacity == 0 ? 16 : metrics->capacity * 2;
  entry *grown = realloc(metrics->entries, capacity * sizeof *grown);
  if (grown == NULL) return false;
  metrics->entries = grown;
  metrics->capacity = capacity;
  return true;
}

static entry *at(py_metrics *metrics, uint64_t number)
{
  return number >= 1 && number <= metrics->count ? &metrics->entries[number - 1] : NULL;
}

static TRITONSERVER_Error *no_such(void)
{
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_NOT_FOUND, "the metric, or its family, was deleted");
}

static TRITONSERVER_Error *new_family(py_metrics *metrics, const py_message *message, py_reader *reader,
                                      uint64_t *value)
{
  uint64_t size;
  const char *name = py_get_text(reader, &size), *description = py_get_text(reader, &size);
  if (name == NULL || description == NULL || message->values[1] > TRITONSERVER_METRIC_KIND_HISTOGRAM)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG,
                                 "a metric family has a name, a description and a kind");
  if (!reserve(metrics)) return tb_out_of_memory("a metric family");
  TRITONSERVER_MetricFamily *family;
  TB_RETURN_IF_ERROR(TRITONSERVER_MetricFamilyNew(
      &family, (TRITONSERVER_MetricKind)message->values[1], name, description));
  metrics->entries[metrics->count++] = (entry){.family = family};
  *value = metrics->count;
  return NULL;
}

/* The numbers of a JSON list. The caller frees *values; NULL without a list. */
static TRITONSERVER_Error *read_buckets(const char *text, uint64_t size, double **values, size_t *count)
{
  tb_json_document *document;
  *values = NULL;
  *count = 0;
  if (text == NULL) return NULL;
  TB_RETURN_IF_ERROR(py_parse_json(text, size, &document));
  const tb_json *list = tb_json_root(document);
  TRITONSERVER_Error *error = NULL;
  *values = calloc(list->count + 1, sizeof **values);
  if (*values == NULL) error = tb_out_of_memory("a metric");
  for (const tb_json *one = list->first; error == NULL && one != NULL; one = one->next) {
    if (one->type == TB_JSON_NUMBER)
      (*values)[(*count)++] = strtod(one->text, NULL);
    else
      error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, "buckets are numbers");
  }
  tb_json_free(document);
  return error;
}

static TRITONSERVER_Error *make_metric(TRITONSERVER_MetricFamily *family, const tb_json *labels,
                                       const double *buckets, size_t bucket_count,
                                       TRITONSERVER_Metric **metric)
{
  const size_t most = labels == NULL ? 0 : labels->count;
  TRITONSERVER_Parameter **made = calloc(most + 1, sizeof *made);
  TRITONSERVER_MetricArgs *arguments = NULL;
  uint64_t count = 0;
  TRITONSERVER_Error *error = made == NULL ? tb_out_of_memory("a metric") : NULL;
  for (const tb_json *one = most == 0 ? NULL : labels->first; error == NULL && one != NULL; one = one->next) {
    if (one->type != TB_JSON_STRING)
      error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, "a label's value is a str");
    else
      made[count++] = TRITONSERVER_ParameterNew(one->key, TRITONSERVER_PARAMETER_STRING, one->text);
  }
  if (error == NULL && buckets != NULL) {
    error = TRITONSERVER_MetricArgsNew(&arguments);
    if (error == NULL) error = TRITONSERVER_MetricArgsSetHistogram(arguments, buckets, bucket_count);
  }
  if (error == NULL)
    error = TRITONSERVER_MetricNewWithArgs(metric, family, (const TRITONSERVER_Parameter **)made, count,
                                           arguments);
  if (arguments != NULL) TB_LOG_IF_ERROR(TRITONSERVER_MetricArgsDelete(arguments), "deleting arguments");
  while (count > 0) TRITONSERVER_ParameterDelete(made[--count]);
  free(made);
  return error;
}

static TRITONSERVER_Error *new_metric(py_metrics *metrics, const py_message *message, py_reader *reader,
                                      uint64_t *value)
{
  uint64_t labels_size, buckets_size;
  const char *labels = py_get_text(reader, &labels_size), *text = py_get_text(reader, &buckets_size);
  if (!reserve(metrics)) return tb_out_of_memory("a metric");
  const entry *family = at(metrics, message->id);
  if (family == NULL || family->family == NULL) return no_such();
  double *buckets;
  size_t count;
  tb_json_document *document = NULL;
  TRITONSERVER_Metric *metric;
  TRITONSERVER_Error *error = read_buckets(text, buckets_size, &buckets, &count);
  if (error == NULL && labels != NULL) error = py_parse_json(labels, labels_size, &document);
  if (error == NULL)
    error = make_metric(family->family, document == NULL ? NULL : tb_json_root(document), buckets, count,
                        &metric);
  if (document != NULL) tb_json_free(document);
  free(buckets);
  if (error != NULL) return error;
  metrics->entries[metrics->count++] = (entry){.metric = metric};
  *value = metrics->count;
  return NULL;
}

static TRITONSERVER_Error *change(py_metrics *metrics, const py_message *message, uint64_t *value)
{
  double by, now;
  const entry *one = at(metrics, message->id);
  if (one == NULL || one->metric == NULL) return no_such();
  memcpy(&by, &message->values[1], sizeof by);
  switch (message->flags) {
    case PY_METRIC_INCREMENT: return TRITONSERVER_MetricIncrement(one->metric, by);
    case PY_METRIC_SET: return TRITONSERVER_MetricSet(one->metric, by);
    case PY_METRIC_OBSERVE: return TRITONSERVER_MetricObserve(one->metric, by);
    default:
      TB_RETURN_IF_ERROR(TRITONSERVER_MetricValue(one->metric, &now));
      memcpy(value, &now, sizeof now);
      return NULL;
  }
}

static TRITONSERVER_Error *forget(py_metrics *metrics, uint64_t number)
{
  entry *one = at(metrics, number);
  if (one == NULL || (one->metric == NULL && one->family == NULL)) return no_such();
  TRITONSERVER_Error *error = one->metric != NULL ? TRITONSERVER_MetricDelete(one->metric)
                                                  : TRITONSERVER_MetricFamilyDelete(one->family);
  if (error == NULL) *one = (entry){0};
  return error;
}

TRITONSERVER_Error *py_metrics_answer(py_metrics *metrics, const py_channel *channel,
                                      const py_message *message, uint64_t *value)
{
  py_reader reader = {.from = message->block == PY_NO_BLOCK
                                  ? ""
                                  : py_channel_at(channel, message->block, message->size),
                      .size = message->block == PY_NO_BLOCK ? 0 : message->size};
  *value = 0;
  if (reader.from == NULL) return no_such();
  switch (message->kind) {
    case PY_METRIC_FAMILY: return new_family(metrics, message, &reader, value);
    case PY_METRIC: return new_metric(metrics, message, &reader, value);
    case PY_METRIC_CHANGE: return change(metrics, message, value);
    default: return forget(metrics, message->id);
  }
}
