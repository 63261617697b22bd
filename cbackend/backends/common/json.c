/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_document.h"

tb_json *tb_json_root(tb_json_document *document) { return document->root; }

tb_json *tb_json_member(const tb_json *object, const char *key)
{
  if (object == NULL || object->type != TB_JSON_OBJECT) return NULL;
  for (tb_json *node = object->first; node != NULL; node = node->next)
    if (strcmp(node->key, key) == 0) return node;
  return NULL;
}

const char *tb_json_string(const tb_json *object, const char *key, const char *fallback)
{
  const tb_json *node = tb_json_member(object, key);
  return node != NULL && node->type == TB_JSON_STRING ? node->text : fallback;
}

size_t tb_json_count(const tb_json *object, const char *key)
{
  const tb_json *node = tb_json_member(object, key);
  return node != NULL && node->type == TB_JSON_ARRAY ? node->count : 0;
}

bool tb_json_int64(const tb_json *node, int64_t *value)
{
  if (node == NULL || (node->type != TB_JSON_NUMBER && node->type != TB_JSON_STRING)) return false;
  char *end;
  errno = 0;
  long long number = strtoll(node->text, &end, 10);
  if (errno != 0 || end == node->text || *end != '\0') return false;
  *value = number;
  return true;
}

/* ---- the document's memory: blocks that are freed together ---- */

struct tb_json_block {
  struct tb_json_block *next;
  size_t used, capacity;
  max_align_t bytes[];
};

void *tb_json_allocate(tb_json_document *document, size_t size)
{
  const size_t unit = sizeof(max_align_t);
  if (size > SIZE_MAX - 4096 - unit) return NULL;
  size = (size + unit - 1) / unit * unit;
  tb_json_block *block = document->blocks;
  if (block == NULL || block->capacity - block->used < size) {
    size_t capacity = size > 4096 ? size : 4096;
    block = malloc(sizeof *block + capacity);
    if (block == NULL) return NULL;
    block->used = 0;
    block->capacity = capacity;
    block->next = document->blocks;
    document->blocks = block;
  }
  void *memory = (char *)block->bytes + block->used;
  block->used += size;
  return memory;
}

void tb_json_free(tb_json_document *document)
{
  if (document == NULL) return;
  for (tb_json_block *block = document->blocks; block != NULL;) {
    tb_json_block *next = block->next;
    free(block);
    block = next;
  }
  free(document);
}

/* ---- building ---- */

tb_json *tb_json_new(tb_json_document *document, tb_json_type type)
{
  tb_json *node = tb_json_allocate(document, sizeof *node);
  if (node != NULL) *node = (tb_json){.type = type};
  return node;
}

static char *copy_text(tb_json_document *document, const char *text)
{
  size_t size = strlen(text) + 1;
  char *copy = tb_json_allocate(document, size);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

tb_json *tb_json_new_string(tb_json_document *document, const char *text)
{
  tb_json *node = tb_json_new(document, TB_JSON_STRING);
  return node != NULL && (node->text = copy_text(document, text)) != NULL ? node : NULL;
}

tb_json *tb_json_new_int64(tb_json_document *document, int64_t value)
{
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, value);
  tb_json *node = tb_json_new_string(document, digits);
  if (node != NULL) node->type = TB_JSON_NUMBER;
  return node;
}

bool tb_json_append(tb_json *array, tb_json *value)
{
  if (array == NULL || value == NULL) return false;
  if (array->last != NULL)
    array->last->next = value;
  else
    array->first = value;
  array->last = value;
  array->count++;
  return true;
}

bool tb_json_set(tb_json_document *document, tb_json *object, const char *key, tb_json *value)
{
  if (object == NULL || value == NULL) return false;
  tb_json *before = NULL;
  for (tb_json *node = object->first; node != NULL; before = node, node = node->next) {
    if (strcmp(node->key, key) != 0) continue;
    value->key = node->key;
    value->next = node->next;
    *(before != NULL ? &before->next : &object->first) = value;
    if (object->last == node) object->last = value;
    return true;
  }
  value->key = copy_text(document, key);
  return value->key != NULL && tb_json_append(object, value);
}
