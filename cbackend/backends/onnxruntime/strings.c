/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* BYTES tensors on the wire are ONNX Runtime's string tensors and back. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

static uint32_t read_length(const char *from)
{
  const unsigned char *b = (const unsigned char *)from;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static char *write_length(char *to, uint32_t length)
{
  for (int shift = 0; shift < 32; shift += 8) *to++ = (char)(length >> shift & 0xFF);
  return to;
}

TRITONSERVER_Error *ort_check_strings(const char *name, const char *bytes, uint64_t size,
                                      int64_t elements)
{
  int64_t count = 0;
  uint64_t at = 0;
  for (; at < size; count++) {
    if (size - at < 4)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "incomplete string length indicator for inference input '%s', expecting 4 "
                      "bytes but only %" PRIu64 " bytes available",
                      name, size - at);
    uint64_t length = read_length(bytes + at);
    at += 4;
    if (length > size - at)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "incomplete string data for inference input '%s', expecting string of length "
                      "%" PRIu64 " but only %" PRIu64 " bytes available",
                      name, length, size - at);
    at += length;
  }
  if (count != elements)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "unexpected number of string elements %" PRId64
                    " for inference input '%s', expecting %" PRId64,
                    count, name, elements);
  return NULL;
}

TRITONSERVER_Error *ort_put_strings(OrtValue *value, size_t *index, const char *bytes,
                                    uint64_t size)
{
  for (uint64_t at = 0; at < size; (*index)++) {
    uint32_t length = read_length(bytes + at);
    char *element;
    ORT_RETURN_IF_ERROR(ort.GetResizedStringTensorElementBuffer(value, *index, length, &element));
    memcpy(element, bytes + at + 4, length);
    at += 4 + (uint64_t)length;
  }
  return NULL;
}

/* Reads the elements of a string output: their text in one piece and where each begins. */
TRITONSERVER_Error *ort_get_strings(ort_output_slot *slot)
{
  size_t size;
  ORT_RETURN_IF_ERROR(ort.GetStringTensorDataLength(slot->value, &size));
  if (size + 1 > slot->text_capacity) {
    free(slot->text);
    slot->text_capacity = 0;
    slot->text = malloc(size + 1);
    if (slot->text == NULL) return tb_out_of_memory("a string output");
    slot->text_capacity = size + 1;
  }
  if (slot->elements + 1 > slot->offset_capacity) {
    free(slot->offsets);
    slot->offset_capacity = 0;
    slot->offsets = malloc((slot->elements + 1) * sizeof *slot->offsets);
    if (slot->offsets == NULL) return tb_out_of_memory("a string output");
    slot->offset_capacity = slot->elements + 1;
  }
  if (slot->elements > 0)
    ORT_RETURN_IF_ERROR(
        ort.GetStringTensorContent(slot->value, slot->text, size, slot->offsets, slot->elements));
  slot->offsets[slot->elements] = size;
  for (size_t i = 0; i < slot->elements; i++)
    if (slot->offsets[i + 1] - slot->offsets[i] > UINT32_MAX)
      return tb_error(TRITONSERVER_ERROR_INTERNAL, "output '%s': element %zu is longer than 4 GiB",
                      slot->config->name, i);
  return NULL;
}

size_t ort_strings_size(const ort_output_slot *slot, size_t first, size_t count)
{
  return slot->offsets[first + count] - slot->offsets[first] + 4 * count;
}

void ort_write_strings(const ort_output_slot *slot, size_t first, size_t count, char *to)
{
  for (size_t i = first; i < first + count; i++) {
    size_t length = slot->offsets[i + 1] - slot->offsets[i];
    to = write_length(to, (uint32_t)length);
    memcpy(to, slot->text + slot->offsets[i], length);
    to += length;
  }
}
