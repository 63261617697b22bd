/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* OUTPUT0 is INPUT0, after a way through memory of every type, all of it from the server's memory
 * manager: pinned, GPU, CPU, GPU, pinned. The response's parameters say where the instance is, and
 * which device was current in its thread. The request parameter "want_gpu" allocates that many bytes
 * of the device's memory on top, and gives them back. */

#include <dlfcn.h>

#include "specimen.h"

enum { STOPS = 5 };

static const TRITONSERVER_MemoryType way[STOPS] = {
    TRITONSERVER_MEMORY_CPU_PINNED, TRITONSERVER_MEMORY_GPU, TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_MEMORY_GPU, TRITONSERVER_MEMORY_CPU_PINNED};

static TRITONBACKEND_MemoryManager *manager;
static int (*cuda_memcpy)(void *to, const void *from, size_t count, int kind);
static int (*cuda_get_device)(int *device);

static TRITONSERVER_Error *failure(const char *what)
{
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, what);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  /* A backend that is linked against CUDA has these from its loader. The server has loaded the
   * runtime, so its bare name is enough, wherever it lies. */
  static const char *const names[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0",
                                      "libcudart.so"};
  void *library = NULL;
  for (int i = 0; i < 4 && library == NULL; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return failure("no CUDA runtime");
  *(void **)&cuda_memcpy = dlsym(library, "cudaMemcpy");
  *(void **)&cuda_get_device = dlsym(library, "cudaGetDevice");
  if (cuda_memcpy == NULL || cuda_get_device == NULL) return failure("not a CUDA runtime");
  return TRITONBACKEND_BackendMemoryManager(backend, &manager);
}

static TRITONSERVER_Error *copy(void *to, const void *from, uint64_t size)
{
  const int by_address = 4;
  if (size == 0 || cuda_memcpy(to, from, size, by_address) == 0) return NULL;
  return failure("cudaMemcpy failed");
}

static TRITONSERVER_Error *travel(void *to, const void *from, uint64_t size, int64_t device)
{
  void *stops[STOPS];
  int made = 0;
  TRITONSERVER_Error *error = NULL;
  for (; error == NULL && made < STOPS; made++) {
    error = TRITONBACKEND_MemoryManagerAllocate(manager, &stops[made], way[made], device, size);
    if (error != NULL) break;
    error = copy(stops[made], made == 0 ? from : stops[made - 1], size);
  }
  if (error == NULL) error = copy(to, stops[STOPS - 1], size);
  while (made > 0) {
    made--;
    TRITONSERVER_Error *failed =
        TRITONBACKEND_MemoryManagerFree(manager, stops[made], way[made], device);
    if (error == NULL)
      error = failed;
    else
      drop(failed);
  }
  return error;
}

static TRITONSERVER_Error *want_gpu(TRITONBACKEND_Request *request, int64_t device)
{
  char text[32];
  void *memory;
  const uint64_t size = strtoull(parameter(request, "want_gpu", text, sizeof text), NULL, 10);
  if (size == 0) return NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_MemoryManagerAllocate(
      manager, &memory, TRITONSERVER_MEMORY_GPU, device, size);
  if (error != NULL) return error;
  return TRITONBACKEND_MemoryManagerFree(manager, memory, TRITONSERVER_MEMORY_GPU, device);
}

static TRITONSERVER_Error *answer(TRITONBACKEND_ModelInstance *instance,
                                  TRITONBACKEND_Request *request, TRITONBACKEND_Response *response)
{
  TRITONBACKEND_Input *input;
  TRITONBACKEND_Output *output;
  TRITONSERVER_InstanceGroupKind kind;
  TRITONSERVER_DataType datatype;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  const char *name;
  const int64_t *shape;
  uint32_t rank, buffers;
  uint64_t size, buffer_size = 0;
  int64_t type_id = 0;
  int32_t device = -1;
  int current = -1;
  const void *from = NULL;
  void *to = NULL;

  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceKind(instance, &kind);
  if (error == NULL) error = TRITONBACKEND_ModelInstanceDeviceId(instance, &device);
  if (error == NULL && cuda_get_device(&current) != 0) error = failure("cudaGetDevice failed");
  if (error == NULL)
    error = TRITONBACKEND_ResponseSetStringParameter(response, "kind",
                                                     TRITONSERVER_InstanceGroupKindString(kind));
  if (error == NULL) error = TRITONBACKEND_ResponseSetIntParameter(response, "device", device);
  if (error == NULL) error = TRITONBACKEND_ResponseSetIntParameter(response, "current", current);
  if (error == NULL) error = want_gpu(request, device);
  if (error == NULL) error = TRITONBACKEND_RequestInput(request, "INPUT0", &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, &name, &datatype, &shape, &rank, &size, &buffers);
  if (error == NULL && buffers > 0)
    error = TRITONBACKEND_InputBuffer(input, 0, &from, &buffer_size, &type, &type_id);
  if (error == NULL && buffer_size != size) error = failure("INPUT0 comes in pieces");
  if (error == NULL)
    error = TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", datatype, shape, rank);
  type = TRITONSERVER_MEMORY_CPU;
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &to, size, &type, &type_id);
  if (error == NULL) error = travel(to, from, size, device);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  for (uint32_t i = 0; i < request_count; i++) {
    TRITONBACKEND_Response *response;
    TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&response, requests[i]);
    if (error == NULL) {
      error = answer(instance, requests[i], response);
      drop(TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error));
    }
    drop(error);
    release(requests[i]);
  }
  return NULL;
}
