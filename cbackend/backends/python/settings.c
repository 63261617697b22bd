/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Settings of the backend: where it lies, which interpreter runs models that name none. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "python.h"

/* 4 GiB of addresses for each direction; of memory it is what was written at a time. */
static const int64_t DEFAULT_SHM_BYTES = INT64_C(4) << 30;

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
  if (error == NULL) {
    const char *interpreter = tb_json_string(settings, "python", NULL);
    const char *bytes = tb_json_string(settings, "shm-bytes", NULL);
    const char *limit = tb_json_string(settings, "memory-limit-bytes", NULL);
    made->shm_bytes = DEFAULT_SHM_BYTES;
    made->folder = strdup(location);
    made->interpreter = interpreter != NULL ? strdup(interpreter) : own_interpreter();
    if (made->interpreter == NULL) made->interpreter = strdup("python3");
    if (made->folder == NULL || made->interpreter == NULL) error = tb_out_of_memory("the backend");
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
  free(backend->folder);
  free(backend->interpreter);
  free(backend);
}
