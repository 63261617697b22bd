/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Parameters of requests and responses, as JSON of an object on their way to a worker and from it. */

#include <stdio.h>
#include <stdlib.h>

#include "python.h"

/* ---- to JSON ---- */

static TRITONSERVER_Error *new_node(tb_json_document *document, const char *name,
                                    TRITONSERVER_ParameterType type, const void *value, tb_json **node)
{
  char number[40];
  switch (type) {
    case TRITONSERVER_PARAMETER_STRING: *node = tb_json_new_string(document, value); break;
    case TRITONSERVER_PARAMETER_INT: *node = tb_json_new_int64(document, *(const int64_t *)value); break;
    case TRITONSERVER_PARAMETER_BOOL:
      *node = tb_json_new(document, TB_JSON_BOOL);
      if (*node != NULL) (*node)->boolean = *(const bool *)value;
      break;
    case TRITONSERVER_PARAMETER_DOUBLE:
      snprintf(number, sizeof number, "%.17g", *(const double *)value);
      *node = tb_json_new_string(document, number);
      if (*node != NULL) (*node)->type = TB_JSON_NUMBER;
      break;
    default:
      return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                      "parameter '%s' of type %s can't be handed to a Python model", name,
                      TRITONSERVER_ParameterTypeString(type));
  }
  return *node == NULL ? tb_out_of_memory("parameters") : NULL;
}

/* Of a request, or of a response: one of the two. */
typedef struct {
  TRITONBACKEND_Request *request;
  TRITONSERVER_InferenceResponse *response;
} source;

static TRITONSERVER_Error *count_of(const source *from, uint32_t *count)
{
  return from->request != NULL ? TRITONBACKEND_RequestParameterCount(from->request, count)
                               : TRITONSERVER_InferenceResponseParameterCount(from->response, count);
}

static TRITONSERVER_Error *write_parameters(const source *from, char **text)
{
  uint32_t count;
  *text = NULL;
  TB_RETURN_IF_ERROR(count_of(from, &count));
  if (count == 0) return NULL;
  tb_json_document *document;
  TB_RETURN_IF_ERROR(tb_json_parse("{}", 2, &document));
  tb_json *object = tb_json_root(document);
  TRITONSERVER_Error *error = NULL;
  for (uint32_t i = 0; error == NULL && i < count; i++) {
    const char *name;
    TRITONSERVER_ParameterType type;
    const void *value;
    tb_json *node = NULL;
    error = from->request != NULL
                ? TRITONBACKEND_RequestParameter(from->request, i, &name, &type, &value)
                : TRITONSERVER_InferenceResponseParameter(from->response, i, &name, &type, &value);
    if (error == NULL) error = new_node(document, name, type, value, &node);
    if (error == NULL && !tb_json_set(document, object, name, node)) error = tb_out_of_memory("parameters");
  }
  size_t length;
  if (error == NULL && (*text = tb_json_write(object, &length)) == NULL)
    error = tb_out_of_memory("parameters");
  tb_json_free(document);
  return error;
}

TRITONSERVER_Error *py_request_parameters(TRITONBACKEND_Request *request, char **text)
{
  const source from = {.request = request};
  return write_parameters(&from, text);
}

TRITONSERVER_Error *py_response_parameters(TRITONSERVER_InferenceResponse *response, char **text)
{
  const source from = {.response = response};
  return write_parameters(&from, text);
}

/* ---- from JSON ---- */

TRITONSERVER_Error *py_parse_json(const char *text, uint64_t size, tb_json_document **document)
{
  char *copy = malloc((size_t)size + 1);
  if (copy == NULL) return tb_out_of_memory("parameters");
  memcpy(copy, text, (size_t)size);
  TRITONSERVER_Error *error = tb_json_parse(copy, (size_t)size, document);
  free(copy);
  return error;
}

typedef struct {
  TRITONBACKEND_Response *response;
  TRITONSERVER_InferenceRequest *request;
} target;

static TRITONSERVER_Error *set_one(const target *to, const tb_json *one)
{
  int64_t number;
  switch (one->type) {
    case TB_JSON_STRING:
      return to->response != NULL
                 ? TRITONBACKEND_ResponseSetStringParameter(to->response, one->key, one->text)
                 : TRITONSERVER_InferenceRequestSetStringParameter(to->request, one->key, one->text);
    case TB_JSON_BOOL:
      return to->response != NULL
                 ? TRITONBACKEND_ResponseSetBoolParameter(to->response, one->key, one->boolean)
                 : TRITONSERVER_InferenceRequestSetBoolParameter(to->request, one->key, one->boolean);
    case TB_JSON_NUMBER:
      if (strpbrk(one->text, ".eE") == NULL && tb_json_int64(one, &number))
        return to->response != NULL
                   ? TRITONBACKEND_ResponseSetIntParameter(to->response, one->key, number)
                   : TRITONSERVER_InferenceRequestSetIntParameter(to->request, one->key, number);
      return to->response != NULL
                 ? TRITONBACKEND_ResponseSetDoubleParameter(to->response, one->key, strtod(one->text, NULL))
                 : TRITONSERVER_InferenceRequestSetDoubleParameter(to->request, one->key,
                                                                   strtod(one->text, NULL));
    default:
      return tb_error(TRITONSERVER_ERROR_INTERNAL, "parameter '%s' of a Python model is neither a text nor a "
                      "number nor a bool", one->key);
  }
}

static TRITONSERVER_Error *read_parameters(const target *to, const char *text, uint64_t size)
{
  tb_json_document *document;
  TB_RETURN_IF_ERROR(py_parse_json(text, size, &document));
  TRITONSERVER_Error *error = NULL;
  for (const tb_json *one = tb_json_root(document)->first; error == NULL && one != NULL; one = one->next)
    error = set_one(to, one);
  tb_json_free(document);
  return error;
}

TRITONSERVER_Error *py_set_response_parameters(TRITONBACKEND_Response *response, const char *text,
                                               uint64_t size)
{
  const target to = {.response = response};
  return read_parameters(&to, text, size);
}

TRITONSERVER_Error *py_set_request_parameters(TRITONSERVER_InferenceRequest *request, const char *text,
                                              uint64_t size)
{
  const target to = {.request = request};
  return read_parameters(&to, text, size);
}
