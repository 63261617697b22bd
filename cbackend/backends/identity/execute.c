/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The path of the requests. */

/* nanosleep */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <time.h>

#include "identity.h"

/* ---- before the point of no return: an error here leaves the requests with the server ---- */

static TRITONSERVER_Error *make_room(identity_instance *instance, uint32_t count)
{
  if (count <= instance->capacity) return NULL;
  identity_work *work = realloc(instance->work, count * sizeof *work);
  if (work == NULL) return tb_out_of_memory("a batch");
  instance->work = work;
  instance->capacity = count;
  return NULL;
}

/* Lays out the batch and looks for the parameter that asks for all of it to fail. */
static TRITONSERVER_Error *open_batch(identity_work *work, TRITONBACKEND_Request **requests,
                                      uint32_t count)
{
  TRITONSERVER_Error *refusal = NULL;
  for (uint32_t i = 0; i < count; i++) work[i] = (identity_work){.request = requests[i]};
  for (uint32_t i = 0; i < count; i++) {
    if (requests[i] == NULL) {
      refusal =
          tb_error(TRITONSERVER_ERROR_INTERNAL, "request %u of the batch is null", (unsigned)i);
    } else {
      /* A parameter that makes no sense is that request's own problem, answered later. */
      work[i].error = identity_controls_read(requests[i], &work[i].controls);
      if (work[i].error == NULL && work[i].controls.execute_error != NULL)
        refusal =
            TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, work[i].controls.execute_error);
    }
    if (refusal != NULL) break;
  }
  if (refusal == NULL)
    refusal = tb_new_responses(requests, count, &work[0].response, sizeof work[0]);
  for (uint32_t i = 0; refusal != NULL && i < count; i++) {
    if (work[i].error != NULL) TRITONSERVER_ErrorDelete(work[i].error);
    work[i].error = NULL;
  }
  return refusal;
}

/* ---- waiting ---- */

static bool all_cancelled(const identity_work *work, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    bool cancelled = true;
    if (work[i].error != NULL) continue;
    TB_LOG_IF_ERROR(TRITONBACKEND_RequestIsCancelled(work[i].request, &cancelled),
                    "asking whether a request is cancelled");
    if (!cancelled) return false;
  }
  return true;
}

/* Sleeps in short steps: nobody waits for a batch in which nobody waits for an answer any more. */
static void wait_ms(int64_t delay_ms, const identity_work *work, uint32_t count)
{
  const int64_t step_ms = 5;
  const uint64_t until = tb_now_ns() + (uint64_t)delay_ms * 1000000u;
  for (uint64_t now = tb_now_ns(); now < until && !all_cancelled(work, count); now = tb_now_ns()) {
    uint64_t rest = until - now;
    uint64_t step = rest < (uint64_t)step_ms * 1000000u ? rest : (uint64_t)step_ms * 1000000u;
    nanosleep(&(struct timespec){.tv_nsec = (long)step}, NULL);
  }
}

/* Each step needs the one before it, so that their number decides how long it takes. */
static void work_through(int64_t steps)
{
  volatile uint64_t kept;
  uint64_t x = 1;
  for (int64_t i = 0; i < steps; i++) x = x * 6364136223846793005u + 1442695040888963407u;
  kept = x;
  (void)kept;
}

/* ---- one request ---- */

/* What a server says of an input that a request does not have; anything else is a failure. */
static bool is_absence(TRITONSERVER_Error *error)
{
  TRITONSERVER_Error_Code code = TRITONSERVER_ErrorCode(error);
  return code == TRITONSERVER_ERROR_INVALID_ARG || code == TRITONSERVER_ERROR_NOT_FOUND;
}

/* Makes output `index` in the response, a copy of its input. An optional input that the request
 * lacks leaves its outputs out. */
static TRITONSERVER_Error *copy_output(const identity_model *model, const identity_work *work,
                                       int index)
{
  const tb_tensor_config *output = &model->config->outputs[index];
  const tb_tensor_config *source = &model->config->inputs[model->input_of_output[index]];
  TRITONBACKEND_Input *handle;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(work->request, source->name, &handle);
  if (error != NULL && source->optional && is_absence(error)) {
    TRITONSERVER_ErrorDelete(error);
    return NULL;
  }
  if (error != NULL) return error;

  tb_input input;
  TB_RETURN_IF_ERROR(tb_input_read(handle, &input));
  /* Asked for where the input lies, so that a tensor on a device needn't leave it. The answer may
   * be another kind of memory: the server, or the client behind it, decides. */
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  if (input.buffer_count > 0) {
    const void *base;
    uint64_t size;
    TB_RETURN_IF_ERROR(TRITONBACKEND_InputBuffer(handle, 0, &base, &size, &type, &type_id));
  }
  TRITONBACKEND_Output *made;
  void *buffer = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseOutput(work->response, &made, output->name,
                                                  input.datatype, input.shape, input.rank));
  TB_RETURN_IF_ERROR(TRITONBACKEND_OutputBuffer(made, &buffer, input.byte_size, &type, &type_id));
  return tb_input_copy(&input, buffer, type);
}

static TRITONSERVER_Error *fill_response(const identity_model *model, const identity_work *work,
                                         bool echo)
{
  const tb_model_config *config = model->config;
  uint32_t count;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputCount(work->request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *name;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputName(work->request, i, &name));
    int index = tb_find_tensor(config->outputs, config->output_count, name, i);
    if (index < 0)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "model '%s' has no output '%s'", config->name,
                      name);
    TB_RETURN_IF_ERROR(copy_output(model, work, index));
  }
  return echo ? identity_echo(work->request, work->response) : NULL;
}

/* The batch size is the first dimension of any input, the batch dimension. */
static TRITONSERVER_Error *read_batch_size(const identity_model *model, identity_work *work)
{
  uint32_t count;
  work->batch_size = 1;
  if (model->config->max_batch_size == 0) return NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputCount(work->request, &count));
  if (count == 0) return NULL;
  TRITONBACKEND_Input *handle;
  tb_input input;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputByIndex(work->request, 0, &handle));
  TB_RETURN_IF_ERROR(tb_input_read(handle, &input));
  if (input.rank == 0)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "input '%s' has no batch dimension",
                    input.name);
  work->batch_size = (uint64_t)input.shape[0];
  return NULL;
}

/* Everything that can be wrong with a request before the work begins. */
static TRITONSERVER_Error *check_request(const identity_model *model, identity_work *work)
{
  if (work->controls.error != NULL)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, work->controls.error);
  TB_RETURN_IF_ERROR(read_batch_size(model, work));
  return tb_check_cancelled(work->request);
}

/* ---- a batch ---- */

/* A response for each request, an error where one went wrong, and back they go. What goes wrong
 * with one must not be felt by its neighbours. */
static void process(TRITONBACKEND_ModelInstance *handle, const identity_model *model,
                    identity_work *work, uint32_t count, uint64_t exec_start)
{
  tb_times times = {.exec_start = exec_start};
  int64_t delay_ms = model->execute_delay_ms;
  for (uint32_t i = 0; i < count; i++) {
    if (work[i].error == NULL) work[i].error = check_request(model, &work[i]);
    if (work[i].error == NULL && work[i].controls.delay_ms > delay_ms)
      delay_ms = work[i].controls.delay_ms;
  }

  times.compute_start = tb_now_ns();
  if (model->execute_work > 0) work_through(model->execute_work);
  if (delay_ms > 0) {
    wait_ms(delay_ms, work, count);
    for (uint32_t i = 0; i < count; i++)
      if (work[i].error == NULL) work[i].error = tb_check_cancelled(work[i].request);
  }
  uint64_t batch_size = 0;
  for (uint32_t i = 0; i < count; i++)
    if (work[i].error == NULL) batch_size += work[i].batch_size;
  times.compute_end = tb_now_ns();

  /* There is no model to run: writing the outputs is all there is. */
  for (uint32_t i = 0; i < count; i++)
    if (work[i].error == NULL)
      work[i].error =
          fill_response(model, &work[i], model->echo_parameters || work[i].controls.echo);
  times.exec_end = tb_now_ns();

  /* Counted before it is answered: whoever has an answer finds it in the statistics. */
  if (batch_size > 0)
    TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportBatchStatistics(
                        handle, batch_size, times.exec_start, times.compute_start,
                        times.compute_end, times.exec_end),
                    "reporting the statistics of a batch");
  for (uint32_t i = 0; i < count; i++)
    tb_finish_request(handle, work[i].request, work[i].response, work[i].error, &times);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  const uint64_t exec_start = tb_now_ns();
  void *vstate;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(instance, &vstate));
  identity_instance *state = vstate;
  TB_RETURN_IF_ERROR(make_room(state, request_count));
  TB_RETURN_IF_ERROR(open_batch(state->work, requests, request_count));
  /* From here on the requests are ours and the answer to the server is success. */
  process(instance, state->model, state->work, request_count, exec_start);
  return NULL;
}
