/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Numbers and texts within a block, one behind the other, each at a multiple of 8.
 *
 * The same functions measure and write: a writer without memory counts only. A reader never leaves its
 * range: beyond the end, or after anything that makes no sense, it is broken, and yields zeros. */

#ifndef PY_WIRE_H
#define PY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
  char *to; /* NULL: only count */
  uint64_t size;
  uint64_t limit; /* of what `to` has: beyond it nothing is written, only counted */
} py_writer;

static inline bool py_fits(const py_writer *writer, uint64_t size)
{
  return writer->to != NULL && writer->size <= writer->limit && size <= writer->limit - writer->size;
}

static inline void py_put(py_writer *writer, const void *from, uint64_t size)
{
  if (size > 0 && py_fits(writer, size)) memcpy(writer->to + writer->size, from, (size_t)size);
  writer->size += (size + 7) & ~(uint64_t)7;
}

static inline void py_put_u64(py_writer *writer, uint64_t value)
{
  py_put(writer, &value, sizeof value);
}

/* Two numbers in one place. */
static inline void py_put_u32s(py_writer *writer, uint32_t first, uint32_t second)
{
  uint32_t values[2] = {first, second};
  py_put(writer, values, sizeof values);
}

/* A text with a NUL behind it, which its size does not count; NULL is another thing than "". */
static inline void py_put_text(py_writer *writer, const char *text, uint64_t size)
{
  py_put_u64(writer, text == NULL ? UINT64_MAX : size);
  if (text == NULL) return;
  if (py_fits(writer, size + 1)) {
    memcpy(writer->to + writer->size, text, (size_t)size);
    writer->to[writer->size + size] = '\0';
  }
  writer->size += (size + 1 + 7) & ~(uint64_t)7;
}

typedef struct {
  const char *from;
  uint64_t size, at;
  bool broken;
} py_reader;

static inline const void *py_get(py_reader *reader, uint64_t size)
{
  const uint64_t whole = (size + 7) & ~(uint64_t)7;
  if (reader->broken || whole < size || whole > reader->size - reader->at) {
    reader->broken = true;
    return NULL;
  }
  const void *place = reader->from + reader->at;
  reader->at += whole;
  return place;
}

static inline uint64_t py_get_u64(py_reader *reader)
{
  uint64_t value = 0;
  const void *place = py_get(reader, sizeof value);
  if (place != NULL) memcpy(&value, place, sizeof value);
  return value;
}

static inline void py_get_u32s(py_reader *reader, uint32_t *first, uint32_t *second)
{
  uint32_t values[2] = {0, 0};
  const void *place = py_get(reader, sizeof values);
  if (place != NULL) memcpy(values, place, sizeof values);
  *first = values[0];
  *second = values[1];
}

/* NULL for what was NULL, and where the reader is broken. Ends with a NUL that was looked for. */
static inline const char *py_get_text(py_reader *reader, uint64_t *size)
{
  const uint64_t length = py_get_u64(reader);
  *size = 0;
  if (reader->broken || length == UINT64_MAX) return NULL;
  const char *text = length < UINT64_MAX - 8 ? py_get(reader, length + 1) : NULL;
  if (text == NULL || text[length] != '\0') {
    reader->broken = true;
    return NULL;
  }
  *size = length;
  return text;
}

/* ---- tensors ---- */

enum { PY_TENSOR_ALIGNMENT = 64, PY_MOST_DIMENSIONS = 64 };

/* Where the next tensor's bytes may begin in a block. */
static inline uint64_t py_aligned(uint64_t at)
{
  return (at + PY_TENSOR_ALIGNMENT - 1) / PY_TENSOR_ALIGNMENT * PY_TENSOR_ALIGNMENT;
}

/* What a tensor begins with. */
typedef struct {
  const char *name; /* in the block; NULL where the reader is broken */
  uint64_t name_size;
  uint32_t datatype, rank;
  int64_t shape[PY_MOST_DIMENSIONS];
} py_tensor_head;

static inline void py_get_head(py_reader *reader, py_tensor_head *head)
{
  head->name = py_get_text(reader, &head->name_size);
  py_get_u32s(reader, &head->datatype, &head->rank);
  if (head->rank > PY_MOST_DIMENSIONS) reader->broken = true;
  for (uint32_t i = 0; i < head->rank && !reader->broken; i++) head->shape[i] = (int64_t)py_get_u64(reader);
}

#endif
