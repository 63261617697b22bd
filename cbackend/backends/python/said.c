/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What a worker says. It runs the model's code, which may have written anywhere: nothing is taken for
 * granted. */

#include <stdlib.h>

#include "instance.h"

py_reader py_message_reader(const py_channel *channel, const py_message *message)
{
  py_reader reader = {.size = message->size};
  if (message->block != PY_NO_BLOCK) reader.from = py_channel_at(channel, message->block, message->size);
  reader.broken = reader.from == NULL;
  return reader;
}

const char *py_message_text(const py_channel *channel, const py_message *message)
{
  uint64_t size;
  py_reader reader = py_message_reader(channel, message);
  const char *text = py_get_text(&reader, &size);
  return text == NULL ? "" : text;
}

void py_message_log(const py_channel *channel, const py_message *message)
{
  uint64_t size;
  py_reader reader = py_message_reader(channel, message);
  const char *file = py_get_text(&reader, &size);
  const char *text = py_get_text(&reader, &size);
  if (file == NULL || text == NULL || message->values[0] > TRITONSERVER_LOG_VERBOSE) return;
  TB_LOG_IF_ERROR(TRITONSERVER_LogMessage((TRITONSERVER_LogLevel)message->values[0], file,
                                          (int)message->values[1], text),
                  "writing a line of a Python model");
}

/* ---- responses and readiness ---- */

static py_batch *find_batch(py_instance *instance, uint64_t id)
{
  for (py_batch *batch = instance->batches; batch != NULL; batch = batch->next)
    if (batch->id == id) return batch;
  return NULL;
}

static void take_response(py_instance *instance, const py_channel *channel, const py_message *message)
{
  bool success;
  py_batch *batch = find_batch(instance, message->id);
  py_reader reader = py_message_reader(channel, message);
  if (batch == NULL || message->values[0] >= batch->count ||
      !py_batch_answer(batch, (uint32_t)message->values[0], instance->gpu, channel, &reader, &success)) {
    TB_LOG_ERROR("the Python of model instance '%s' sent a response that makes no sense",
                 instance->name);
    /* One for a request that has had its last is a model's mistake. Beyond that nothing can be relied on. */
    if (batch != NULL || reader.from == NULL || reader.broken) py_channel_break(instance->channel);
    return;
  }
  py_instance_forget(instance, batch);
}

static void take_readiness(py_instance *instance, const py_message *message)
{
  pthread_mutex_lock(&instance->asking);
  if (message->id > instance->asked || message->id <= instance->known) {
    pthread_mutex_unlock(&instance->asking);
    return;
  }
  instance->known = message->id;
  instance->ready = message->values[0] != 0;
  pthread_cond_broadcast(&instance->answered);
  pthread_mutex_unlock(&instance->asking);
}

static void take_finalized(py_instance *instance, const py_message *message)
{
  const char *wrong = py_message_text(instance->channel, message);
  if (*wrong != '\0') TB_LOG_ERROR("finalize of model instance '%s' failed: %s", instance->name, wrong);
  instance->finalized = true;
}

/* ---- questions ---- */

static void answer_value(py_channel *channel, uint64_t place, uint64_t value)
{
  const py_answer answer = {.code = PY_ANSWER_GOOD, .block = PY_NO_BLOCK, .value = value};
  (void)py_channel_answer(channel, place, &answer);
}

/* What a worker sent was copied, where it waits for that. */
static void acknowledge(const py_instance *instance, const py_message *message)
{
  if (message->flags & PY_AWAITS) answer_value(instance->channel, message->values[1], 0);
}

/* With an answer for `error`, or the value; takes the error. */
static void answer(py_instance *instance, const py_message *message, TRITONSERVER_Error *error,
                   uint64_t value)
{
  if (error == NULL) {
    answer_value(instance->channel, message->values[0], value);
    return;
  }
  py_calls_answer_error(instance->calls, message->values[0], error);
  TRITONSERVER_ErrorDelete(error);
}

static void tell_cancelled(py_instance *instance, const py_message *message)
{
  bool cancelled = false;
  const py_batch *batch = find_batch(instance, message->id);
  TRITONSERVER_Error *error = NULL;
  if (batch != NULL && message->values[1] < batch->count)
    error = py_batch_is_cancelled(batch, (uint32_t)message->values[1], &cancelled);
  answer(instance, message, error, cancelled);
}

/* A trace for a request to another model, as part of that of a request whose model asks: NULL where that one
 * has none, or is released. */
static TRITONSERVER_InferenceTrace *child_trace(py_instance *instance, const py_message *message)
{
  TRITONSERVER_InferenceTrace *trace = NULL, *child = NULL;
  if ((message->flags & PY_INFER_TRACED) == 0) return NULL;
  const py_batch *batch = find_batch(instance, message->id);
  if (batch == NULL || message->values[1] >= batch->count) return NULL;
  TRITONBACKEND_Request *request = batch->items[message->values[1]].request;
  if (request == NULL) return NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_RequestTrace(request, &trace);
  if (error == NULL && trace != NULL) error = TRITONSERVER_InferenceTraceSpawnChildTrace(trace, &child);
  TB_LOG_IF_ERROR(error, "tracing a request to another model");
  return child;
}

/* Loading and unloading, as the model's process asks for it. It waits for the end, and so does whatever else
 * it says. */
static void control(py_instance *instance, const py_message *message)
{
  uint64_t size;
  bool ready = false;
  py_reader reader = py_message_reader(instance->channel, message);
  TRITONSERVER_Error *error = NULL;
  const char *name = py_get_text(&reader, &size);
  if (name == NULL) {
    error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "a question without a model's name");
  } else if (message->kind == PY_MODEL_READY) {
    error = TRITONSERVER_ServerModelIsReady(instance->server, name, (int64_t)message->values[1], &ready);
    /* One that there is not, or not now, is not ready: that is no failure of the question. */
    if (error != NULL && (TRITONSERVER_ErrorCode(error) == TRITONSERVER_ERROR_NOT_FOUND ||
                          TRITONSERVER_ErrorCode(error) == TRITONSERVER_ERROR_UNAVAILABLE)) {
      TRITONSERVER_ErrorDelete(error);
      error = NULL;
    }
  } else if (message->kind == PY_UNLOAD_MODEL) {
    error = message->values[1] ? TRITONSERVER_ServerUnloadModelAndDependents(instance->server, name)
                               : TRITONSERVER_ServerUnloadModel(instance->server, name);
  } else {
    enum { MOST = 64 };
    TRITONSERVER_Parameter *parameters[MOST];
    uint64_t count = 0;
    /* Pairs of a name and its bytes; the configuration is a text. */
    while (reader.at < reader.size && count < MOST && !reader.broken) {
      const char *key = py_get_text(&reader, &size), *value = py_get_text(&reader, &size);
      if (key == NULL || value == NULL) break;
      parameters[count++] = strcmp(key, "config") == 0
                                ? TRITONSERVER_ParameterNew(key, TRITONSERVER_PARAMETER_STRING, value)
                                : TRITONSERVER_ParameterBytesNew(key, value, size);
    }
    error = count == 0 ? TRITONSERVER_ServerLoadModel(instance->server, name)
                       : TRITONSERVER_ServerLoadModelWithParameters(
                             instance->server, name, (const TRITONSERVER_Parameter **)parameters, count);
    while (count > 0) TRITONSERVER_ParameterDelete(parameters[--count]);
  }
  answer(instance, message, error, ready);
}

/* ---- all of it ---- */

void py_instance_hear(py_instance *instance, const py_message *message)
{
  py_channel *channel = instance->channel;
  switch (message->kind) {
    case PY_RESPONSE:
      take_response(instance, channel, message);
      acknowledge(instance, message);
      break;
    case PY_STARTED:
    case PY_START_FAILED: py_started_take(instance->starting, instance->model, channel, message); break;
    case PY_FINALIZED: take_finalized(instance, message); break;
    case PY_EXECUTED:
      py_instance_take_executed(instance, message);
      acknowledge(instance, message);
      break;
    case PY_LET_GO: py_instance_let_go(instance, message->id); break;
    case PY_SETTLED: py_instance_take_settled(instance, message->id); break;
    case PY_RETURN: py_loan_return(instance->gpu, message->id); break;
    case PY_READINESS: take_readiness(instance, message); break;
    case PY_LOG:
      if (message->block != PY_NO_BLOCK) py_message_log(channel, message);
      break;
    case PY_INFER: py_calls_infer(instance->calls, message, child_trace(instance, message)); return; /* with its block */
    case PY_NEXT: py_calls_next(instance->calls, message->id, message->values[0]); break;
    case PY_CANCEL: py_calls_cancel(instance->calls, message->id); break;
    case PY_DROP: py_calls_drop(instance->calls, message->id); break;
    case PY_METRIC_FAMILY:
    case PY_METRIC:
    case PY_METRIC_DELETE:
    case PY_METRIC_CHANGE: {
      uint64_t value;
      TRITONSERVER_Error *error = py_metrics_answer(instance->metrics, channel, message, &value);
      answer(instance, message, error, value);
      break;
    }
    case PY_IS_CANCELLED: tell_cancelled(instance, message); break;
    case PY_LOAD_MODEL:
    case PY_UNLOAD_MODEL:
    case PY_MODEL_READY: control(instance, message); break;
    default:
      TB_LOG_ERROR("the process of model instance '%s' sent a message of kind %u", instance->name,
                   (unsigned)message->kind);
      py_channel_break(channel);
  }
  if (message->block != PY_NO_BLOCK) py_channel_give(channel, message->block);
}

void py_instance_hear_inside(void *argument, const py_message *message)
{
  py_instance *instance = argument;
  switch (message->kind) {
    case PY_LOAD_MODEL:
    case PY_UNLOAD_MODEL:
    case PY_MODEL_READY:
      /* They may take long, and touch nothing of the instance's. */
      control(instance, message);
      if (message->block != PY_NO_BLOCK) py_channel_give(instance->channel, message->block);
      return;
    default:
      pthread_mutex_lock(&instance->reading);
      py_instance_hear(instance, message);
      pthread_mutex_unlock(&instance->reading);
  }
}
