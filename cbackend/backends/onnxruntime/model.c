/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* stat, strdup */
#define _POSIX_C_SOURCE 200809L

#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the model's file ---- */

/* A configuration names a file within the version's directory and nothing else. */
static bool stays_inside(const char *name)
{
  if (name[0] == '/') return false;
  for (const char *part = name; part != NULL; part = strchr(part, '/')) {
    if (*part == '/') part++;
    if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return false;
  }
  return true;
}

static char *join(const char *left, const char *right)
{
  size_t size = strlen(left) + strlen(right) + 2;
  char *path = malloc(size);
  if (path != NULL) snprintf(path, size, "%s/%s", left, right);
  return path;
}

static TRITONSERVER_Error *find_file(TRITONBACKEND_Model *handle, ort_model *model)
{
  TRITONBACKEND_ArtifactType type;
  const char *location;
  uint64_t version;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelRepository(handle, &type, &location));
  if (type != TRITONBACKEND_ARTIFACT_FILESYSTEM)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                    "model '%s': the repository is no directory of this file system",
                    model->config->name);
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelVersion(handle, &version));
  const char *file = tb_json_string(model->config->root, "default_model_filename", "");
  if (file[0] == '\0') file = "model.onnx";
  if (!stays_inside(file))
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': default_model_filename '%s' leaves the version's directory",
                    model->config->name, file);

  char version_text[24];
  snprintf(version_text, sizeof version_text, "%" PRIu64, version);
  char *directory = join(location, version_text);
  model->path = directory != NULL ? join(directory, file) : NULL;
  free(directory);
  struct stat status;
  if (model->path != NULL && stat(model->path, &status) == 0 && S_ISDIR(status.st_mode)) {
    /* A model that doesn't fit one file: a directory with model.onnx and its external data. */
    char *inner = join(model->path, "model.onnx");
    free(model->path);
    model->path = inner;
  }
  if (model->path == NULL) return tb_out_of_memory("a path");
  if (stat(model->path, &status) != 0 || !S_ISREG(status.st_mode))
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "unable to find '%s' for model '%s'",
                    model->path, model->config->name);
  return NULL;
}

/* ---- what a configuration may not ask of this backend ---- */

static TRITONSERVER_Error *refuse_unsupported(const tb_model_config *config)
{
  const char *what = NULL;
  if (config->decoupled)
    what = "decoupled models";
  else if (tb_json_count(config->root, "batch_input") > 0)
    what = "batch_input";
  else if (tb_json_count(config->root, "batch_output") > 0)
    what = "batch_output";
  else if (config->iterative)
    what = "sequence_batching.iterative_sequence";
  for (size_t i = 0; i < config->input_count; i++)
    if (config->inputs[i].ragged) what = "allow_ragged_batch";
  if (what == NULL) return NULL;
  return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                  "model '%s': the onnxruntime backend doesn't support %s", config->name, what);
}

static TRITONSERVER_Error *fill(TRITONBACKEND_Model *handle, ort_model *model)
{
  bool complete = false;
  TB_RETURN_IF_ERROR(tb_model_config_read(handle, &model->config));
  TB_RETURN_IF_ERROR(refuse_unsupported(model->config));
  TB_RETURN_IF_ERROR(find_file(handle, model));
  TB_RETURN_IF_ERROR(tb_model_parameter_bool(model->config, "share_session_between_instances",
                                             &model->share_session));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelAutoCompleteConfig(handle, &complete));
  return complete ? ort_auto_complete(handle, model) : NULL;
}

TRITONSERVER_Error *ort_model_new(TRITONBACKEND_Model *handle, const ort_library *library,
                                  ort_model **model)
{
  ort_model *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a model");
  made->library = library;
  made->share_session = true;
  pthread_mutex_init(&made->lock, NULL);
  TRITONSERVER_Error *error = fill(handle, made);
  if (error != NULL) {
    ort_model_delete(made);
    return error;
  }
  *model = made;
  return NULL;
}

void ort_model_delete(ort_model *model)
{
  if (model == NULL) return;
  ort_session_delete(model, model->shared);
  tb_model_config_free(model->config);
  pthread_mutex_destroy(&model->lock);
  free(model->path);
  free(model);
}

/* ---- sessions ---- */

/* The session that the CPU instances have in common. The lock is held while it loads, so instances
 * that start at the same time wait for the one that loads instead of loading it again. */
static TRITONSERVER_Error *take_shared(ort_model *model, ort_session **session)
{
  TRITONSERVER_Error *error = NULL;
  pthread_mutex_lock(&model->lock);
  if (model->shared == NULL)
    error = ort_session_new(model, TRITONSERVER_INSTANCEGROUPKIND_CPU, 0, &model->shared);
  if (error == NULL) {
    model->shared_users++;
    *session = model->shared;
  }
  pthread_mutex_unlock(&model->lock);
  return error;
}

TRITONSERVER_Error *ort_model_take_session(ort_model *model, TRITONSERVER_InstanceGroupKind kind,
                                           int32_t device, ort_session **session)
{
  if (kind != TRITONSERVER_INSTANCEGROUPKIND_GPU && model->share_session)
    return take_shared(model, session);
  /* Auto-complete may have left a CPU session that no instance wants. */
  pthread_mutex_lock(&model->lock);
  ort_session *unused = model->shared_users == 0 ? model->shared : NULL;
  if (unused != NULL) model->shared = NULL;
  pthread_mutex_unlock(&model->lock);
  ort_session_delete(model, unused);
  return ort_session_new(model, kind, device, session);
}

void ort_model_return_session(ort_model *model, ort_session *session)
{
  if (session == NULL) return;
  ort_session *last = session;
  pthread_mutex_lock(&model->lock);
  if (session == model->shared) {
    last = --model->shared_users == 0 ? session : NULL;
    if (last != NULL) model->shared = NULL;
  }
  pthread_mutex_unlock(&model->lock);
  ort_session_delete(model, last);
}
