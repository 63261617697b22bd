/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A small JSON reader and writer.
 *
 * The backend API hands model and backend configurations over as JSON text and takes an
 * auto-completed configuration back the same way; this is all a backend needs for that. Numbers
 * keep their text, so that what is not changed is written back exactly as it came.
 *
 * Every node belongs to its document and lives until tb_json_free(). */

#ifndef TB_JSON_H
#define TB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

typedef enum {
  TB_JSON_NULL,
  TB_JSON_BOOL,
  TB_JSON_NUMBER,
  TB_JSON_STRING,
  TB_JSON_ARRAY,
  TB_JSON_OBJECT
} tb_json_type;

typedef struct tb_json {
  tb_json_type type;
  bool boolean;         /* of a TB_JSON_BOOL */
  const char *text;     /* of a string (unescaped, UTF-8) or number (as written); NUL-terminated */
  const char *key;      /* name within the object that holds this node, else NULL */
  struct tb_json *next; /* next member or element */
  struct tb_json *first, *last;
  size_t count; /* members or elements */
} tb_json;

typedef struct tb_json_document tb_json_document;

/* Parses `length` bytes (not necessarily NUL-terminated). On an error, which names the byte offset,
 * *document is untouched. Refused: nesting beyond 100, duplicate names, NUL in a string, bytes
 * after the value. An empty text is an empty object. */
TRITONSERVER_Error *tb_json_parse(const char *text, size_t length, tb_json_document **document);

void tb_json_free(tb_json_document *document);

tb_json *tb_json_root(tb_json_document *document);

/* The member `key`, or NULL when `object` is NULL, no object, or has no such member. */
tb_json *tb_json_member(const tb_json *object, const char *key);

/* The string member's text, or `fallback` when it is absent or no string. Borrowed. */
const char *tb_json_string(const tb_json *object, const char *key, const char *fallback);

/* Elements of the array member, 0 when it is absent or no array. */
size_t tb_json_count(const tb_json *object, const char *key);

/* An integer written as a number or, as protobuf's JSON writes 64 bits, as a string. */
bool tb_json_int64(const tb_json *node, int64_t *value);

/* Building; each returns NULL when memory runs out. Text is copied. */
tb_json *tb_json_new(tb_json_document *document, tb_json_type type);
tb_json *tb_json_new_string(tb_json_document *document, const char *text);
tb_json *tb_json_new_int64(tb_json_document *document, int64_t value);

/* Sets object[key] = value, in the place of an earlier value of that name. `value` must be new.
 * False when `value` is NULL or memory runs out: a chain of building needs one check at its end. */
bool tb_json_set(tb_json_document *document, tb_json *object, const char *key, tb_json *value);
bool tb_json_append(tb_json *array, tb_json *value);

/* The text of `node`; the caller frees it. NULL when memory runs out. */
char *tb_json_write(const tb_json *node, size_t *length);

#endif
