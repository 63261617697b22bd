/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What is done to each element: 1 is added to numbers, half-size floats change their sign, BOOL is
 * negated, strings are turned around. */

#include "specimen.h"

size_t element_size(TRITONSERVER_DataType type)
{
  return TRITONSERVER_DataTypeByteSize(type);
}

#define ADD_ONE(type)                                 \
  for (uint64_t i = 0; i + sizeof(type) <= size; i += sizeof(type)) { \
    type value;                                       \
    memcpy(&value, data + i, sizeof value);           \
    value = (type)(value + 1);                        \
    memcpy(data + i, &value, sizeof value);           \
  }

static TRITONSERVER_Error *turn_strings(char *data, uint64_t size)
{
  uint64_t at = 0;
  while (at < size) {
    uint32_t length;
    if (size - at < sizeof length)
      return problem(TRITONSERVER_ERROR_INVALID_ARG, "a string's length is cut off");
    memcpy(&length, data + at, sizeof length);
    at += sizeof length;
    if (length > size - at)
      return problem(TRITONSERVER_ERROR_INVALID_ARG, "a string is longer than its tensor");
    for (uint32_t i = 0; i < length / 2; i++) {
      char other = data[at + length - 1 - i];
      data[at + length - 1 - i] = data[at + i];
      data[at + i] = other;
    }
    at += length;
  }
  return NULL;
}

TRITONSERVER_Error *change_elements(TRITONSERVER_DataType type, char *data, uint64_t size)
{
  switch (type) {
    case TRITONSERVER_TYPE_BOOL:
      for (uint64_t i = 0; i < size; i++) data[i] = !data[i];
      return NULL;
    case TRITONSERVER_TYPE_UINT8:
    case TRITONSERVER_TYPE_INT8:
      ADD_ONE(uint8_t)
      return NULL;
    case TRITONSERVER_TYPE_UINT16:
    case TRITONSERVER_TYPE_INT16:
      ADD_ONE(uint16_t)
      return NULL;
    case TRITONSERVER_TYPE_UINT32:
    case TRITONSERVER_TYPE_INT32:
      ADD_ONE(uint32_t)
      return NULL;
    case TRITONSERVER_TYPE_UINT64:
    case TRITONSERVER_TYPE_INT64:
      ADD_ONE(uint64_t)
      return NULL;
    case TRITONSERVER_TYPE_FP16:
    case TRITONSERVER_TYPE_BF16:
      for (uint64_t i = 1; i < size; i += 2) data[i] = (char)(data[i] ^ 0x80);
      return NULL;
    case TRITONSERVER_TYPE_FP32:
      ADD_ONE(float)
      return NULL;
    case TRITONSERVER_TYPE_FP64:
      ADD_ONE(double)
      return NULL;
    case TRITONSERVER_TYPE_BYTES:
      return turn_strings(data, size);
    default:
      return problem(TRITONSERVER_ERROR_UNSUPPORTED, "no such data type here");
  }
}
