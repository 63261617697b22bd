/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

typedef struct {
  char *text;
  size_t length, capacity;
  bool failed;
} writer;

static void put(writer *w, const char *text, size_t length)
{
  if (w->failed) return;
  if (w->capacity - w->length <= length) {
    size_t capacity = (w->length + length + 256) * 2;
    char *grown = realloc(w->text, capacity);
    if (grown == NULL) {
      w->failed = true;
      return;
    }
    w->text = grown;
    w->capacity = capacity;
  }
  memcpy(w->text + w->length, text, length);
  w->length += length;
  w->text[w->length] = '\0';
}

static void put_string(writer *w, const char *text)
{
  put(w, "\"", 1);
  for (const char *at = text; *at != '\0'; at++) {
    unsigned char c = (unsigned char)*at;
    if (c == '"' || c == '\\') {
      put(w, (char[]){'\\', (char)c}, 2);
    } else if (c < 0x20) {
      char escape[8];
      put(w, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
    } else {
      put(w, at, 1);
    }
  }
  put(w, "\"", 1);
}

static void put_node(writer *w, const tb_json *node)
{
  switch (node->type) {
    case TB_JSON_NULL: put(w, "null", 4); break;
    case TB_JSON_BOOL: node->boolean ? put(w, "true", 4) : put(w, "false", 5); break;
    case TB_JSON_NUMBER: put(w, node->text, strlen(node->text)); break;
    case TB_JSON_STRING: put_string(w, node->text); break;
    case TB_JSON_ARRAY:
    case TB_JSON_OBJECT: {
      bool object = node->type == TB_JSON_OBJECT;
      put(w, object ? "{" : "[", 1);
      for (const tb_json *child = node->first; child != NULL; child = child->next) {
        if (child != node->first) put(w, ",", 1);
        if (object) {
          put_string(w, child->key);
          put(w, ":", 1);
        }
        put_node(w, child);
      }
      put(w, object ? "}" : "]", 1);
      break;
    }
  }
}

char *tb_json_write(const tb_json *node, size_t *length)
{
  writer w = {0};
  put_node(&w, node);
  if (w.failed) {
    free(w.text);
    return NULL;
  }
  *length = w.length;
  return w.text;
}
