/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The life-cycle: of the library, its models and their instances. */

#include "specimen.h"

/* What the library keeps between Initialize and Finalize. */
typedef struct {
  TRITONBACKEND_MemoryManager *memory; /* borrowed until Finalize */
  char *config;                        /* owned */
} Library;

/* A message's text, owned by the caller; null if there is no memory for it. The message is borrowed. */
static TRITONSERVER_Error *text_of(TRITONSERVER_Message *message, char **text)
{
  const char *base;
  size_t size;
  TRITONSERVER_Error *error = TRITONSERVER_MessageSerializeToJson(message, &base, &size);
  if (error != NULL) return error;
  *text = malloc(size + 1);
  if (*text == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  memcpy(*text, base, size);
  (*text)[size] = '\0';
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  uint32_t major, minor;
  TRITONSERVER_Message *message; /* borrowed */
  TRITONSERVER_Error *error = TRITONBACKEND_ApiVersion(&major, &minor);
  if (error != NULL) return error;
  if (major != TRITONBACKEND_API_VERSION_MAJOR || minor < TRITONBACKEND_API_VERSION_MINOR)
    return problem(TRITONSERVER_ERROR_UNSUPPORTED, "built for another version of the backend API");
  Library *library = calloc(1, sizeof *library);
  if (library == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  error = TRITONBACKEND_BackendMemoryManager(backend, &library->memory);
  if (error == NULL) error = TRITONBACKEND_BackendConfig(backend, &message);
  if (error == NULL) error = text_of(message, &library->config);
  if (error == NULL) error = TRITONBACKEND_BackendSetState(backend, library);
  if (error != NULL) {
    free(library->config);
    free(library);
  }
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  void *state = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_BackendState(backend, &state);
  Library *library = state;
  if (library != NULL) {
    free(library->config);
    free(library);
  }
  return error;
}

/* Whether the configuration has a field at all, and with the value `true`. */
static bool has(const char *config, const char *field, bool is_true)
{
  const char *at = strstr(config, field);
  if (at == NULL || !is_true) return at != NULL;
  at += strlen(field);
  at += strspn(at, " :");
  return strncmp(at, "true", 4) == 0;
}

static TRITONSERVER_Error *read_config(Model *model)
{
  TRITONSERVER_Message *message; /* owned */
  TRITONSERVER_Error *error = TRITONBACKEND_ModelConfig(model->model, 1, &message);
  if (error != NULL) return error;
  error = text_of(message, &model->config);
  drop(TRITONSERVER_MessageDelete(message));
  if (error != NULL) return error;
  model->decoupled = has(model->config, "\"decoupled\"", true);
  model->sequence = has(model->config, "\"sequence_batching\"", false);
  return NULL;
}

static void free_model(Model *model)
{
  free(model->config);
  free(model);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *handle)
{
  TRITONBACKEND_Backend *backend;
  void *library = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelBackend(handle, &backend);
  if (error == NULL) error = TRITONBACKEND_BackendState(backend, &library);
  if (error != NULL) return error;
  Model *model = calloc(1, sizeof *model);
  if (model == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  model->model = handle;
  model->memory = ((Library *)library)->memory;
  error = read_config(model);
  if (error == NULL) error = TRITONBACKEND_ModelSetState(handle, model);
  if (error != NULL) free_model(model);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *handle)
{
  void *state = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelState(handle, &state);
  if (state != NULL) free_model(state);
  return error;
}

static void free_instance(Instance *instance)
{
  pthread_cond_destroy(&instance->changed);
  pthread_mutex_destroy(&instance->lock);
  free(instance);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *handle)
{
  TRITONBACKEND_Model *model;
  void *state = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceModel(handle, &model);
  if (error == NULL) error = TRITONBACKEND_ModelState(model, &state);
  if (error != NULL) return error;
  Instance *instance = calloc(1, sizeof *instance);
  if (instance == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  instance->instance = handle;
  instance->model = state;
  instance->last = &instance->first;
  pthread_mutex_init(&instance->lock, NULL);
  pthread_cond_init(&instance->changed, NULL);
  error = TRITONBACKEND_ModelInstanceSetState(handle, instance);
  if (error == NULL && instance->model->decoupled) error = start_repeating(instance);
  if (error != NULL) free_instance(instance);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *handle)
{
  void *state = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceState(handle, &state);
  Instance *instance = state;
  if (instance != NULL) {
    end_repeating(instance);
    free_instance(instance);
  }
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *handle, TRITONBACKEND_Request **requests, const uint32_t count)
{
  void *state = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceState(handle, &state);
  if (error != NULL) return error;
  Instance *instance = state;
  if (instance->model->decoupled) return execute_repeat(instance, requests, count);
  if (instance->model->sequence) return execute_totals(instance, requests, count);
  return execute_batch(instance, requests, count);
}
