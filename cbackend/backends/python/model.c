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

/* EXECUTION_ENV_PATH, or the packed environment beside a Python-based backend's file; *path stays NULL
 * where there is neither. */
static TRITONSERVER_Error *environment_path(const py_model *model, char **path)
{
  const char *where = tb_model_parameter(model->config, "EXECUTION_ENV_PATH");
  if (where == NULL) where = model->backend->packed;
  if (where == NULL) return NULL;
  const size_t length = sizeof MODEL_FOLDER - 1;
  *path = strncmp(where, MODEL_FOLDER, length) == 0
              ? joined(model->repository, where + length + (where[length] == '/'))
              : strdup(where);
  return *path == NULL ? tb_out_of_memory("a model") : NULL;
}

/* The interpreter of an environment: itself one, a folder with bin/python, or an archive of such a folder. */
static TRITONSERVER_Error *find_interpreter(py_model *model, const char *path)
{
  char *unpacked = NULL;
  const char *folder = path;
  if (is_file(path) && py_environment_is_packed(path)) {
    TB_RETURN_IF_ERROR(tb_error_within(
        py_environment_unpack(model->backend, path, &unpacked, &model->environment), "model '%s'",
        model->config->name));
    folder = unpacked;
  } else if (is_file(path) && access(path, X_OK) == 0) {
    model->interpreter = strdup(path);
    return model->interpreter == NULL ? tb_out_of_memory("a model") : NULL;
  } else if (!is_folder(path)) {
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': parameter EXECUTION_ENV_PATH names '%s': neither a folder with "
                    "bin/python, nor such a folder packed (.tar.gz), nor an interpreter",
                    model->config->name, path);
  }
  model->interpreter = joined(folder, "bin/python");
  free(unpacked);
  if (model->interpreter == NULL) return tb_out_of_memory("a model");
  if (is_file(model->interpreter)) return NULL;
  return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                  "model '%s': parameter EXECUTION_ENV_PATH names '%s', which has no bin/python",
                  model->config->name, path);
}

static TRITONSERVER_Error *choose_interpreter(py_model *model)
{
  const py_backend *backend = model->backend;
  char *path = NULL;
  TB_RETURN_IF_ERROR(environment_path(model, &path));
  const bool named = path != NULL;
  if (named) {
    TRITONSERVER_Error *error = find_interpreter(model, path);
    free(path);
    if (error != NULL) return error;
  } else {
    model->interpreter = strdup(backend->interpreter);
    if (model->interpreter == NULL) return tb_out_of_memory("a model");
  }
  const bool foreign = backend->own == NULL ? named : strcmp(model->interpreter, backend->own) != 0;
  model->variables = py_environment_variables(model->interpreter, foreign);
  if (model->variables == NULL) return tb_out_of_memory("a model");
  return foreign
             ? tb_error_within(py_environment_check(model->interpreter, model->variables), "model '%s'",
                               model->config->name)
             : NULL;
}

/* Whether instances are processes. What only a process can be held to is refused where there is none. */
static TRITONSERVER_Error *read_isolation(py_model *model)
{
  static const char *const OF_PROCESSES[] = {"EXECUTION_ENV_PATH", "SHM_BYTES", "MEMORY_LIMIT_BYTES",
                                              "INITIALIZE_TIMEOUT_MS", "EXECUTE_TIMEOUT_MS",
                                              "FINALIZE_TIMEOUT_MS"};
  const char *isolation = tb_model_parameter(model->config, "ISOLATION");
  model->inside = model->backend->inside;
  if (isolation != NULL)
    TB_RETURN_IF_ERROR(py_parse_isolation("parameter ISOLATION", isolation, &model->inside));
  for (size_t i = 0; model->inside && i < sizeof OF_PROCESSES / sizeof *OF_PROCESSES; i++)
    if (tb_model_parameter(model->config, OF_PROCESSES[i]) != NULL)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': parameter %s needs a process of the model's own: isolation 'inprocess' has "
                      "none",
                      model->config->name, OF_PROCESSES[i]);
  if (model->inside && model->backend->packed != NULL)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': the environment '%s' of its backend needs a process of the model's own: isolation "
                    "'inprocess' has none",
                    model->config->name, model->backend->packed);
  return NULL;
}

static TRITONSERVER_Error *read_gpu_inputs(py_model *model)
{
  static const char NAME[] = "FORCE_CPU_ONLY_INPUT_TENSORS";
  const char *text = tb_model_parameter(model->config, NAME);
  model->gpu_inputs = text != NULL && strcmp(text, "no") == 0;
  return text == NULL || model->gpu_inputs || strcmp(text, "yes") == 0
             ? NULL
             : tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                        "model '%s': parameter %s is '%s': 'yes' or 'no' is expected", model->config->name, NAME,
                        text);
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
  const char *script = model->backend->script;
  model->repository = strdup(location);
  if (model->repository == NULL ||
      asprintf(&model->version_folder, "%s/%" PRIu64, location, model->version) < 0) {
    model->version_folder = NULL;
    return tb_out_of_memory("a model");
  }
  model->file =
      script != NULL ? strdup(script) : joined(model->version_folder, *file != '\0' ? file : "model.py");
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
  TB_RETURN_IF_ERROR(read_gpu_inputs(model));
  TB_RETURN_IF_ERROR(read_isolation(model));
  return model->inside ? NULL : choose_interpreter(model);
}

TRITONSERVER_Error *py_model_new(TRITONBACKEND_Model *handle, py_model **model)
{
  py_model *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a model");
  made->environment = -1;
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
  py_environment_free_variables(model->variables);
  if (model->environment >= 0) close(model->environment);
  free(model);
}
