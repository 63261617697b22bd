/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* An instance's life: its worker is started, listened to while nobody executes, started again when it is
 * gone, and ended. */

#include <stdlib.h>

#include "instance.h"

/* ---- listening between two executions ---- */

/* Requests of batches that were executed, and wait for a response of a process that is no more. */
static void fail_open(py_instance *instance, TRITONSERVER_Error *error)
{
  while (instance->batches != NULL) {
    py_batch *batch = instance->batches;
    for (uint32_t i = 0; i < batch->count; i++) py_batch_fail(batch, i, error);
    /* What was lent to it is looked at no more; that may have been the last that it waited for. */
    if (batch->lent)
      py_instance_let_go(instance, batch->id);
    else
      py_instance_forget(instance, batch);
  }
}

/* Reads while nobody executes, until the process is gone. */
static void *listen_between(void *argument)
{
  py_instance *instance = argument;
  py_message message;
  py_wait end;
  do {
    end = py_channel_await(instance->channel);
    pthread_mutex_lock(&instance->reading);
    while (py_channel_receive(instance->channel, &message, 0) == PY_GOT)
      py_instance_hear(instance, &message);
    if (end == PY_CLOSED && instance->batches != NULL) {
      TRITONSERVER_Error *error =
          py_process_ended(instance->process, instance->name, "before it had sent all responses");
      fail_open(instance, error);
      TRITONSERVER_ErrorDelete(error);
    }
    pthread_mutex_unlock(&instance->reading);
  } while (end != PY_CLOSED);
  if (py_channel_is_broken(instance->channel)) py_process_kill(instance->process);
  /* Nobody answers a question that is still open. */
  pthread_mutex_lock(&instance->asking);
  if (instance->known < instance->asked) instance->ready = false;
  instance->known = instance->asked;
  pthread_cond_broadcast(&instance->answered);
  pthread_mutex_unlock(&instance->asking);
  return NULL;
}

/* Nobody needs to listen to a worker inside. */
static TRITONSERVER_Error *start_listening(py_instance *instance)
{
  if (instance->process == NULL) return NULL;
  py_channel_set_listening(instance->channel, false);
  if (pthread_create(&instance->listener, NULL, listen_between, instance) == 0) return NULL;
  py_instance_drop_worker(instance);
  return tb_out_of_memory("a thread that listens to the model's process");
}

/* ---- a worker in the place of one that is gone ---- */

/* Ends the worker, whatever it does. */
static void end_worker(py_instance *instance)
{
  if (instance->process != NULL) {
    py_process_kill(instance->process);
    py_channel_close(instance->channel);
    pthread_join(instance->listener, NULL);
  }
  py_instance_drop_worker(instance);
}

uint64_t py_instance_pause_ns(const py_instance *instance)
{
  const uint32_t failures = instance->failures;
  return (failures == 0 ? 0 : failures >= 6 ? 30 : UINT64_C(1) << (failures - 1)) * PY_SECOND;
}

/* After an end at `when`. */
static void note_end(py_instance *instance, uint64_t when)
{
  pthread_mutex_lock(&instance->life);
  instance->next_start_ns = when + py_instance_pause_ns(instance);
  instance->failures++;
  pthread_mutex_unlock(&instance->life);
}

TRITONSERVER_Error *py_instance_have_worker(py_instance *instance)
{
  if (instance->channel != NULL && !py_channel_is_closed(instance->channel)) return NULL;
  if (instance->process != NULL) {
    TRITONSERVER_Error *error = py_process_ended(instance->process, instance->name, "while it was idle");
    if (!instance->end_is_known) TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(error));
    TRITONSERVER_ErrorDelete(error);
    instance->end_is_known = false;
    const uint64_t when = py_process_ended_ns(instance->process);
    end_worker(instance);
    note_end(instance, when);
  }
  const uint64_t now = tb_now_ns();
  if (now < instance->next_start_ns)
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "the process of model instance '%s' is gone, and is started again in %.1f s",
                    instance->name, (double)(instance->next_start_ns - now) / 1e9);
  TRITONSERVER_Error *error = py_instance_start(instance);
  if (error == NULL) error = start_listening(instance);
  if (error != NULL) {
    note_end(instance, tb_now_ns());
    return error;
  }
  TB_LOG_INFO("the process of model instance '%s' was started again", instance->name);
  return NULL;
}

/* ---- beginning and end ---- */

TRITONSERVER_Error *py_instance_new(TRITONBACKEND_ModelInstance *handle, py_instance **instance)
{
  TRITONBACKEND_Model *model;
  void *state;
  py_instance *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("an instance");
  pthread_mutex_init(&made->reading, NULL);
  pthread_mutex_init(&made->asking, NULL);
  pthread_mutex_init(&made->life, NULL);
  made->ready = true;
  pthread_cond_init(&made->answered, NULL);
  made->handle = handle;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceModel(handle, &model);
  if (error == NULL) error = TRITONBACKEND_ModelServer(model, &made->server);
  if (error == NULL) error = TRITONBACKEND_ModelState(model, &state);
  if (error == NULL) made->model = state;
  if (error == NULL) error = TRITONBACKEND_ModelInstanceName(handle, &made->name);
  if (error == NULL) error = py_instance_start(made);
  if (error == NULL) error = start_listening(made);
  if (error != NULL) {
    py_instance_delete(made);
    return error;
  }
  *instance = made;
  return NULL;
}

/* Waits until a process has finalized, as far as it lets itself. With `reading`. */
static void await_finalized(py_instance *instance)
{
  const uint64_t until = py_deadline(instance->model->finalize_timeout_ms);
  py_message message;
  while (!instance->finalized) {
    const py_wait end = py_receive_until(instance->channel, &message, until);
    if (end == PY_NOTHING)
      TB_LOG_ERROR("finalize of model instance '%s' took longer than %lld ms (parameter "
                   "FINALIZE_TIMEOUT_MS), and its process was ended",
                   instance->name, (long long)instance->model->finalize_timeout_ms);
    if (end == PY_CLOSED) {
      TRITONSERVER_Error *error = py_process_ended(instance->process, instance->name, "while it finalized");
      TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(error));
      TRITONSERVER_ErrorDelete(error);
    }
    if (end != PY_GOT) return;
    py_instance_hear(instance, &message);
  }
  /* It ends by itself now; a model's threads may hold it up. */
  (void)py_process_wait(instance->process, PY_SECOND);
}

/* Has the model finalized. */
static void finalize(py_instance *instance)
{
  const py_message message = {.kind = PY_FINALIZE, .block = PY_NO_BLOCK};
  if (instance->process == NULL) {
    (void)py_channel_send(instance->channel, &message);
    return;
  }
  pthread_mutex_lock(&instance->reading);
  py_channel_set_listening(instance->channel, true);
  if (py_channel_send(instance->channel, &message)) await_finalized(instance);
  pthread_mutex_unlock(&instance->reading);
}

void py_instance_delete(py_instance *instance)
{
  if (instance == NULL) return;
  if (instance->channel != NULL) {
    if (!py_channel_is_closed(instance->channel)) finalize(instance);
    end_worker(instance);
  }
  pthread_mutex_destroy(&instance->reading);
  pthread_mutex_destroy(&instance->asking);
  pthread_mutex_destroy(&instance->life);
  pthread_cond_destroy(&instance->answered);
  free(instance);
}
