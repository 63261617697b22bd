/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The start of a worker: a process, or this process's Python, that loads the model. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "instance.h"

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
  if (memory == NULL) return tb_out_of_memory("a message to the model's Python");
  py_writer writer = {memory, 0, measure.size};
  for (size_t i = 0; i < count; i++) py_put_text(&writer, texts[i], strlen(texts[i]));
  if (py_channel_send(channel, &message)) return NULL;
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE, "the model's process is gone");
}

/* Has the model loaded by whatever is at the channel's other side. */
static TRITONSERVER_Error *send_start(const py_model *model, py_channel *channel, const char *instance,
                                      const char *kind, const char *device, const char *what)
{
  char version[24], *folders;
  /* What a model imports beside itself: its version's folder, and its own. */
  if (asprintf(&folders, "%s\n%s", model->version_folder, model->repository) < 0)
    return tb_out_of_memory("a model's folders");
  snprintf(version, sizeof version, "%llu", (unsigned long long)model->version);
  size_t length;
  char *config = tb_json_write(model->config->root, &length);
  TRITONSERVER_Error *error = config == NULL ? tb_out_of_memory("a configuration") : NULL;
  if (error == NULL) {
    const char *texts[] = {model->file, folders, model->config->name, version, kind, device,
                           model->repository, config, instance, what, py_gpu_runtime()};
    error = send_texts(channel, PY_START, texts, sizeof texts / sizeof *texts);
  }
  free(config);
  free(folders);
  return error;
}

void py_started_take(py_started *started, const py_model *model, const py_channel *channel,
                     const py_message *message)
{
  if (started == NULL || started->done) {
    TB_LOG_ERROR("the Python of model '%s' starts twice", model->config->name);
    return;
  }
  started->done = true;
  if (message->kind == PY_STARTED) {
    started->has_is_ready = message->values[0] != 0;
    started->config = strdup(py_message_text(channel, message));
  } else {
    started->error = tb_error(TRITONSERVER_ERROR_INTERNAL, "model '%s' can't be loaded: %s",
                              model->config->name, py_message_text(channel, message));
  }
}

TRITONSERVER_Error *py_process_ended(py_process *process, const char *name, const char *doing)
{
  char how[160];
  if (py_channel_is_broken(py_process_channel(process))) {
    py_process_kill(process);
    (void)py_process_wait(process, 10 * PY_SECOND);
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "the process of model instance '%s' sent what makes no sense %s, and was ended", name,
                    doing);
  }
  /* It was killed, or is just about to end: its end is near. */
  if (!py_process_wait(process, PY_SECOND)) {
    py_process_kill(process);
    (void)py_process_wait(process, 10 * PY_SECOND);
  }
  py_process_end_text(process, how, sizeof how);
  return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "the process of model instance '%s' %s %s", name, how,
                  doing);
}


/* What a process says next while it starts. */
static TRITONSERVER_Error *next_of_start(const py_model *model, py_process *process, const char *name,
                                         uint64_t until, const char *doing, py_message *message)
{
  switch (py_receive_until(py_process_channel(process), message, until)) {
    case PY_GOT: return NULL;
    case PY_CLOSED: return py_process_ended(process, name, doing);
    default:
      return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                      "loading model instance '%s' took longer than %lld ms (parameter "
                      "INITIALIZE_TIMEOUT_MS), and its process was ended",
                      name, (long long)model->initialize_timeout_ms);
  }
}

/* ---- of an instance ---- */

void py_instance_drop_worker(py_instance *instance)
{
  /* After this nobody of a worker inside asks for anything. */
  if (instance->inside != NULL) py_channel_close(instance->channel);
  py_calls_delete(instance->calls);
  py_metrics_delete(instance->metrics);
  py_gpu *gpu = instance->gpu;
  instance->calls = NULL;
  instance->metrics = NULL;
  instance->gpu = NULL;
  pthread_mutex_lock(&instance->life);
  py_inside *inside = instance->inside;
  py_process *process = instance->process;
  instance->inside = NULL;
  instance->process = NULL;
  instance->channel = NULL;
  pthread_mutex_unlock(&instance->life);
  py_inside_delete(inside);
  py_process_delete(process);
  py_gpu_delete(gpu);
}

/* A worker that has loaded nothing yet, with what it may ask for. */
static TRITONSERVER_Error *have_worker(py_instance *instance)
{
  py_inside *inside = NULL;
  py_process *process = NULL;
  TB_RETURN_IF_ERROR(instance->model->inside
                         ? py_inside_start(instance->model, py_instance_hear_inside, instance, &inside)
                         : py_process_start(instance->model, instance->name, &process));
  pthread_mutex_lock(&instance->life);
  instance->inside = inside;
  instance->process = process;
  instance->channel = inside != NULL ? py_inside_channel(inside) : py_process_channel(process);
  pthread_mutex_unlock(&instance->life);
  instance->metrics = py_metrics_new();
  instance->gpu = py_gpu_new(instance->name, inside != NULL);
  TRITONSERVER_Error *error =
      instance->metrics == NULL || instance->gpu == NULL
          ? tb_out_of_memory("an instance")
          : py_calls_new(instance->server, instance->channel, instance->gpu, &instance->calls);
  if (error != NULL) py_instance_drop_worker(instance);
  return error;
}

TRITONSERVER_Error *py_instance_start(py_instance *instance)
{
  TRITONSERVER_InstanceGroupKind kind;
  int32_t device;
  char device_text[16];
  py_message message;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceKind(instance->handle, &kind));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceDeviceId(instance->handle, &device));
  snprintf(device_text, sizeof device_text, "%d", (int)device);
  TB_RETURN_IF_ERROR(have_worker(instance));
  py_started started = {0};
  instance->starting = &started;
  TRITONSERVER_Error *error =
      send_start(instance->model, instance->channel, instance->name, kind_text(kind), device_text, "model");
  const uint64_t until = py_deadline(instance->model->initialize_timeout_ms);
  while (error == NULL && !started.done) {
    if (instance->inside != NULL) {
      error = tb_error(TRITONSERVER_ERROR_INTERNAL, "instance '%s' can't be started: the log says why",
                       instance->name);
      break;
    }
    error = next_of_start(instance->model, instance->process, instance->name, until,
                          "while it loaded the model", &message);
    if (error == NULL) py_instance_hear(instance, &message);
  }
  instance->starting = NULL;
  free(started.config);
  if (error == NULL) error = started.error;
  else if (started.error != NULL) TRITONSERVER_ErrorDelete(started.error);
  if (error != NULL) {
    py_instance_drop_worker(instance);
    return error;
  }
  pthread_mutex_lock(&instance->life);
  instance->has_is_ready = started.has_is_ready;
  pthread_mutex_unlock(&instance->life);
  return NULL;
}

/* ---- without an instance: to complete a configuration ---- */

typedef struct {
  const py_model *model;
  py_channel *channel;
  py_started started;
} completion;

/* The model has nothing to ask for yet: it gets no answers. */
static void hear_completion(void *argument, const py_message *message)
{
  completion *one = argument;
  if (message->kind == PY_LOG)
    py_message_log(one->channel, message);
  else if (message->kind == PY_STARTED || message->kind == PY_START_FAILED)
    py_started_take(&one->started, one->model, one->channel, message);
  if (message->block != PY_NO_BLOCK) py_channel_give(one->channel, message->block);
}

TRITONSERVER_Error *py_auto_complete(const py_model *model, char **completed)
{
  const char *name = model->config->name;
  completion one = {.model = model};
  py_process *process = NULL;
  py_inside *inside = NULL;
  py_message message;
  TB_RETURN_IF_ERROR(model->inside ? py_inside_start(model, hear_completion, &one, &inside)
                                   : py_process_start(model, name, &process));
  one.channel = inside != NULL ? py_inside_channel(inside) : py_process_channel(process);
  TRITONSERVER_Error *error = send_start(model, one.channel, name, "CPU", "0", "auto_complete");
  const uint64_t until = py_deadline(model->initialize_timeout_ms);
  while (error == NULL && !one.started.done) {
    if (inside != NULL) {
      error = tb_error(TRITONSERVER_ERROR_INTERNAL, "model '%s' can't be completed: the log says why", name);
      break;
    }
    error = next_of_start(model, process, name, until, "while it completed the model's configuration", &message);
    if (error == NULL) hear_completion(&one, &message);
  }
  if (inside != NULL) py_channel_close(one.channel);
  py_inside_delete(inside);
  py_process_delete(process);
  if (error == NULL) error = one.started.error;
  else if (one.started.error != NULL) TRITONSERVER_ErrorDelete(one.started.error);
  if (error == NULL && one.started.config == NULL) error = tb_out_of_memory("a configuration");
  if (error == NULL)
    *completed = one.started.config;
  else
    free(one.started.config);
  return error;
}
