/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* An instance: its process, the batches that it has, and who reads what the process says.
 *
 * While Execute runs, its thread reads. In between a thread of the instance's reads, for models that send
 * responses, or log, when they like. `reading` says whose turn it is. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "python.h"

struct py_instance {
  const py_model *model;
  TRITONBACKEND_ModelInstance *handle;
  const char *name;
  py_process *process;    /* NULL while there is none; changed by who executes, with `life` */
  pthread_mutex_t life;   /* whoever else looks at `process` */
  pthread_t listener;
  pthread_mutex_t reading;
  /* With `reading`. */
  py_batch *batches; /* with requests that wait for a response */
  TRITONSERVER_Server *server;
  py_calls *calls; /* of the process that is there */
  py_metrics *metrics;
  uint64_t last_batch;
  bool has_is_ready;
  /* Of readiness, with `asking`. */
  pthread_mutex_t asking;
  pthread_cond_t answered;
  uint64_t asked, known; /* the last question, and the last that was answered */
  bool ready;            /* the last answer */
  bool executing;
  /* Starts that failed, one after the other, and when the next may be tried. */
  uint32_t failures;
  uint64_t next_start_ns;
  bool end_is_known; /* by those who waited for a response: it has been said how the process ended */
};

enum { READY_TIMEOUT_S = 5 };
static const uint64_t SECOND = UINT64_C(1000000000);

/* The end of a time of `ms` milliseconds that begins now; of 0, never. */
static uint64_t deadline(int64_t ms)
{
  return ms == 0 ? UINT64_MAX : tb_now_ns() + (uint64_t)ms * 1000000u;
}

/* As py_channel_receive(), until a deadline. */
static py_wait receive_until(py_channel *channel, py_message *message, uint64_t until)
{
  if (until == UINT64_MAX) return py_channel_receive(channel, message, until);
  const uint64_t now = tb_now_ns();
  return now < until ? py_channel_receive(channel, message, until - now) : PY_NOTHING;
}

/* ---- texts ---- */

static const char *kind_text(TRITONSERVER_InstanceGroupKind kind)
{
  switch (kind) {
    case TRITONSERVER_INSTANCEGROUPKIND_GPU: return "GPU";
    case TRITONSERVER_INSTANCEGROUPKIND_MODEL: return "MODEL";
    default: return "CPU";
  }
}

/* Sends a message with texts. */
static TRITONSERVER_Error *send_texts(py_channel *channel, uint32_t kind, const char *const *texts,
                                      size_t count)
{
  py_writer measure = {0};
  for (size_t i = 0; i < count; i++) py_put_text(&measure, texts[i], strlen(texts[i]));
  py_message message = {.kind = kind, .size = measure.size};
  char *memory = py_channel_take(channel, measure.size, &message.block);
  if (memory == NULL) return tb_out_of_memory("a message to the model's process");
  py_writer writer = {memory, 0, measure.size};
  for (size_t i = 0; i < count; i++) py_put_text(&writer, texts[i], strlen(texts[i]));
  if (py_channel_send(channel, &message)) return NULL;
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE, "the model's process is gone");
}

/* The message's first text, "" where there is none. Lives as long as the block. */
static const char *first_text(const py_channel *channel, const py_message *message)
{
  uint64_t size;
  py_reader reader = {.from = message->block == PY_NO_BLOCK
                                  ? NULL
                                  : py_channel_at(channel, message->block, message->size),
                      .size = message->size};
  if (reader.from == NULL) return "";
  const char *text = py_get_text(&reader, &size);
  return text == NULL ? "" : text;
}

static TRITONSERVER_Error *process_ended(py_process *process, const char *name, const char *doing)
{
  char how[160];
  if (py_channel_is_broken(py_process_channel(process))) {
    py_process_kill(process);
    (void)py_process_wait(process, 10 * SECOND);
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "the process of model instance '%s' sent what makes no sense %s, and was ended", name,
                    doing);
  }
  /* It was killed, or is just about to end: its end is near. */
  if (!py_process_wait(process, SECOND)) {
    py_process_kill(process);
    (void)py_process_wait(process, 10 * SECOND);
  }
  py_process_end_text(process, how, sizeof how);
  return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "the process of model instance '%s' %s %s", name, how,
                  doing);
}

static void log_message(const py_channel *channel, const py_message *message)
{
  uint64_t size;
  py_reader reader = {.from = py_channel_at(channel, message->block, message->size),
                      .size = message->size};
  if (reader.from == NULL) return;
  const char *file = py_get_text(&reader, &size);
  const char *text = py_get_text(&reader, &size);
  if (file == NULL || text == NULL || message->values[0] > TRITONSERVER_LOG_VERBOSE) return;
  TB_LOG_IF_ERROR(TRITONSERVER_LogMessage((TRITONSERVER_LogLevel)message->values[0], file,
                                          (int)message->values[1], text),
                  "writing a line of a Python model");
}

/* ---- what the process says ---- */

static py_batch *find_batch(py_instance *instance, uint64_t id)
{
  for (py_batch *batch = instance->batches; batch != NULL; batch = batch->next)
    if (batch->id == id) return batch;
  return NULL;
}

static void forget(py_instance *instance, py_batch *batch)
{
  for (py_batch **place = &instance->batches; *place != NULL; place = &(*place)->next) {
    if (*place != batch) continue;
    *place = batch->next;
    py_batch_delete(batch);
    return;
  }
}

static void take_response(py_instance *instance, const py_channel *channel, const py_message *message,
                          const py_batch *executing)
{
  bool success;
  py_batch *batch = find_batch(instance, message->id);
  py_reader reader = {.from = message->block == PY_NO_BLOCK
                                  ? NULL
                                  : py_channel_at(channel, message->block, message->size),
                      .size = message->size};
  if (batch == NULL || message->values[0] >= batch->count || reader.from == NULL ||
      !py_batch_answer(batch, (uint32_t)message->values[0], channel, &reader, &success)) {
    TB_LOG_ERROR("the process of model instance '%s' sent a response that makes no sense",
                 instance->name);
    /* One for a request that has had its last is a model's mistake. Beyond that nothing can be relied on. */
    if (batch != NULL || reader.from == NULL || reader.broken)
      py_channel_break(py_process_channel(instance->process));
    return;
  }
  if (batch->open == 0 && batch != executing) forget(instance, batch);
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

static void answer_value(py_channel *channel, uint64_t place, uint64_t value)
{
  const py_answer answer = {.code = PY_ANSWER_GOOD, .block = PY_NO_BLOCK, .value = value};
  (void)py_channel_answer(channel, place, &answer);
}

/* With an answer for `error`, or the value; takes the error. */
static void answer(py_instance *instance, const py_message *message, TRITONSERVER_Error *error,
                   uint64_t value)
{
  if (error == NULL) {
    answer_value(py_process_channel(instance->process), message->values[0], value);
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

/* Loading and unloading, as the model's process asks for it. It waits for the end, and so does whatever else
 * it says. */
static void control(py_instance *instance, py_channel *channel, const py_message *message)
{
  uint64_t size;
  bool ready = false;
  py_reader reader = {.from = message->block == PY_NO_BLOCK
                                  ? NULL
                                  : py_channel_at(channel, message->block, message->size),
                      .size = message->size};
  TRITONSERVER_Error *error = NULL;
  const char *name = reader.from == NULL ? NULL : py_get_text(&reader, &size);
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

/* All that may come at any time. With `reading`. */
static void handle(py_instance *instance, py_channel *channel, const py_message *message,
                   const py_batch *executing)
{
  switch (message->kind) {
    case PY_RESPONSE: take_response(instance, channel, message, executing); break;
    case PY_READINESS: take_readiness(instance, message); break;
    case PY_LOG:
      if (message->block != PY_NO_BLOCK) log_message(channel, message);
      break;
    case PY_INFER: py_calls_infer(instance->calls, message); return; /* with its block */
    case PY_NEXT: py_calls_next(instance->calls, message->id, message->values[0]); break;
    case PY_CANCEL:
      py_calls_cancel(instance->calls, message->id);
      break;
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
    case PY_MODEL_READY: control(instance, channel, message); break;
    default:
      TB_LOG_ERROR("the process of model instance '%s' sent a message of kind %u", instance->name,
                   (unsigned)message->kind);
      py_channel_break(channel);
  }
  if (message->block != PY_NO_BLOCK) py_channel_give(channel, message->block);
}

/* Requests of batches that were executed, and wait for a response of a process that is no more. */
static void fail_open(py_instance *instance, TRITONSERVER_Error *error)
{
  while (instance->batches != NULL) {
    py_batch *batch = instance->batches;
    for (uint32_t i = 0; i < batch->count; i++) py_batch_fail(batch, i, error);
    forget(instance, batch);
  }
}

/* ---- start ---- */

static void drop_process(py_instance *instance)
{
  py_calls_delete(instance->calls);
  py_metrics_delete(instance->metrics);
  instance->calls = NULL;
  instance->metrics = NULL;
  pthread_mutex_lock(&instance->life);
  py_process_delete(instance->process);
  instance->process = NULL;
  pthread_mutex_unlock(&instance->life);
}

/* Makes the process the instance's, with what it may ask for. Takes the process. */
static TRITONSERVER_Error *adopt(py_instance *instance, py_process *process)
{
  pthread_mutex_lock(&instance->life);
  instance->process = process;
  pthread_mutex_unlock(&instance->life);
  instance->metrics = py_metrics_new();
  TRITONSERVER_Error *error =
      instance->metrics == NULL
          ? tb_out_of_memory("an instance")
          : py_calls_new(instance->server, py_process_channel(process), &instance->calls);
  if (error != NULL) drop_process(instance);
  return error;
}

/* Starts a process, and has it load the model for an instance, or, without one, complete its
 * configuration. On success the process is the instance's, or (in *process) the caller's, and *reply the
 * message with which it answered, whose block the caller gives back. */
static TRITONSERVER_Error *launch(const py_model *model, py_instance *owner, const char *instance,
                                  const char *kind, const char *device, const char *what,
                                  py_process **process, py_message *reply)
{
  TB_RETURN_IF_ERROR(py_process_start(model, instance, process));
  if (owner != NULL) TB_RETURN_IF_ERROR(adopt(owner, *process));
  py_channel *channel = py_process_channel(*process);
  char folders[8192], version[24];
  /* What a model imports beside itself: its version's folder, and its own. */
  snprintf(folders, sizeof folders, "%s\n%s", model->version_folder, model->repository);
  snprintf(version, sizeof version, "%llu", (unsigned long long)model->version);
  size_t length;
  char *config = tb_json_write(model->config->root, &length);
  TRITONSERVER_Error *error = config == NULL ? tb_out_of_memory("a configuration") : NULL;
  if (error == NULL) {
    const char *texts[] = {model->file, folders, model->config->name, version, kind, device,
                           model->repository, config, instance, what};
    error = send_texts(channel, PY_START, texts, sizeof texts / sizeof *texts);
  }
  free(config);
  const uint64_t until = deadline(model->initialize_timeout_ms);
  while (error == NULL) {
    const py_wait end = receive_until(channel, reply, until);
    if (end == PY_CLOSED)
      error = process_ended(*process, instance, "while it loaded the model");
    else if (end == PY_NOTHING)
      error = tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                       "loading model instance '%s' took longer than %lld ms (parameter "
                       "INITIALIZE_TIMEOUT_MS), and its process was ended",
                       instance, (long long)model->initialize_timeout_ms);
    if (error != NULL) break;
    if (reply->kind == PY_STARTED) return NULL;
    if (owner != NULL && reply->kind != PY_START_FAILED) {
      handle(owner, channel, reply, NULL);
      continue;
    }
    if (reply->kind == PY_LOG) log_message(channel, reply);
    if (reply->kind == PY_START_FAILED)
      error = tb_error(TRITONSERVER_ERROR_INTERNAL, "model '%s' can't be loaded: %s",
                       model->config->name, first_text(channel, reply));
    if (reply->block != PY_NO_BLOCK) py_channel_give(channel, reply->block);
  }
  if (owner != NULL)
    drop_process(owner);
  else
    py_process_delete(*process);
  return error;
}

static TRITONSERVER_Error *start(py_instance *instance)
{
  TRITONSERVER_InstanceGroupKind kind;
  int32_t device;
  char device_text[16];
  py_message reply;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceKind(instance->handle, &kind));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceDeviceId(instance->handle, &device));
  snprintf(device_text, sizeof device_text, "%d", (int)device);
  py_process *process;
  TB_RETURN_IF_ERROR(launch(instance->model, instance, instance->name, kind_text(kind), device_text,
                            "model", &process, &reply));
  if (reply.block != PY_NO_BLOCK) py_channel_give(py_process_channel(process), reply.block);
  pthread_mutex_lock(&instance->life);
  instance->has_is_ready = reply.values[0] != 0;
  pthread_mutex_unlock(&instance->life);
  return NULL;
}

TRITONSERVER_Error *py_auto_complete(const py_model *model, char **completed)
{
  py_process *process;
  py_message reply;
  TB_RETURN_IF_ERROR(
      launch(model, NULL, model->config->name, "CPU", "0", "auto_complete", &process, &reply));
  *completed = strdup(first_text(py_process_channel(process), &reply));
  py_process_delete(process);
  return *completed == NULL ? tb_out_of_memory("a configuration") : NULL;
}

/* How long after an end the next start is: at once the first time, then after 1, 2, 4 ... 30 seconds, until
 * a batch has worked. With `life`. */
static uint64_t pause_ns(const py_instance *instance)
{
  const uint32_t failures = instance->failures;
  return (failures == 0 ? 0 : failures >= 6 ? 30 : UINT64_C(1) << (failures - 1)) * SECOND;
}

/* After an end at `when`. */
static void note_end(py_instance *instance, uint64_t when)
{
  pthread_mutex_lock(&instance->life);
  instance->next_start_ns = when + pause_ns(instance);
  instance->failures++;
  pthread_mutex_unlock(&instance->life);
}

/* Reads while nobody executes, until the process is gone. */
static void *listen_between(void *argument)
{
  py_instance *instance = argument;
  py_channel *channel = py_process_channel(instance->process);
  py_message message;
  py_wait end;
  do {
    end = py_channel_await(channel);
    pthread_mutex_lock(&instance->reading);
    while (py_channel_receive(channel, &message, 0) == PY_GOT) handle(instance, channel, &message, NULL);
    if (end == PY_CLOSED && instance->batches != NULL) {
      TRITONSERVER_Error *error =
          process_ended(instance->process, instance->name, "before it had sent all responses");
      fail_open(instance, error);
      TRITONSERVER_ErrorDelete(error);
    }
    pthread_mutex_unlock(&instance->reading);
  } while (end != PY_CLOSED);
  if (py_channel_is_broken(channel)) py_process_kill(instance->process);
  /* Nobody answers a question that is still open. */
  pthread_mutex_lock(&instance->asking);
  if (instance->known < instance->asked) instance->ready = false;
  instance->known = instance->asked;
  pthread_cond_broadcast(&instance->answered);
  pthread_mutex_unlock(&instance->asking);
  return NULL;
}

static TRITONSERVER_Error *start_listening(py_instance *instance)
{
  py_channel_set_listening(py_process_channel(instance->process), false);
  if (pthread_create(&instance->listener, NULL, listen_between, instance) == 0) return NULL;
  drop_process(instance);
  return tb_out_of_memory("a thread that listens to the model's process");
}

/* Ends the process, whatever it does. */
static void end_process(py_instance *instance)
{
  if (instance->process == NULL) return;
  py_process_kill(instance->process);
  py_channel_close(py_process_channel(instance->process));
  pthread_join(instance->listener, NULL);
  drop_process(instance);
}

/* A process that can take requests: the one that is there, or another one in its place. Without
 * `reading`. */
static TRITONSERVER_Error *have_process(py_instance *instance)
{
  if (instance->process != NULL && !py_channel_is_closed(py_process_channel(instance->process)))
    return NULL;
  if (instance->process != NULL) {
    TRITONSERVER_Error *error = process_ended(instance->process, instance->name, "while it was idle");
    if (!instance->end_is_known) TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(error));
    TRITONSERVER_ErrorDelete(error);
    instance->end_is_known = false;
    const uint64_t when = py_process_ended_ns(instance->process);
    end_process(instance);
    note_end(instance, when);
  }
  const uint64_t now = tb_now_ns();
  if (now < instance->next_start_ns)
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "the process of model instance '%s' is gone, and is started again in %.1f s",
                    instance->name, (double)(instance->next_start_ns - now) / 1e9);
  TRITONSERVER_Error *error = start(instance);
  if (error == NULL) error = start_listening(instance);
  if (error != NULL) {
    note_end(instance, tb_now_ns());
    return error;
  }
  TB_LOG_INFO("the process of model instance '%s' was started again", instance->name);
  return NULL;
}

/* ---- execution ---- */

/* Waits until the batch was executed; *done is the message then. With `reading`. */
static TRITONSERVER_Error *await_executed(py_instance *instance, const py_batch *batch, py_message *done)
{
  py_channel *channel = py_process_channel(instance->process);
  const int64_t limit = instance->model->execute_timeout_ms;
  const uint64_t until = deadline(limit);
  for (;;) {
    const py_wait end = receive_until(channel, done, until);
    if (end == PY_NOTHING) {
      py_process_kill(instance->process);
      (void)py_process_wait(instance->process, 10 * SECOND);
      py_channel_close(channel);
      return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                      "execute of model instance '%s' took longer than %lld ms (parameter "
                      "EXECUTE_TIMEOUT_MS), and its process was ended",
                      instance->name, (long long)limit);
    }
    if (end == PY_CLOSED) return process_ended(instance->process, instance->name, "while it executed");
    if (done->kind == PY_EXECUTED && done->id == batch->id) return NULL;
    handle(instance, channel, done, batch);
  }
}

/* What became of each request. `wrong` becomes the error of those that have no answer. */
static void take_results(py_instance *instance, py_batch *batch, const py_message *done,
                         uint32_t *release, bool *success)
{
  const py_channel *channel = py_process_channel(instance->process);
  py_reader reader = {.from = done->block == PY_NO_BLOCK
                                  ? NULL
                                  : py_channel_at(channel, done->block, done->size),
                      .size = done->size};
  TRITONSERVER_Error *wrong = NULL;
  if (reader.from == NULL) reader.broken = true;
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
    if (!py_batch_answer(batch, i, channel, &reader, &success[i])) {
      py_channel_break(py_process_channel(instance->process));
      wrong = process_ended(instance->process, instance->name, "when it had executed");
      break;
    }
    py_get_u32s(&reader, &flags, &unused);
    if (flags == TRITONSERVER_REQUEST_RELEASE_RESCHEDULE) release[i] = flags;
  }
  if (wrong == NULL) return;
  for (uint32_t i = 0; i < batch->count; i++) {
    const bool open = batch->items[i].response != NULL || batch->items[i].factory != NULL;
    if (!open) continue;
    py_batch_fail(batch, i, wrong);
    success[i] = false;
  }
  TRITONSERVER_ErrorDelete(wrong);
}

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

/* The requests are ours: each is answered, or will be, and released. With `reading`. */
static void run_batch(py_instance *instance, py_batch *batch, const py_message *message,
                      const tb_times *begun)
{
  tb_times times = *begun;
  uint32_t release[batch->count + 1];
  bool success[batch->count + 1];
  uint64_t sum = 0;
  py_message done;
  for (uint32_t i = 0; i < batch->count; i++) {
    release[i] = TRITONSERVER_REQUEST_RELEASE_ALL;
    success[i] = true;
    sum += rows(instance, batch->items[i].request);
  }
  py_channel *channel = py_process_channel(instance->process);
  batch->next = instance->batches;
  instance->batches = batch;
  times.compute_start = tb_now_ns();
  /* Where the process is gone by now, it may have answered all the same. */
  (void)py_channel_send(channel, message);
  TRITONSERVER_Error *error = await_executed(instance, batch, &done);
  times.compute_end = tb_now_ns();
  if (error == NULL) {
    take_results(instance, batch, &done, release, success);
    if (done.block != PY_NO_BLOCK) py_channel_give(channel, done.block);
    if (instance->failures != 0) {
      pthread_mutex_lock(&instance->life);
      instance->failures = 0;
      pthread_mutex_unlock(&instance->life);
    }
  } else {
    TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(error));
    instance->end_is_known = true;
    for (uint32_t i = 0; i < batch->count; i++) {
      py_batch_fail(batch, i, error);
      success[i] = false;
    }
    TRITONSERVER_ErrorDelete(error);
  }
  times.exec_end = tb_now_ns();
  if (success[0] || batch->count > 1)
    TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportBatchStatistics(
                        instance->handle, sum, times.exec_start, times.compute_start,
                        times.compute_end, times.exec_end),
                    "reporting the statistics of a batch");
  for (uint32_t i = 0; i < batch->count; i++) {
    TRITONBACKEND_Request *request = batch->items[i].request;
    batch->items[i].request = NULL;
    TB_LOG_IF_ERROR(TRITONBACKEND_ModelInstanceReportStatistics(
                        instance->handle, request, success[i], times.exec_start, times.compute_start,
                        times.compute_end, times.exec_end),
                    "reporting the statistics of a request");
    if (release[i] == TRITONSERVER_REQUEST_RELEASE_RESCHEDULE && batch->items[i].response != NULL) {
      /* It comes again, and gets another response then. */
      TB_LOG_IF_ERROR(TRITONBACKEND_ResponseDelete(batch->items[i].response), "deleting a response");
      batch->items[i].response = NULL;
      batch->open--;
    }
    TB_LOG_IF_ERROR(TRITONBACKEND_RequestRelease(request, release[i]), "releasing a request");
  }
  if (batch->open == 0) forget(instance, batch);
}

static void set_executing(py_instance *instance, bool executing)
{
  pthread_mutex_lock(&instance->asking);
  instance->executing = executing;
  pthread_mutex_unlock(&instance->asking);
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
  TB_RETURN_IF_ERROR(have_process(instance));
  py_channel *channel = py_process_channel(instance->process);
  TB_RETURN_IF_ERROR(py_batch_new(requests, count, instance->model->config->decoupled,
                                  ++instance->last_batch, &batch));
  TRITONSERVER_Error *error = py_encode_requests(requests, count, instance->model->config->name, channel,
                                                 &message.block, &message.size);
  if (error != NULL) {
    py_batch_delete(batch);
    return error;
  }
  message.id = batch->id;
  set_executing(instance, true);
  pthread_mutex_lock(&instance->reading);
  py_channel_set_listening(channel, true);
  run_batch(instance, batch, &message, &times);
  py_channel_set_listening(channel, false);
  pthread_mutex_unlock(&instance->reading);
  set_executing(instance, false);
  /* Here, rather than with the next request: until it is there, other instances get those. */
  if (py_channel_is_closed(channel)) {
    TRITONSERVER_Error *late = have_process(instance);
    if (late != NULL) {
      TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(late));
      TRITONSERVER_ErrorDelete(late);
    }
  }
  return NULL;
}

/* ---- readiness ---- */

/* Has the question sent; *number is 0 where the model has no say in it: one that has no process at the
 * moment is ready when the next request starts one. */
static TRITONSERVER_Error *ask_ready(py_instance *instance, uint64_t *number)
{
  TRITONSERVER_Error *error = NULL;
  pthread_mutex_lock(&instance->life);
  py_channel *channel = instance->process == NULL ? NULL : py_process_channel(instance->process);
  if (channel == NULL || py_channel_is_closed(channel)) {
    const uint64_t start = channel == NULL
                               ? instance->next_start_ns
                               : py_process_ended_ns(instance->process) + pause_ns(instance);
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
  const bool busy = instance->executing;
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
  const bool gone = instance->process == NULL || py_channel_is_closed(py_process_channel(instance->process));
  pthread_mutex_unlock(&instance->life);
  return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                  gone ? "the process of model instance '%s' ended while it was asked whether it is ready"
                       : "is_ready of model instance '%s' says that it is not",
                  instance->name);
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
  if (error == NULL) error = start(made);
  if (error == NULL) error = start_listening(made);
  if (error != NULL) {
    py_instance_delete(made);
    return error;
  }
  *instance = made;
  return NULL;
}

/* Has the model finalized, as far as it lets itself. */
static void finalize(py_instance *instance)
{
  py_channel *channel = py_process_channel(instance->process);
  const py_message message = {.kind = PY_FINALIZE, .block = PY_NO_BLOCK};
  py_message reply;
  pthread_mutex_lock(&instance->reading);
  py_channel_set_listening(channel, true);
  bool waiting = py_channel_send(channel, &message);
  const uint64_t until = deadline(instance->model->finalize_timeout_ms);
  while (waiting) {
    const py_wait end = receive_until(channel, &reply, until);
    if (end == PY_NOTHING)
      TB_LOG_ERROR("finalize of model instance '%s' took longer than %lld ms (parameter "
                   "FINALIZE_TIMEOUT_MS), and its process was ended",
                   instance->name, (long long)instance->model->finalize_timeout_ms);
    if (end == PY_CLOSED) {
      TRITONSERVER_Error *error = process_ended(instance->process, instance->name, "while it finalized");
      TB_LOG_ERROR("%s", TRITONSERVER_ErrorMessage(error));
      TRITONSERVER_ErrorDelete(error);
    }
    waiting = end == PY_GOT && reply.kind != PY_FINALIZED;
    if (waiting) handle(instance, channel, &reply, NULL);
    if (end != PY_GOT || waiting) continue;
    const char *wrong = first_text(channel, &reply);
    if (*wrong != '\0') TB_LOG_ERROR("finalize of model instance '%s' failed: %s", instance->name, wrong);
    if (reply.block != PY_NO_BLOCK) py_channel_give(channel, reply.block);
    /* It ends by itself now; a model's threads may hold it up. */
    (void)py_process_wait(instance->process, SECOND);
  }
  pthread_mutex_unlock(&instance->reading);
}

void py_instance_delete(py_instance *instance)
{
  if (instance == NULL) return;
  if (instance->process != NULL) {
    if (!py_channel_is_closed(py_process_channel(instance->process))) finalize(instance);
    end_process(instance);
  }
  pthread_mutex_destroy(&instance->reading);
  pthread_mutex_destroy(&instance->asking);
  pthread_mutex_destroy(&instance->life);
  pthread_cond_destroy(&instance->answered);
  free(instance);
}
