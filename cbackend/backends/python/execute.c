/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Execution of a batch: the worker has it, and says what becomes of each request. */

#include <stdlib.h>

#include "instance.h"

void py_instance_forget(py_instance *instance, py_batch *batch)
{
  if (batch->open > 0 || !batch->released) return;
  for (py_batch **place = &instance->batches; *place != NULL; place = &(*place)->next) {
    if (*place != batch) continue;
    *place = batch->next;
    py_batch_delete(batch);
    return;
  }
}

/* ---- what became of it ---- */

/* Answers all that wait for an answer with an error, which stays the caller's. */
static void fail_rest(py_batch *batch, TRITONSERVER_Error *error)
{
  for (uint32_t i = 0; i < batch->count; i++) {
    const bool open = batch->items[i].response != NULL || batch->items[i].factory != NULL;
    if (!open) continue;
    py_batch_fail(batch, i, error);
    batch->items[i].success = false;
  }
}

static void take_results(py_instance *instance, py_batch *batch, const py_message *done)
{
  py_reader reader = py_message_reader(instance->channel, done);
  TRITONSERVER_Error *wrong = NULL;
  if (done->flags & PY_BATCH_FAILED) {
    uint64_t size;
    const char *message = py_get_text(&reader, &size);
    const char *traceback = py_get_text(&reader, &size);
    wrong = tb_error(TRITONSERVER_ERROR_INTERNAL, "execute of model '%s' failed: %s",
                     instance->model->config->name, message == NULL ? "" : message);
    TB_LOG_ERROR("model instance '%s': execute failed: %s", instance->name,
                 traceback == NULL ? "" : traceback);
  }
  for (uint32_t i = 0; wrong == NULL && i < batch->count; i++) {
    uint32_t flags = TRITONSERVER_REQUEST_RELEASE_ALL, unused;
    if (!py_batch_answer(batch, i, instance->gpu, instance->channel, &reader, &batch->items[i].success)) {
      py_channel_break(instance->channel);
      wrong = instance->process != NULL
                  ? py_process_ended(instance->process, instance->name, "when it had executed")
                  : tb_error(TRITONSERVER_ERROR_INTERNAL,
                             "the Python of model instance '%s' sent what makes no sense", instance->name);
      break;
    }
    py_get_u32s(&reader, &flags, &unused);
    if (flags == TRITONSERVER_REQUEST_RELEASE_RESCHEDULE) batch->items[i].release = flags;
  }
  if (wrong == NULL) return;
  fail_rest(batch, wrong);
  TRITONSERVER_ErrorDelete(wrong);
}

/* Of readiness: whether a question has to wait. */
static void set_busy(py_instance *instance, bool busy)
{
  pthread_mutex_lock(&instance->asking);
  instance->busy = busy;
  pthread_mutex_unlock(&instance->asking);
}

void py_instance_take_executed(py_instance *instance, const py_message *message)
{
  py_execution *execution = instance->executing;
  if (execution == NULL || execution->done || execution->batch->id != message->id) {
    TB_LOG_ERROR("the Python of model instance '%s' has executed what it was not asked to", instance->name);
    return;
  }
  execution->end_ns = tb_now_ns();
  execution->done = true;
  /* Before anybody has an answer: who asks after one whether the model is ready asks the model. */
  set_busy(instance, false);
  take_results(instance, execution->batch, message);
}

/* ---- release ---- */

static uint64_t rows(const py_instance *instance, TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Input *handle;
  tb_input input;
  if (instance->model->config->max_batch_size == 0) return 1;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInputByIndex(request, 0, &handle);
  if (error == NULL) error = tb_input_read(handle, &input);
  if (error != NULL) {
    TRITONSERVER_ErrorDelete(error);
    return 1;
  }
  return input.rank == 0 ? 1 : (uint64_t)input.shape[0];
}

static void report(const py_instance *instance, const py_batch *batch, const tb_times *times)
{
  uint64_t sum = 0;
  for (uint32_t i = 0; i < batch->count; i++) sum += rows(instance, batch->items[i].request);
  if (batch->count > 1 || (batch->count == 1 && batch->items[0].success))
    TB_LOG_IF_ERROR(
        TRITONBACKEND_ModelInstanceReportBatchStatistics(instance->handle, sum, times->exec_start,
                                                         times->compute_start, times->compute_end,
                                                         times->exec_end),
        "reporting the statistics of a batch");
  for (uint32_t i = 0; i < batch->count; i++)
    TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportStatistics(
                        instance->handle, batch->items[i].request, batch->items[i].success,
                        times->exec_start, times->compute_start, times->compute_end, times->exec_end),
                    "reporting the statistics of a request");
}

static void release(py_batch *batch)
{
  batch->released = true;
  for (uint32_t i = 0; i < batch->count; i++) {
    py_item *item = &batch->items[i];
    TRITONBACKEND_Request *request = item->request;
    item->request = NULL;
    if (item->release == TRITONSERVER_REQUEST_RELEASE_RESCHEDULE && item->response != NULL) {
      /* It comes again, and gets another response then. */
      TB_LOG_IF_ERROR(TRITONBACKEND_ResponseDelete(item->response), "deleting a response");
      item->response = NULL;
      batch->open--;
    }
    TB_LOG_IF_ERROR(TRITONBACKEND_RequestRelease(request, item->release), "releasing a request");
  }
}

void py_instance_take_settled(py_instance *instance, uint64_t id)
{
  py_execution *execution = instance->executing;
  if (execution != NULL && execution->batch->id == id) execution->settled = true;
}

/* The worker says it when no array of the model's shows an input any more: often before it says that it has
 * executed, at the latest when it keeps none of them. */
void py_instance_let_go(py_instance *instance, uint64_t id)
{
  for (py_batch *batch = instance->batches; batch != NULL; batch = batch->next) {
    if (batch->id != id || !batch->lent) continue;
    batch->lent = false;
    py_loan_return(instance->gpu, batch->loan);
    if (batch->executed) release(batch);
    py_instance_forget(instance, batch);
    return;
  }
}

/* ---- execution ---- */

/* Waits until the batch was executed, and handles all else that the process says. With `reading`. */
static TRITONSERVER_Error *await_executed(py_instance *instance, const py_execution *execution)
{
  const int64_t limit = instance->model->execute_timeout_ms;
  const uint64_t until = py_deadline(limit);
  py_message message;
  while (!execution->done || !execution->settled) {
    const py_wait end = py_receive_until(instance->channel, &message, until);
    if (end == PY_NOTHING) {
      py_process_kill(instance->process);
      (void)py_process_wait(instance->process, 10 * PY_SECOND);
      py_channel_close(instance->channel);
      return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                      "execute of model instance '%s' took longer than %lld ms (parameter "
                      "EXECUTE_TIMEOUT_MS), and its process was ended",
                      instance->name, (long long)limit);
    }
    if (end == PY_CLOSED) return py_process_ended(instance->process, instance->name, "while it executed");
    py_instance_hear(instance, &message);
  }
  return NULL;
}

/* The worker executes the batch. With `reading`, which is left while a worker inside is at it. */
static TRITONSERVER_Error *have_executed(py_instance *instance, const py_execution *execution,
                                         const py_message *message)
{
  if (instance->process != NULL) {
    /* Where the process is gone by now, it may have answered all the same. */
    (void)py_channel_send(instance->channel, message);
    return await_executed(instance, execution);
  }
  pthread_mutex_unlock(&instance->reading);
  (void)py_channel_send(instance->channel, message);
  pthread_mutex_lock(&instance->reading);
  return execution->done ? NULL
                         : tb_error(TRITONSERVER_ERROR_INTERNAL,
                                    "model instance '%s' could not execute: the log says why",
                                    instance->name);
}

/* The requests are ours: each is answered, or will be, and released. With `reading`. */
static void run_batch(py_instance *instance, py_batch *batch, const py_message *message, tb_times times)
{
  py_execution execution = {.batch = batch, .settled = !batch->lent};
  batch->next = instance->batches;
  instance->batches = batch;
  instance->executing = &execution;
  times.compute_start = tb_now_ns();
  TRITONSERVER_Error *error = have_executed(instance, &execution, message);
  instance->executing = NULL;
  times.compute_end = execution.done ? execution.end_ns : tb_now_ns();
  if (error == NULL && instance->failures != 0) {
    pthread_mutex_lock(&instance->life);
    instance->failures = 0;
    pthread_mutex_unlock(&instance->life);
  }
  if (error != NULL) {
    TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(error));
    instance->end_is_known = true;
    fail_rest(batch, error);
    TRITONSERVER_ErrorDelete(error);
    /* A process that is no more looks at nothing. */
    if (instance->process != NULL) py_instance_let_go(instance, batch->id);
  }
  times.exec_end = tb_now_ns();
  report(instance, batch, &times);
  batch->executed = true;
  if (!batch->lent) {
    release(batch);
  } else if (!instance->keeps) {
    instance->keeps = true;
    if (!instance->model->config->decoupled)
      TB_LOG_WARN("model instance '%s' keeps an input beyond execute: its request is not released until it lets "
                  "go of it, and it gets copies of inputs from now on",
                  instance->name);
  }
  py_instance_forget(instance, batch);
}

TRITONSERVER_Error *py_instance_execute(py_instance *instance, TRITONBACKEND_Request **requests,
                                        uint32_t count)
{
  const tb_times times = {.exec_start = tb_now_ns()};
  py_message message = {.kind = PY_EXECUTE, .values = {count}};
  py_batch *batch;
  for (uint32_t i = 0; i < count; i++)
    if (requests[i] == NULL)
      return tb_error(TRITONSERVER_ERROR_INTERNAL, "request %u of the batch is null", (unsigned)i);
  TB_RETURN_IF_ERROR(py_instance_have_worker(instance));
  py_channel *channel = instance->channel;
  TB_RETURN_IF_ERROR(py_batch_new(requests, count, instance->model->config->decoupled,
                                  ++instance->last_batch, &batch));
  TRITONSERVER_Error *error =
      py_encode_requests(requests, count, instance->model, channel, instance->gpu, !instance->keeps, &message);
  if (error != NULL) {
    py_batch_delete(batch);
    return error;
  }
  message.id = batch->id;
  batch->lent = (message.flags & PY_LENT) != 0;
  if (batch->lent) batch->loan = message.values[1];
  set_busy(instance, true);
  pthread_mutex_lock(&instance->reading);
  if (instance->process != NULL) py_channel_set_listening(channel, true);
  run_batch(instance, batch, &message, times);
  if (instance->process != NULL) py_channel_set_listening(channel, false);
  pthread_mutex_unlock(&instance->reading);
  set_busy(instance, false);
  /* Here, rather than with the next request: until it is there, other instances get those. */
  if (py_channel_is_closed(channel)) {
    TRITONSERVER_Error *late = py_instance_have_worker(instance);
    if (late != NULL) {
      TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(late));
      TRITONSERVER_ErrorDelete(late);
    }
  }
  return NULL;
}
