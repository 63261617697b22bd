/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Settings of the backend: where it lies, which interpreter runs models that name none. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wchar.h>

#include "python.h"

/* 4 GiB of addresses for each direction; of memory it is what was written at a time. */
static const int64_t DEFAULT_SHM_BYTES = INT64_C(4) << 30;

static const char DEFAULT_INTERPRETER[] = "python3";

/* The interpreter that this process runs in, if it runs in one: with its environment, of which the file
 * in /proc knows nothing. NULL where there is none. */
static char *own_interpreter(void)
{
  const wchar_t *(*full_path)(void);
  void *function = dlsym(RTLD_DEFAULT, "Py_GetProgramFullPath");
  if (function == NULL) return NULL;
  memcpy(&full_path, &function, sizeof full_path);
  const wchar_t *wide = full_path();
  char path[PATH_MAX];
  if (wide == NULL || wcstombs(path, wide, sizeof path) >= sizeof path || path[0] != '/') return NULL;
  return strdup(path);
}

TRITONSERVER_Error *py_parse_isolation(const char *what, const char *text, bool *inside)
{
  *inside = strcmp(text, "inprocess") == 0;
  return *inside || strcmp(text, "process") == 0
             ? NULL
             : tb_error(TRITONSERVER_ERROR_INVALID_ARG, "%s is '%s': 'process' or 'inprocess' is expected",
                        what, text);
}

/* The folder of this library, with links followed: worker/ lies there, wherever the backend's own folder
 * is. */
static char *own_folder(void)
{
  Dl_info info;
  char path[PATH_MAX];
  if (dladdr((const void *)DEFAULT_INTERPRETER, &info) == 0 || realpath(info.dli_fname, path) == NULL)
    return NULL;
  char *end = strrchr(path, '/');
  *end = '\0';
  return strdup(path);
}

/* A file in a folder; *path stays NULL where there is none. */
static TRITONSERVER_Error *find_file(const char *folder, const char *name, char **path)
{
  struct stat status;
  char *made;
  if (asprintf(&made, "%s/%s", folder, name) < 0) return tb_out_of_memory("the backend");
  if (stat(made, &status) == 0 && S_ISREG(status.st_mode))
    *path = made;
  else
    free(made);
  return NULL;
}

/* A Python-based backend is this library under another name, with a folder of its own: its class is there,
 * and perhaps an environment for it, under the name that Triton gives it. */
static TRITONSERVER_Error *find_script(TRITONBACKEND_Backend *handle, const char *location,
                                       py_backend *backend)
{
  const char *name;
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendName(handle, &name));
  if (strcmp(name, "python") == 0) return NULL;
  TB_RETURN_IF_ERROR(find_file(location, "model.py", &backend->script));
  return backend->script == NULL ? NULL
                                 : find_file(location, "pb_exec_env_model.py.tar.gz", &backend->packed);
}

/* Settings that have no effect are told, so that nobody relies on them. */
static void look_at_names(const tb_json *settings)
{
  static const char *const KNOWN[] = {"python", "isolation", "shm-bytes", "memory-limit-bytes", "env-dir",
                                      /* The server gives these to every backend. */
                                      "auto-complete-config", "backend-directory",
                                      "min-compute-capability", "default-max-batch-size"};
  static const char *const OF_TRITONS[] = {"shm-default-byte-size", "shm-growth-byte-size",
                                           "shm-region-prefix-name", "stub-timeout-seconds",
                                           "stub-health-check-interval-seconds"};
  for (const tb_json *one = settings == NULL ? NULL : settings->first; one != NULL; one = one->next) {
    size_t i = 0, k = 0;
    while (i < sizeof KNOWN / sizeof *KNOWN && strcmp(KNOWN[i], one->key) != 0) i++;
    if (i < sizeof KNOWN / sizeof *KNOWN) continue;
    while (k < sizeof OF_TRITONS / sizeof *OF_TRITONS && strcmp(OF_TRITONS[k], one->key) != 0) k++;
    TB_LOG_WARN(k < sizeof OF_TRITONS / sizeof *OF_TRITONS
                    ? "--backend-config=python,%s is of Triton's python backend, and has no effect here"
                    : "--backend-config=python,%s: there is no such setting",
                one->key);
  }
}

TRITONSERVER_Error *py_backend_new(TRITONBACKEND_Backend *handle, py_backend **backend)
{
  TRITONBACKEND_ArtifactType type;
  const char *location;
  tb_json_document *document;
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendArtifacts(handle, &type, &location));
  if (type != TRITONBACKEND_ARTIFACT_FILESYSTEM)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED, "the python backend lies in no local folder");
  TB_RETURN_IF_ERROR(tb_backend_config_read(handle, &document));
  const tb_json *settings = tb_json_member(tb_json_root(document), "cmdline");
  py_backend *made = calloc(1, sizeof *made);
  TRITONSERVER_Error *error = made == NULL ? tb_out_of_memory("the backend") : NULL;
  look_at_names(settings);
  if (error == NULL) {
    const char *interpreter = tb_json_string(settings, "python", NULL);
    const char *isolation = tb_json_string(settings, "isolation", NULL);
    const char *bytes = tb_json_string(settings, "shm-bytes", NULL);
    const char *limit = tb_json_string(settings, "memory-limit-bytes", NULL);
    made->shm_bytes = DEFAULT_SHM_BYTES;
    made->folder = own_folder();
    made->own = own_interpreter();
    if (interpreter == NULL) interpreter = made->own != NULL ? made->own : DEFAULT_INTERPRETER;
    made->interpreter = strdup(interpreter);
    if (made->folder == NULL || made->interpreter == NULL) error = tb_out_of_memory("the backend");
    if (error == NULL && isolation != NULL)
      error = py_parse_isolation("--backend-config=python,isolation", isolation, &made->inside);
    if (error == NULL) error = find_script(handle, location, made);
    if (error == NULL)
      error = py_environments_new(tb_json_string(settings, "env-dir", NULL), &made->environments);
    if (error == NULL && bytes != NULL)
      error = tb_parse_int("--backend-config=python,shm-bytes", bytes, 1 << 20, INT64_C(1) << 40,
                           &made->shm_bytes);
    if (error == NULL && limit != NULL)
      error = tb_parse_int("--backend-config=python,memory-limit-bytes", limit, 0, INT64_MAX,
                           &made->memory_limit_bytes);
  }
  tb_json_free(document);
  if (error != NULL) {
    py_backend_delete(made);
    return error;
  }
  *backend = made;
  return NULL;
}

void py_backend_delete(py_backend *backend)
{
  if (backend == NULL) return;
  py_environments_delete(backend->environments);
  free(backend->folder);
  free(backend->script);
  free(backend->packed);
  free(backend->own);
  free(backend->interpreter);
  free(backend);
}
