/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A C program that knows only the C API: serves one request on the model "echo" and checks the
 * answer. argv[1]: the model repository. Prints "ok" at the end. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triton/core/tritonserver.h"

#define CHECK(call)                                                                     \
  do {                                                                                  \
    struct TRITONSERVER_Error* error_ = (call);                                         \
    if (error_ != NULL) {                                                               \
      fprintf(stderr, "%s: %s\n", #call, TRITONSERVER_ErrorMessage(error_));            \
      exit(1);                                                                          \
    }                                                                                   \
  } while (0)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct TRITONSERVER_InferenceResponse* answer;
static int released;

static struct TRITONSERVER_Error*
allocate(
    struct TRITONSERVER_ResponseAllocator* allocator, const char* name, size_t size,
    TRITONSERVER_MemoryType type, int64_t id, void* userp, void** buffer, void** buffer_userp,
    TRITONSERVER_MemoryType* actual_type, int64_t* actual_id)
{
  (void)allocator, (void)name, (void)type, (void)id, (void)userp;
  *buffer = malloc(size + 1);
  *buffer_userp = NULL;
  *actual_type = TRITONSERVER_MEMORY_CPU;
  *actual_id = 0;
  return NULL;
}

static struct TRITONSERVER_Error*
give_back(
    struct TRITONSERVER_ResponseAllocator* allocator, void* buffer, void* buffer_userp, size_t size,
    TRITONSERVER_MemoryType type, int64_t id)
{
  (void)allocator, (void)buffer_userp, (void)size, (void)type, (void)id;
  free(buffer);
  return NULL;
}

static void
on_response(struct TRITONSERVER_InferenceResponse* response, const uint32_t flags, void* userp)
{
  (void)flags, (void)userp;
  pthread_mutex_lock(&mutex);
  answer = response;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static void
on_release(struct TRITONSERVER_InferenceRequest* request, const uint32_t flags, void* userp)
{
  (void)flags, (void)userp;
  CHECK(TRITONSERVER_InferenceRequestDelete(request));
  pthread_mutex_lock(&mutex);
  released = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

int
main(int argc, char** argv)
{
  struct TRITONSERVER_ServerOptions* options;
  struct TRITONSERVER_Server* server;
  struct TRITONSERVER_ResponseAllocator* allocator;
  struct TRITONSERVER_InferenceRequest* request;
  const float data[3] = {1.5f, -2.0f, 3.25f};
  const int64_t shape[2] = {1, 3};
  const char* name;
  TRITONSERVER_DataType datatype;
  const int64_t* out_shape;
  uint64_t rank;
  const void* base;
  size_t size;
  TRITONSERVER_MemoryType type;
  int64_t id;
  void* userp;
  if (argc != 2) return 2;
  CHECK(TRITONSERVER_ServerOptionsNew(&options));
  CHECK(TRITONSERVER_ServerOptionsSetModelRepositoryPath(options, argv[1]));
  CHECK(TRITONSERVER_ServerNew(&server, options));
  CHECK(TRITONSERVER_ServerOptionsDelete(options));
  CHECK(TRITONSERVER_ResponseAllocatorNew(&allocator, allocate, give_back, NULL));
  CHECK(TRITONSERVER_InferenceRequestNew(&request, server, "echo", -1));
  CHECK(TRITONSERVER_InferenceRequestAddInput(
      request, "INPUT0", TRITONSERVER_TYPE_FP32, shape, 2));
  CHECK(TRITONSERVER_InferenceRequestAppendInputData(
      request, "INPUT0", data, sizeof(data), TRITONSERVER_MEMORY_CPU, 0));
  CHECK(TRITONSERVER_InferenceRequestSetReleaseCallback(request, on_release, NULL));
  CHECK(TRITONSERVER_InferenceRequestSetResponseCallback(
      request, allocator, NULL, on_response, NULL));
  CHECK(TRITONSERVER_ServerInferAsync(server, request, NULL));
  pthread_mutex_lock(&mutex);
  while (answer == NULL || !released) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  CHECK(TRITONSERVER_InferenceResponseError(answer));
  CHECK(TRITONSERVER_InferenceResponseOutput(
      answer, 0, &name, &datatype, &out_shape, &rank, &base, &size, &type, &id, &userp));
  if (strcmp(name, "OUTPUT0") != 0 || size != sizeof(data) || memcmp(base, data, size) != 0) {
    fprintf(stderr, "wrong answer: %s, %zu bytes\n", name, size);
    return 1;
  }
  CHECK(TRITONSERVER_InferenceResponseDelete(answer));
  CHECK(TRITONSERVER_ResponseAllocatorDelete(allocator));
  CHECK(TRITONSERVER_ServerStop(server));
  CHECK(TRITONSERVER_ServerDelete(server));
  puts("ok");
  return 0;
}
