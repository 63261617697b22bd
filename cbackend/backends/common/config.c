/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json_document.h"

static TRITONSERVER_Error *read_dims(tb_model_config *config, const char *tensor,
                                     const tb_json *array, const int64_t **dims, size_t *rank)
{
  size_t count = array != NULL && array->type == TB_JSON_ARRAY ? array->count : 0;
  int64_t *values = tb_json_allocate(config->document, (count + 1) * sizeof *values);
  if (values == NULL) return tb_out_of_memory("the model configuration");
  const tb_json *element = count > 0 ? array->first : NULL;
  for (size_t i = 0; i < count; i++, element = element->next)
    if (!tb_json_int64(element, &values[i]))
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': dimension %zu of tensor '%s' is no integer", config->name, i,
                      tensor);
  *dims = values;
  *rank = count;
  return NULL;
}

static bool is_true(const tb_json *object, const char *key)
{
  const tb_json *node = tb_json_member(object, key);
  return node != NULL && node->type == TB_JSON_BOOL && node->boolean;
}

static TRITONSERVER_Error *read_tensors(tb_model_config *config, const char *key,
                                        tb_tensor_config **tensors, size_t *count)
{
  size_t number = tb_json_count(config->root, key);
  tb_tensor_config *read = tb_json_allocate(config->document, (number + 1) * sizeof *read);
  if (read == NULL) return tb_out_of_memory("the model configuration");
  const tb_json *node = number > 0 ? tb_json_member(config->root, key)->first : NULL;
  for (size_t i = 0; i < number; i++, node = node->next) {
    tb_tensor_config *tensor = &read[i];
    *tensor = (tb_tensor_config){.name = tb_json_string(node, "name", "")};
    const char *type = tb_json_string(node, "data_type", "TYPE_INVALID");
    tensor->datatype = tb_datatype_from_config(type);
    if (tensor->name[0] == '\0' || tensor->datatype == TRITONSERVER_TYPE_INVALID)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': %s %zu ('%s') needs a name and a data type, has data type %s",
                      config->name, key, i, tensor->name, type);
    const tb_json *reshape = tb_json_member(node, "reshape");
    tensor->has_reshape = reshape != NULL && reshape->type == TB_JSON_OBJECT;
    const tb_json *dims =
        tensor->has_reshape ? tb_json_member(reshape, "shape") : tb_json_member(node, "dims");
    TB_RETURN_IF_ERROR(read_dims(config, tensor->name, dims, &tensor->dims, &tensor->rank));
    tensor->optional = is_true(node, "optional");
    tensor->ragged = is_true(node, "allow_ragged_batch");
  }
  *tensors = read;
  *count = number;
  return NULL;
}

/* ---- sequence batching ---- */

static const tb_json *first_of(const tb_json *object, const char *key)
{
  return tb_json_count(object, key) > 0 ? tb_json_member(object, key)->first : NULL;
}

/* The field that gives a control's two values says their type; a correlation id's is named. */
static TRITONSERVER_DataType control_datatype(const tb_json *control)
{
  if (tb_json_count(control, "int32_false_true") > 0) return TRITONSERVER_TYPE_INT32;
  if (tb_json_count(control, "fp32_false_true") > 0) return TRITONSERVER_TYPE_FP32;
  if (tb_json_count(control, "bool_false_true") > 0) return TRITONSERVER_TYPE_BOOL;
  return tb_datatype_from_config(tb_json_string(control, "data_type", "TYPE_INVALID"));
}

static TRITONSERVER_Error *read_controls(tb_model_config *config, const tb_json *sequence)
{
  static const int64_t dims[] = {1};
  const tb_json *const inputs = first_of(sequence, "control_input");
  size_t count = 0;
  for (const tb_json *input = inputs; input != NULL; input = input->next)
    count += tb_json_count(input, "control");
  tb_tensor_config *read = tb_json_allocate(config->document, (count + 1) * sizeof *read);
  if (read == NULL) return tb_out_of_memory("the model configuration");
  count = 0;
  for (const tb_json *input = inputs; input != NULL; input = input->next) {
    const char *name = tb_json_string(input, "name", "");
    const tb_json *control = first_of(input, "control");
    if (name[0] == '\0' || control == NULL)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': control input '%s' of sequence_batching needs a name and a "
                      "control",
                      config->name, name);
    for (; control != NULL; control = control->next) {
      TRITONSERVER_DataType datatype = control_datatype(control);
      if (datatype == TRITONSERVER_TYPE_INVALID)
        return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                        "model '%s': control input '%s' of sequence_batching has neither values "
                        "nor a data type",
                        config->name, name);
      read[count++] =
          (tb_tensor_config){.name = name, .datatype = datatype, .dims = dims, .rank = 1};
    }
  }
  config->controls = read;
  config->control_count = count;
  return NULL;
}

static TRITONSERVER_Error *read_states(tb_model_config *config, const tb_json *sequence)
{
  size_t count = tb_json_count(sequence, "state"), i = 0;
  tb_state_config *read = tb_json_allocate(config->document, (count + 1) * sizeof *read);
  if (read == NULL) return tb_out_of_memory("the model configuration");
  for (const tb_json *node = first_of(sequence, "state"); node != NULL; node = node->next, i++) {
    tb_tensor_config state = {.name = tb_json_string(node, "input_name", "")};
    const char *output = tb_json_string(node, "output_name", "");
    const char *type = tb_json_string(node, "data_type", "TYPE_INVALID");
    state.datatype = tb_datatype_from_config(type);
    if (state.name[0] == '\0' || output[0] == '\0' || state.datatype == TRITONSERVER_TYPE_INVALID)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': state %zu of sequence_batching ('%s' to '%s') needs two names "
                      "and a data type, has data type %s",
                      config->name, i, state.name, output, type);
    TB_RETURN_IF_ERROR(
        read_dims(config, state.name, tb_json_member(node, "dims"), &state.dims, &state.rank));
    read[i].input = read[i].output = state;
    read[i].output.name = output;
  }
  config->states = read;
  config->state_count = count;
  return NULL;
}

TRITONSERVER_Error *tb_model_config_refresh(tb_model_config *config)
{
  config->name = tb_json_string(config->root, "name", config->name);
  config->max_batch_size = 0;
  const tb_json *size = tb_json_member(config->root, "max_batch_size");
  if (size != NULL && (!tb_json_int64(size, &config->max_batch_size) || config->max_batch_size < 0))
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': max_batch_size must be an integer that is not negative",
                    config->name);
  config->decoupled =
      is_true(tb_json_member(config->root, "model_transaction_policy"), "decoupled");
  TB_RETURN_IF_ERROR(read_tensors(config, "input", &config->inputs, &config->input_count));
  TB_RETURN_IF_ERROR(read_tensors(config, "output", &config->outputs, &config->output_count));
  const tb_json *sequence = tb_json_member(config->root, "sequence_batching");
  config->iterative = is_true(sequence, "iterative_sequence");
  TB_RETURN_IF_ERROR(read_controls(config, sequence));
  return read_states(config, sequence);
}

static TRITONSERVER_Error *parse_message(TRITONSERVER_Message *message, tb_json_document **document)
{
  const char *text;
  size_t size;
  TB_RETURN_IF_ERROR(TRITONSERVER_MessageSerializeToJson(message, &text, &size));
  return tb_json_parse(text, size, document);
}

TRITONSERVER_Error *tb_model_config_read(TRITONBACKEND_Model *model, tb_model_config **config)
{
  const char *name;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelName(model, &name));
  tb_model_config *read = calloc(1, sizeof *read);
  if (read == NULL) return tb_out_of_memory("the model configuration");

  /* The message of ModelConfig is the caller's, that of BackendConfig the server's. */
  TRITONSERVER_Message *message;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelConfig(model, 1 /* format */, &message);
  if (error == NULL) {
    error = parse_message(message, &read->document);
    TB_LOG_IF_ERROR(TRITONSERVER_MessageDelete(message), "deleting the configuration message");
  }
  if (error == NULL) {
    read->root = tb_json_root(read->document);
    size_t size = strlen(name) + 1;
    char *copy = tb_json_allocate(read->document, size);
    if (copy != NULL)
      read->name = memcpy(copy, name, size);
    else
      error = tb_out_of_memory("the model configuration");
  }
  if (error == NULL) error = tb_model_config_refresh(read);
  if (error != NULL) {
    tb_model_config_free(read);
    return error;
  }
  *config = read;
  return NULL;
}

void tb_model_config_free(tb_model_config *config)
{
  if (config == NULL) return;
  tb_json_free(config->document);
  free(config);
}

TRITONSERVER_Error *tb_model_config_store(TRITONBACKEND_Model *model, const tb_model_config *config)
{
  size_t length;
  char *text = tb_json_write(config->root, &length);
  if (text == NULL) return tb_out_of_memory("the model configuration");
  TRITONSERVER_Message *message;
  TRITONSERVER_Error *error = TRITONSERVER_MessageNewFromSerializedJson(&message, text, length);
  free(text);
  if (error != NULL) return error;
  error = TRITONBACKEND_ModelSetConfig(model, 1 /* format */, message);
  TB_LOG_IF_ERROR(TRITONSERVER_MessageDelete(message), "deleting the configuration message");
  return error;
}

int tb_find_tensor(const tb_tensor_config *tensors, size_t count, const char *name, size_t guess)
{
  if (guess < count && strcmp(tensors[guess].name, name) == 0) return (int)guess;
  for (size_t i = 0; i < count; i++)
    if (strcmp(tensors[i].name, name) == 0) return (int)i;
  return -1;
}

const char *tb_model_parameter(const tb_model_config *config, const char *key)
{
  const tb_json *parameters = tb_json_member(config->root, "parameters");
  return tb_json_string(tb_json_member(parameters, key), "string_value", NULL);
}

TRITONSERVER_Error *tb_parse_int(const char *where, const char *text, int64_t low, int64_t high,
                                 int64_t *value)
{
  char *end;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || number < low || number > high)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "%s must be an integer from %" PRId64 " to %" PRId64 ", got '%s'", where, low,
                    high, text);
  *value = number;
  return NULL;
}

TRITONSERVER_Error *tb_parse_bool(const char *where, const char *text, bool *value)
{
  bool yes = strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0;
  if (!yes && strcmp(text, "0") != 0 && strcasecmp(text, "false") != 0)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "%s must be 1, true, 0 or false, got '%s'",
                    where, text);
  *value = yes;
  return NULL;
}

TRITONSERVER_Error *tb_model_parameter_int(const tb_model_config *config, const char *key,
                                           int64_t low, int64_t high, int64_t *value)
{
  const char *text = tb_model_parameter(config, key);
  return text == NULL ? NULL : tb_parse_int(key, text, low, high, value);
}

TRITONSERVER_Error *tb_model_parameter_bool(const tb_model_config *config, const char *key,
                                            bool *value)
{
  const char *text = tb_model_parameter(config, key);
  return text == NULL ? NULL : tb_parse_bool(key, text, value);
}

TRITONSERVER_Error *tb_backend_config_read(TRITONBACKEND_Backend *backend,
                                           tb_json_document **document)
{
  TRITONSERVER_Message *message;
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendConfig(backend, &message));
  return parse_message(message, document);
}

TRITONSERVER_Error *tb_check_api_version(TRITONBACKEND_Backend *backend)
{
  const char *name;
  uint32_t major, minor;
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendName(backend, &name));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ApiVersion(&major, &minor));
  if (major != TRITONBACKEND_API_VERSION_MAJOR || minor < TRITONBACKEND_API_VERSION_MINOR)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                    "backend '%s' was built for backend API %d.%d, the server has %u.%u", name,
                    TRITONBACKEND_API_VERSION_MAJOR, TRITONBACKEND_API_VERSION_MINOR,
                    (unsigned)major, (unsigned)minor);
  return NULL;
}
