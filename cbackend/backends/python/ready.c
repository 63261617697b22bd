/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Readiness, which a model may have a say in. */

#include <time.h>

#include "instance.h"

enum { READY_TIMEOUT_S = 5 };

/* Has the question sent; *number is 0 where the model has no say in it: one that has no process at the
 * moment is ready when the next request starts one. */
static TRITONSERVER_Error *ask_ready(py_instance *instance, uint64_t *number)
{
  TRITONSERVER_Error *error = NULL;
  pthread_mutex_lock(&instance->life);
  py_channel *channel = instance->channel;
  if (channel == NULL || py_channel_is_closed(channel)) {
    const uint64_t start = instance->process == NULL
                               ? instance->next_start_ns
                               : py_process_ended_ns(instance->process) + py_instance_pause_ns(instance);
    if (tb_now_ns() < start)
      error = tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "model instance '%s' has no process at the moment",
                       instance->name);
    *number = 0;
  } else if (instance->has_is_ready) {
    const py_message message = {.kind = PY_IS_READY, .id = *number, .block = PY_NO_BLOCK};
    (void)py_channel_send(channel, &message);
  } else {
    *number = 0;
  }
  pthread_mutex_unlock(&instance->life);
  return error;
}

/* A process that executes answers when it is done: until then its last word counts. Several that ask at a
 * time wait for one answer. */
TRITONSERVER_Error *py_instance_ready(py_instance *instance)
{
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += READY_TIMEOUT_S;
  pthread_mutex_lock(&instance->asking);
  const bool busy = instance->busy;
  const bool first = instance->asked == instance->known;
  uint64_t number = busy ? instance->known : first ? instance->asked + 1 : instance->asked;
  if (!busy) instance->asked = number;
  pthread_mutex_unlock(&instance->asking);
  if (!busy && first) {
    uint64_t asked = number;
    TRITONSERVER_Error *error = ask_ready(instance, &asked);
    if (error != NULL || asked == 0) {
      pthread_mutex_lock(&instance->asking);
      instance->known = number;
      instance->ready = error == NULL;
      pthread_cond_broadcast(&instance->answered);
      pthread_mutex_unlock(&instance->asking);
      return error;
    }
  }
  pthread_mutex_lock(&instance->asking);
  int timed_out = 0;
  while (instance->known < number && timed_out == 0)
    timed_out = pthread_cond_timedwait(&instance->answered, &instance->asking, &until);
  /* Where it is not known yet, whoever asks next waits for the same answer. */
  const bool known = instance->known >= number, ready = instance->ready;
  pthread_mutex_unlock(&instance->asking);
  if (!known)
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "is_ready of model instance '%s' took longer than %d s",
                    instance->name, (int)READY_TIMEOUT_S);
  if (ready) return NULL;
  pthread_mutex_lock(&instance->life);
  const bool gone = instance->channel == NULL || py_channel_is_closed(instance->channel);
  pthread_mutex_unlock(&instance->life);
  return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                  gone ? "the process of model instance '%s' ended while it was asked whether it is ready"
                       : "is_ready of model instance '%s' says that it is not",
                  instance->name);
}
