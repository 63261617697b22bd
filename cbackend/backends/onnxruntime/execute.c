/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* From a batch to runs of the model. */

#include <string.h>

#include "instance.h"

static TRITONSERVER_Error *run(ort_instance *instance)
{
  const char **names = instance->names;
  size_t inputs = 0, outputs = 0;
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    if (instance->inputs[i].value == NULL) continue;
    names[inputs] = instance->inputs[i].tensor->name;
    instance->input_values[inputs++] = instance->inputs[i].value;
  }
  const char **output_names = names + inputs;
  for (size_t i = 0; i < instance->output_count; i++) {
    if (!instance->outputs[i].wanted) continue;
    output_names[outputs] = instance->outputs[i].config->name;
    instance->output_values[outputs++] = instance->outputs[i].value;
  }
  /* ONNX Runtime runs for at least one output. Nobody asks for any where all of the group are
   * requests that only fill their sequence's place in a batch. */
  if (outputs == 0) return NULL;
  OrtStatus *status =
      ort.Run(instance->session->handle, instance->run_options, names, instance->input_values,
              inputs, output_names, outputs, instance->output_values);
  /* Also after a failure: whatever is there is released with the slots. */
  for (size_t i = 0, k = 0; i < instance->output_count; i++)
    if (instance->outputs[i].wanted) instance->outputs[i].value = instance->output_values[k++];
  return ort_error(status);
}

/* A run into buffers of shapes that the model's signature promised fails when the promise is wrong,
 * as it would for any other reason. A second run without them tells: if that one works, it was the
 * promise, and nobody relies on it again. */
static TRITONSERVER_Error *run_unbound(ort_instance *instance, uint32_t index,
                                       TRITONSERVER_Error *first)
{
  bool was_bound = false;
  for (size_t i = 0; i < instance->output_count; i++)
    was_bound = was_bound || instance->outputs[i].bound;
  if (!was_bound) return first;
  TRITONSERVER_Error *error = ort_unbind_outputs(instance, index);
  if (error == NULL) error = run(instance);
  if (error == NULL) {
    TB_LOG_WARN("model '%s': the outputs' shapes differ from the model's signature: %s",
                instance->model->config->name, TRITONSERVER_ErrorMessage(first));
    for (size_t i = 0; i < instance->output_count; i++)
      if (instance->outputs[i].wanted) instance->outputs[i].unpredictable = true;
  }
  TRITONSERVER_ErrorDelete(first);
  return error;
}

/* Everything from requests to responses except sending them. */
static TRITONSERVER_Error *run_group(ort_instance *instance, const uint32_t *group, uint32_t count,
                                     int64_t rows, tb_times *times)
{
  bool bound = false;
  TB_RETURN_IF_ERROR(ort_gather(instance, group, count));
  TB_RETURN_IF_ERROR(ort_mark_outputs(instance, group, count));
  if (count == 1) TB_RETURN_IF_ERROR(ort_bind_outputs(instance, group[0], &bound));

  times->compute_start = tb_now_ns();
  TRITONSERVER_Error *error = run(instance);
  if (error != NULL && bound) error = run_unbound(instance, group[0], error);
  times->compute_end = tb_now_ns();

  if (error == NULL) error = ort_read_outputs(instance, rows);
  int64_t first = 0;
  for (uint32_t i = 0; error == NULL && i < count; i++) {
    ort_item *item = &instance->items[group[i]];
    item->error = ort_write_outputs(instance, group[i], first);
    /* Last, so that a request that fails leaves its sequence where it was. */
    if (item->error == NULL) item->error = ort_write_states(instance, group[i], first);
    first += item->batch_size;
  }
  return error;
}

/* Runs a group and answers its requests. What fails as a group is tried again one by one, so that a
 * request the model can't digest has no effect on those that came with it. */
static void process_group(TRITONBACKEND_ModelInstance *handle, ort_instance *instance,
                          const uint32_t *group, uint32_t count, uint64_t exec_start)
{
  tb_times times = {.exec_start = exec_start, .compute_start = tb_now_ns()};
  int64_t rows = 0;
  for (uint32_t i = 0; i < count; i++) rows += instance->items[group[i]].batch_size;
  times.compute_end = times.compute_start;
  TRITONSERVER_Error *error = run_group(instance, group, count, rows, &times);
  ort_release_inputs(instance);
  ort_release_outputs(instance);
  times.exec_end = tb_now_ns();

  if (error != NULL && count > 1) {
    TB_LOG_IF_ERROR(error, "a batch failed and is tried one by one");
    for (uint32_t i = 0; i < count; i++) process_group(handle, instance, &group[i], 1, exec_start);
    return;
  }
  if (error != NULL)
    instance->items[group[0]].error = error;
  else
    TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportBatchStatistics(
                        handle, (uint64_t)rows, times.exec_start, times.compute_start,
                        times.compute_end, times.exec_end),
                    "reporting the statistics of a batch");
  for (uint32_t i = 0; i < count; i++) {
    ort_item *item = &instance->items[group[i]];
    tb_finish_request(handle, item->request, item->response, item->error, &times);
  }
}

void ort_execute(TRITONBACKEND_ModelInstance *handle, ort_instance *instance, uint32_t count,
                 uint64_t exec_start)
{
  /* `waiting` holds the requests that are in no group yet. */
  uint32_t *group = instance->group, *waiting = instance->group + count, left = 0;
  for (uint32_t i = 0; i < count; i++) {
    ort_item *item = &instance->items[i];
    item->error = ort_read_item(instance, i);
    if (item->error == NULL) {
      waiting[left++] = i;
      continue;
    }
    const uint64_t now = tb_now_ns();
    const tb_times times = {exec_start, now, now, now};
    tb_finish_request(handle, item->request, item->response, item->error, &times);
  }
  while (left > 0) {
    uint32_t members = 0, kept = 0;
    const uint32_t leader = waiting[0];
    for (uint32_t i = 0; i < left; i++) {
      if (ort_fits(instance, leader, waiting[i]))
        group[members++] = waiting[i];
      else
        waiting[kept++] = waiting[i];
    }
    left = kept;
    process_group(handle, instance, group, members, exec_start);
  }
  ort_release_copies(instance, count);
}
