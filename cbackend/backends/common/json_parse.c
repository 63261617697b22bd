/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdlib.h>
#include <string.h>

#include "json_document.h"

#define DEPTH_LIMIT 100

typedef struct {
  tb_json_document *document;
  const char *begin, *at, *end;
  const char *problem; /* first thing found wrong, at `at` */
} parser;

static tb_json *parse_value(parser *p, int depth);

static void *fail(parser *p, const char *problem)
{
  if (p->problem == NULL) p->problem = problem;
  return NULL;
}

static void skip_blanks(parser *p)
{
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
    p->at++;
}

static bool accept(parser *p, char wanted)
{
  skip_blanks(p);
  if (p->at == p->end || *p->at != wanted) return false;
  p->at++;
  return true;
}

static bool parse_hex4(parser *p, unsigned *value)
{
  if (p->end - p->at < 4) return false;
  *value = 0;
  for (int i = 0; i < 4; i++) {
    char c = *p->at++;
    unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                            : 16u;
    if (digit == 16u) return false;
    *value = *value * 16 + digit;
  }
  return true;
}

static char *put_utf8(char *out, unsigned code)
{
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else {
    *out++ = (char)(0xF0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3F));
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  }
  return out;
}

/* After the backslash and the 'u'. */
static char *parse_unicode_escape(parser *p, char *out)
{
  unsigned code;
  if (!parse_hex4(p, &code)) return fail(p, "\\u needs four hexadecimal digits");
  if (code >= 0xD800 && code <= 0xDBFF) {
    unsigned low;
    if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u')
      return fail(p, "half of a surrogate pair");
    p->at += 2;
    if (!parse_hex4(p, &low) || low < 0xDC00 || low > 0xDFFF)
      return fail(p, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  } else if (code >= 0xDC00 && code <= 0xDFFF) {
    return fail(p, "half of a surrogate pair");
  }
  /* Names and values are C strings from here on. */
  if (code == 0) return fail(p, "a NUL character in a string");
  return put_utf8(out, code);
}

static const char *parse_string(parser *p)
{
  if (!accept(p, '"')) return fail(p, "expected a string");
  const char *close = p->at;
  for (; close < p->end && *close != '"'; close++)
    if (*close == '\\' && close + 1 < p->end) close++;
  if (close == p->end) return fail(p, "a string without an end");
  /* No escape grows: six bytes of \uXXXX become at most three. */
  char *text = tb_json_allocate(p->document, (size_t)(close - p->at) + 1);
  if (text == NULL) return fail(p, "out of memory");
  char *out = text;
  while (*p->at != '"') {
    char c = *p->at++;
    if ((unsigned char)c < 0x20) return fail(p, "a control character in a string");
    if (c != '\\') {
      *out++ = c;
      continue;
    }
    switch (c = *p->at++) {
      case '"':
      case '\\':
      case '/': *out++ = c; break;
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u':
        if ((out = parse_unicode_escape(p, out)) == NULL) return NULL;
        break;
      default: return fail(p, "an unknown escape in a string");
    }
  }
  p->at++;
  *out = '\0';
  return text;
}

static size_t skip_digits(parser *p)
{
  const char *from = p->at;
  while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
  return (size_t)(p->at - from);
}

static tb_json *parse_number(parser *p)
{
  const char *from = p->at;
  if (p->at < p->end && *p->at == '-') p->at++;
  bool zero = p->at < p->end && *p->at == '0';
  size_t digits = skip_digits(p);
  if (digits == 0 || (zero && digits > 1)) return fail(p, "not a JSON value");
  if (p->at < p->end && *p->at == '.') {
    p->at++;
    if (skip_digits(p) == 0) return fail(p, "a number without digits after the point");
  }
  if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
    p->at++;
    if (p->at < p->end && (*p->at == '+' || *p->at == '-')) p->at++;
    if (skip_digits(p) == 0) return fail(p, "a number without an exponent");
  }
  size_t length = (size_t)(p->at - from);
  char *text = tb_json_allocate(p->document, length + 1);
  tb_json *node = tb_json_new(p->document, TB_JSON_NUMBER);
  if (text == NULL || node == NULL) return fail(p, "out of memory");
  memcpy(text, from, length);
  text[length] = '\0';
  node->text = text;
  return node;
}

static tb_json *parse_word(parser *p, const char *word, tb_json_type type, bool value)
{
  size_t length = strlen(word);
  if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0)
    return fail(p, "not a JSON value");
  p->at += length;
  tb_json *node = tb_json_new(p->document, type);
  if (node == NULL) return fail(p, "out of memory");
  node->boolean = value;
  return node;
}

static tb_json *parse_array(parser *p, int depth)
{
  tb_json *array = tb_json_new(p->document, TB_JSON_ARRAY);
  if (array == NULL) return fail(p, "out of memory");
  p->at++;
  if (accept(p, ']')) return array;
  do {
    tb_json *value = parse_value(p, depth + 1);
    if (value == NULL) return NULL;
    tb_json_append(array, value);
  } while (accept(p, ','));
  return accept(p, ']') ? array : fail(p, "expected ',' or ']'");
}

static tb_json *parse_object(parser *p, int depth)
{
  tb_json *object = tb_json_new(p->document, TB_JSON_OBJECT);
  if (object == NULL) return fail(p, "out of memory");
  p->at++;
  if (accept(p, '}')) return object;
  do {
    const char *key = parse_string(p);
    if (key == NULL) return NULL;
    if (tb_json_member(object, key) != NULL) return fail(p, "a name that is there twice");
    if (!accept(p, ':')) return fail(p, "expected ':'");
    tb_json *value = parse_value(p, depth + 1);
    if (value == NULL) return NULL;
    value->key = key;
    tb_json_append(object, value);
  } while (accept(p, ','));
  return accept(p, '}') ? object : fail(p, "expected ',' or '}'");
}

static tb_json *parse_value(parser *p, int depth)
{
  if (depth > DEPTH_LIMIT) return fail(p, "nested too deeply");
  skip_blanks(p);
  if (p->at == p->end) return fail(p, "the text ends where a value is expected");
  switch (*p->at) {
    case '{': return parse_object(p, depth);
    case '[': return parse_array(p, depth);
    case 't': return parse_word(p, "true", TB_JSON_BOOL, true);
    case 'f': return parse_word(p, "false", TB_JSON_BOOL, false);
    case 'n': return parse_word(p, "null", TB_JSON_NULL, false);
    case '"': {
      const char *text = parse_string(p);
      if (text == NULL) return NULL;
      tb_json *node = tb_json_new(p->document, TB_JSON_STRING);
      if (node == NULL) return fail(p, "out of memory");
      node->text = text;
      return node;
    }
    default: return parse_number(p);
  }
}

TRITONSERVER_Error *tb_json_parse(const char *text, size_t length, tb_json_document **document)
{
  tb_json_document *parsed = calloc(1, sizeof *parsed);
  if (parsed == NULL) return tb_out_of_memory("a JSON document");
  parser p = {.document = parsed, .begin = text, .at = text, .end = text + length};
  skip_blanks(&p);
  if (p.at == p.end) {
    parsed->root = tb_json_new(parsed, TB_JSON_OBJECT);
    if (parsed->root == NULL) fail(&p, "out of memory");
  } else {
    parsed->root = parse_value(&p, 0);
    skip_blanks(&p);
    if (parsed->root != NULL && p.at != p.end) fail(&p, "more text after the value");
  }
  if (p.problem != NULL) {
    TRITONSERVER_Error *error =
        tb_error(TRITONSERVER_ERROR_INVALID_ARG, "JSON error at byte %zu of %zu: %s",
                 (size_t)(p.at - p.begin), length, p.problem);
    tb_json_free(parsed);
    return error;
  }
  *document = parsed;
  return NULL;
}
