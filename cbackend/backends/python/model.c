/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A model: its file, its interpreter, its limits. */

#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python.h"

/* "$$TRITON_MODEL_DIRECTORY" at the beginning of a path means the model's folder, as Triton has it. */
static const char MODEL_FOLDER[] = "$$TRITON_MODEL_DIRECTORY";

static char *joined(const char *folder, const char *name)
{
  char *path;
  return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool is_file(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_folder(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The interpreter of EXECUTION_ENV_PATH: itself one, or a folder with bin/python. */
static TRITONSERVER_Error *find_interpreter(py_model *model)
{
  const char *where = tb_model_parameter(model->config, "EXECUTION_ENV_PATH");
  if (where == NULL) {
    model->interpreter = strdup(model->backend->interpreter);
    return model->interpreter == NULL ? tb_out_of_memory("a model") : NULL;
  }
  char *path = strncmp(where, MODEL_FOLDER, sizeof MODEL_FOLDER - 1) == 0
                   ? joined(model->repository, where + sizeof MODEL_FOLDER - 1 + (where[sizeof MODEL_FOLDER - 1] == '/'))
                   : strdup(where);
  if (path == NULL) return tb_out_of_memory("a model");
  TRITONSERVER_Error *error = NULL;
  if (is_folder(path)) {
    model->interpreter = joined(path, "bin/python");
    if (model->interpreter == NULL)
      error = tb_out_of_memory("a model");
    else if (!is_file(model->interpreter))
      error = tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                       "model '%s': parameter EXECUTION_ENV_PATH names '%s', which has no bin/python",
                       model->config->name, path);
  } else if (is_file(path) && access(path, X_OK) == 0) {
    model->interpreter = path;
    return NULL;
  } else {
    error = tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                     "model '%s': parameter EXECUTION_ENV_PATH names '%s': neither a folder with "
                     "bin/python nor an interpreter",
                     model->config->name, path);
  }
  free(path);
  return error;
}

static TRITONSERVER_Error *fill(TRITONBACKEND_Model *handle, py_model *model)
{
  TRITONBACKEND_Backend *backend;
  TRITONBACKEND_ArtifactType type;
  const char *location;
  void *state;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelBackend(handle, &backend));
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendState(backend, &state));
  model->backend = state;
  TB_RETURN_IF_ERROR(tb_model_config_read(handle, &model->config));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelVersion(handle, &model->version));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelRepository(handle, &type, &location));
  if (type != TRITONBACKEND_ARTIFACT_FILESYSTEM)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED, "model '%s' lies in no local folder",
                    model->config->name);
  const char *file = tb_json_string(model->config->root, "default_model_filename", "");
  model->repository = strdup(location);
  if (model->repository == NULL ||
      asprintf(&model->version_folder, "%s/%" PRIu64, location, model->version) < 0) {
    model->version_folder = NULL;
    return tb_out_of_memory("a model");
  }
  model->file = joined(model->version_folder, *file != '\0' ? file : "model.py");
  if (model->file == NULL) return tb_out_of_memory("a model");
  if (!is_file(model->file))
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "model '%s': there is no file '%s'",
                    model->config->name, model->file);
  model->shm_bytes = model->backend->shm_bytes;
  TB_RETURN_IF_ERROR(tb_model_parameter_int(model->config, "SHM_BYTES", 1 << 20, INT64_C(1) << 40,
                                            &model->shm_bytes));
  model->memory_limit_bytes = model->backend->memory_limit_bytes;
  TB_RETURN_IF_ERROR(tb_model_parameter_int(model->config, "MEMORY_LIMIT_BYTES", 0, INT64_MAX,
                                            &model->memory_limit_bytes));
  TB_RETURN_IF_ERROR(tb_model_parameter_int(model->config, "INITIALIZE_TIMEOUT_MS", 0, INT32_MAX,
                                            &model->initialize_timeout_ms));
  TB_RETURN_IF_ERROR(tb_model_parameter_int(model->config, "EXECUTE_TIMEOUT_MS", 0, INT32_MAX,
                                            &model->execute_timeout_ms));
  model->finalize_timeout_ms = 30000;
  TB_RETURN_IF_ERROR(tb_model_parameter_int(model->config, "FINALIZE_TIMEOUT_MS", 1, INT32_MAX,
                                            &model->finalize_timeout_ms));
  return find_interpreter(model);
}

TRITONSERVER_Error *py_model_new(TRITONBACKEND_Model *handle, py_model **model)
{
  py_model *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a model");
  TRITONSERVER_Error *error = fill(handle, made);
  if (error != NULL) {
    py_model_delete(made);
    return error;
  }
  *model = made;
  return NULL;
}

void py_model_delete(py_model *model)
{
  if (model == NULL) return;
  tb_model_config_free(model->config);
  free(model->repository);
  free(model->version_folder);
  free(model->file);
  free(model->interpreter);
  free(model);
}
