/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

typedef TRITONSERVER_Error *(*entry)(void *);
typedef TRITONSERVER_Error *(*execute_entry)(TRITONBACKEND_ModelInstance *,
                                             TRITONBACKEND_Request **, uint32_t);

struct host {
  void *library;
  struct TRITONBACKEND_Backend backend;
  struct TRITONBACKEND_Model model;
  struct TRITONBACKEND_ModelInstance instances[4];
  uint32_t instance_count;
  char *execute_error;
};

void host_die(const char *file, int line, const char *text)
{
  fprintf(stderr, "%s:%d: %s\n", file, line, text);
  abort();
}

static entry find(const host *h, const char *name)
{
  entry function;
  *(void **)&function = dlsym(h->library, name);
  return function;
}

/* Takes the error; true when there was one. */
static bool failed(TRITONSERVER_Error *error, char *problem, size_t size)
{
  if (error == NULL) return false;
  snprintf(problem, size, "%s", TRITONSERVER_ErrorMessage(error));
  TRITONSERVER_ErrorDelete(error);
  return true;
}

static void must(TRITONSERVER_Error *error, const char *what)
{
  char problem[512];
  if (!failed(error, problem, sizeof problem)) return;
  fprintf(stderr, "%s: %s\n", what, problem);
  abort();
}

host *host_open(const char *library, const char *backend_config, char *problem, size_t size)
{
  host *h = calloc(1, sizeof *h);
  h->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (h->library == NULL) host_die(__FILE__, __LINE__, dlerror());
  h->backend.config = message_new(backend_config, strlen(backend_config));
  if (failed(find(h, "TRITONBACKEND_Initialize")(&h->backend), problem, size)) {
    message_free(h->backend.config);
    free(h);
    return NULL;
  }
  TRITONSERVER_Error *(*attribute)(void *, void *);
  *(void **)&attribute = dlsym(h->library, "TRITONBACKEND_GetBackendAttribute");
  must(attribute(&h->backend, &h->backend), "GetBackendAttribute");
  return h;
}

bool host_load(host *h, const char *location, const char *config, bool auto_complete,
               uint32_t instances, char *problem, size_t size)
{
  h->model = (struct TRITONBACKEND_Model){
      .backend = &h->backend, .location = location, .auto_complete = auto_complete};
  h->model.config = strdup(config);
  if (failed(find(h, "TRITONBACKEND_ModelInitialize")(&h->model), problem, size)) {
    host_unload(h);
    return false;
  }
  for (uint32_t i = 0; i < instances; i++) {
    h->instances[i] = (struct TRITONBACKEND_ModelInstance){.model = &h->model};
    if (failed(find(h, "TRITONBACKEND_ModelInstanceInitialize")(&h->instances[i]), problem, size)) {
      host_unload(h);
      return false;
    }
    h->instance_count++;
  }
  return true;
}

const char *host_config(const host *h) { return h->model.config; }

const char *host_execute(host *h, uint32_t instance, host_request **requests, uint32_t count)
{
  TRITONBACKEND_Request *handles[HOST_LIMIT];
  for (uint32_t i = 0; i < count; i++) handles[i] = (TRITONBACKEND_Request *)requests[i];
  execute_entry execute;
  *(void **)&execute = dlsym(h->library, "TRITONBACKEND_ModelInstanceExecute");
  TRITONSERVER_Error *error = execute(&h->instances[instance], handles, count);
  free(h->execute_error);
  h->execute_error = NULL;
  for (uint32_t i = 0; i < count; i++) {
    /* An error leaves all requests with the host, success none. */
    HOST_CHECK(requests[i]->released == (error == NULL));
    HOST_CHECK(requests[i]->answered == (error == NULL));
    HOST_CHECK(requests[i]->reported == (error == NULL));
    if (error == NULL) HOST_CHECK(requests[i]->success == (requests[i]->message[0] == '\0'));
  }
  if (error == NULL) return NULL;
  h->execute_error = strdup(TRITONSERVER_ErrorMessage(error));
  TRITONSERVER_ErrorDelete(error);
  return h->execute_error;
}

uint64_t host_batched(const host *h)
{
  uint64_t sum = 0;
  for (uint32_t i = 0; i < h->instance_count; i++) sum += h->instances[i].batched;
  return sum;
}

uint32_t host_executions(const host *h)
{
  uint32_t sum = 0;
  for (uint32_t i = 0; i < h->instance_count; i++) sum += h->instances[i].executions;
  return sum;
}

void host_unload(host *h)
{
  for (uint32_t i = 0; i < h->instance_count; i++)
    must(find(h, "TRITONBACKEND_ModelInstanceFinalize")(&h->instances[i]), "InstanceFinalize");
  h->instance_count = 0;
  must(find(h, "TRITONBACKEND_ModelFinalize")(&h->model), "ModelFinalize");
  free(h->model.config);
  h->model.config = NULL;
}

void host_close(host *h)
{
  must(find(h, "TRITONBACKEND_Finalize")(&h->backend), "Finalize");
  message_free(h->backend.config);
  free(h->execute_error);
  free(h);
  if (live_objects() != 0) host_die(__FILE__, __LINE__, "errors, messages or responses are left");
}

host_input *host_add_input(host_request *request, const char *name, TRITONSERVER_DataType datatype,
                           const int64_t *shape, uint32_t rank, const void *data, uint64_t size)
{
  host_input *input = &request->inputs[request->input_count++];
  *input = (host_input){.name = name, .datatype = datatype, .rank = rank, .byte_size = size};
  if (rank > 0) memcpy(input->shape, shape, rank * sizeof *shape);
  if (size > 0) {
    input->buffers[0] = data;
    input->sizes[0] = size;
    input->buffer_count = 1;
  }
  return input;
}

static const host_output *find_output(const host_output *outputs, uint32_t count, const char *name)
{
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(outputs[i].name, name) == 0) return &outputs[i];
  return NULL;
}

const host_output *host_result(const host_request *request, const char *name)
{
  return find_output(request->results, request->result_count, name);
}

const host_output *host_state(const host_request *request, const char *name)
{
  return find_output(request->states, request->state_count, name);
}

host_input *host_add_state(host_request *request, const char *name, const host_request *from,
                           const char *state)
{
  const host_output *value = host_state(from, state);
  HOST_CHECK(value != NULL);
  return host_add_input(request, name, value->datatype, value->shape, value->rank, value->buffer,
                        value->byte_size);
}

void host_clear(host_request *request)
{
  for (uint32_t i = 0; i < request->result_count; i++) free(request->results[i].buffer);
  for (uint32_t i = 0; i < request->state_count; i++) free(request->states[i].buffer);
  *request = (host_request){0};
}
