/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "tensor.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char *const config_names[] = {
    [TRITONSERVER_TYPE_INVALID] = "TYPE_INVALID", [TRITONSERVER_TYPE_BOOL] = "TYPE_BOOL",
    [TRITONSERVER_TYPE_UINT8] = "TYPE_UINT8",     [TRITONSERVER_TYPE_UINT16] = "TYPE_UINT16",
    [TRITONSERVER_TYPE_UINT32] = "TYPE_UINT32",   [TRITONSERVER_TYPE_UINT64] = "TYPE_UINT64",
    [TRITONSERVER_TYPE_INT8] = "TYPE_INT8",       [TRITONSERVER_TYPE_INT16] = "TYPE_INT16",
    [TRITONSERVER_TYPE_INT32] = "TYPE_INT32",     [TRITONSERVER_TYPE_INT64] = "TYPE_INT64",
    [TRITONSERVER_TYPE_FP16] = "TYPE_FP16",       [TRITONSERVER_TYPE_FP32] = "TYPE_FP32",
    [TRITONSERVER_TYPE_FP64] = "TYPE_FP64",       [TRITONSERVER_TYPE_BYTES] = "TYPE_STRING",
    [TRITONSERVER_TYPE_BF16] = "TYPE_BF16",
};

TRITONSERVER_DataType tb_datatype_from_config(const char *name)
{
  for (int i = 1; i < (int)(sizeof config_names / sizeof *config_names); i++)
    if (strcmp(config_names[i], name) == 0) return (TRITONSERVER_DataType)i;
  return TRITONSERVER_TYPE_INVALID;
}

const char *tb_datatype_config_name(TRITONSERVER_DataType datatype)
{
  bool known = (size_t)datatype < sizeof config_names / sizeof *config_names;
  return config_names[known ? datatype : TRITONSERVER_TYPE_INVALID];
}

bool tb_element_count(const int64_t *shape, size_t rank, int64_t *count)
{
  int64_t product = 1;
  bool empty = false;
  /* A zero must not hide a negative or overflowing neighbour in one order and not in another. */
  for (size_t i = 0; i < rank; i++) {
    if (shape[i] < 0) return false;
    if (shape[i] == 0)
      empty = true;
    else if (__builtin_mul_overflow(product, shape[i], &product))
      return false;
  }
  *count = empty ? 0 : product;
  return true;
}

const char *tb_shape_text(const int64_t *shape, size_t rank, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "[");
  for (size_t i = 0; i < rank && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%" PRId64, i > 0 ? "," : "", shape[i]);
  if (used < size) used += (size_t)snprintf(text + used, size - used, "]");
  if (used >= size && size > 4) memcpy(text + size - 5, "...]", 5);
  return text;
}

bool tb_is_cpu(TRITONSERVER_MemoryType type)
{
  return type == TRITONSERVER_MEMORY_CPU || type == TRITONSERVER_MEMORY_CPU_PINNED;
}

/* ---- the CUDA runtime, only where device memory turns up ---- */

static struct {
  pthread_once_t once;
  int (*memcpy)(void *to, const void *from, size_t count, int kind);
  const char *(*error_string)(int error);
} cuda = {.once = PTHREAD_ONCE_INIT};

static void find_cuda(void)
{
  static const char *const names[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0",
                                      "libcudart.so"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) continue;
    /* POSIX promises that a function pointer survives the way through void *; ISO C does not. */
    *(void **)&cuda.memcpy = dlsym(library, "cudaMemcpy");
    *(void **)&cuda.error_string = dlsym(library, "cudaGetErrorString");
    if (cuda.memcpy != NULL && cuda.error_string != NULL) return;
    cuda.memcpy = NULL;
    dlclose(library);
  }
}

TRITONSERVER_Error *tb_copy(void *to, TRITONSERVER_MemoryType to_type, const void *from,
                            TRITONSERVER_MemoryType from_type, size_t byte_size)
{
  if (byte_size == 0) return NULL;
  if (tb_is_cpu(to_type) && tb_is_cpu(from_type)) {
    memcpy(to, from, byte_size);
    return NULL;
  }
  pthread_once(&cuda.once, find_cuda);
  if (cuda.memcpy == NULL)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                    "cannot copy %zu bytes from %s to %s memory: no CUDA runtime (libcudart.so) "
                    "was found",
                    byte_size, TRITONSERVER_MemoryTypeString(from_type),
                    TRITONSERVER_MemoryTypeString(to_type));
  const int cuda_memcpy_default = 4; /* the direction follows from the two addresses */
  int status = cuda.memcpy(to, from, byte_size, cuda_memcpy_default);
  if (status != 0)
    return tb_error(TRITONSERVER_ERROR_INTERNAL, "cudaMemcpy of %zu bytes from %s to %s memory: %s",
                    byte_size, TRITONSERVER_MemoryTypeString(from_type),
                    TRITONSERVER_MemoryTypeString(to_type), cuda.error_string(status));
  return NULL;
}
