/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cuda.h"

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

TRITONSERVER_Error *tb_copy(void *to, TRITONSERVER_MemoryType to_type, const void *from,
                            TRITONSERVER_MemoryType from_type, size_t byte_size)
{
  if (byte_size == 0) return NULL;
  if (tb_is_cpu(to_type) && tb_is_cpu(from_type)) {
    memcpy(to, from, byte_size);
    return NULL;
  }
  const tb_cuda *cuda = tb_cuda_find();
  if (cuda == NULL)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                    "cannot copy %zu bytes from %s to %s memory: no CUDA runtime (libcudart.so) "
                    "was found",
                    byte_size, TRITONSERVER_MemoryTypeString(from_type),
                    TRITONSERVER_MemoryTypeString(to_type));
  const int status = tb_cuda_copy(cuda, to, from, byte_size);
  if (status != 0)
    return tb_error(TRITONSERVER_ERROR_INTERNAL, "cudaMemcpy of %zu bytes from %s to %s memory: %s",
                    byte_size, TRITONSERVER_MemoryTypeString(from_type),
                    TRITONSERVER_MemoryTypeString(to_type), cuda->error_string(status));
  return NULL;
}
