/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The model's configuration: auto-complete, checks, and which output copies which input. */

#include <stdlib.h>
#include <string.h>

#include "identity.h"

static bool add_tensor(tb_json_document *document, tb_json *root, const char *key, const char *name)
{
  tb_json *tensors = tb_json_new(document, TB_JSON_ARRAY);
  tb_json *tensor = tb_json_new(document, TB_JSON_OBJECT);
  tb_json *dims = tb_json_new(document, TB_JSON_ARRAY);
  return tensors != NULL && tensor != NULL && dims != NULL &&
         tb_json_append(dims, tb_json_new_int64(document, -1)) &&
         tb_json_set(document, tensor, "name", tb_json_new_string(document, name)) &&
         tb_json_set(document, tensor, "data_type", tb_json_new_string(document, "TYPE_FP32")) &&
         tb_json_set(document, tensor, "dims", dims) && tb_json_append(tensors, tensor) &&
         tb_json_set(document, root, key, tensors);
}

/* A configuration without tensors becomes INPUT0 -> OUTPUT0, FP32, one dimension of any size. */
static TRITONSERVER_Error *auto_complete(TRITONBACKEND_Model *model, tb_model_config *config)
{
  bool wanted = false;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelAutoCompleteConfig(model, &wanted));
  if (!wanted || config->input_count > 0 || config->output_count > 0) return NULL;
  if (!add_tensor(config->document, config->root, "input", "INPUT0") ||
      !add_tensor(config->document, config->root, "output", "OUTPUT0"))
    return tb_out_of_memory("the model configuration");
  TB_RETURN_IF_ERROR(tb_model_config_refresh(config));
  return tb_model_config_store(model, config);
}

/* The input that output `index` copies: the one its parameter names, else the one with the same
 * ending (OUTPUT0 and INPUT0, OUTPUT_mask and INPUT_mask), else the one at the same position. */
static TRITONSERVER_Error *find_input(const tb_model_config *config, size_t index, int *input)
{
  const char *output = config->outputs[index].name;
  const char *named = tb_model_parameter(config, output);
  if (named != NULL) {
    *input = tb_find_tensor(config->inputs, config->input_count, named, index);
    if (*input >= 0) return NULL;
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': parameter '%s' names input '%s', which the model doesn't have",
                    config->name, output, named);
  }
  if (strncmp(output, "OUTPUT", 6) == 0) {
    for (size_t i = 0; i < config->input_count; i++) {
      const char *name = config->inputs[i].name;
      if (strncmp(name, "INPUT", 5) == 0 && strcmp(name + 5, output + 6) == 0) {
        *input = (int)i;
        return NULL;
      }
    }
  }
  if (index >= config->input_count)
    return tb_error(
        TRITONSERVER_ERROR_INVALID_ARG,
        "model '%s': no input for output '%s' (number %zu of %zu, with %zu inputs); set "
        "the parameter '%s' to an input's name",
        config->name, output, index + 1, config->output_count, config->input_count, output);
  *input = (int)index;
  return NULL;
}

static TRITONSERVER_Error *map_outputs(identity_model *state)
{
  const tb_model_config *config = state->config;
  state->input_of_output = calloc(config->output_count + 1, sizeof *state->input_of_output);
  if (state->input_of_output == NULL) return tb_out_of_memory("a model");
  for (size_t i = 0; i < config->output_count; i++) {
    TB_RETURN_IF_ERROR(find_input(config, i, &state->input_of_output[i]));
    const tb_tensor_config *output = &config->outputs[i];
    const tb_tensor_config *input = &config->inputs[state->input_of_output[i]];
    if (input->datatype != output->datatype)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': output '%s' has data type %s and copies input '%s' of data type "
                      "%s; they must be the same",
                      config->name, output->name, tb_datatype_config_name(output->datatype),
                      input->name, tb_datatype_config_name(input->datatype));
  }
  return NULL;
}

static TRITONSERVER_Error *fill(TRITONBACKEND_Model *model, identity_model *state)
{
  TB_RETURN_IF_ERROR(tb_model_config_read(model, &state->config));
  tb_model_config *config = state->config;
  const char *refusal = tb_model_parameter(config, "initialize_error");
  if (refusal != NULL) return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, refusal);
  if (config->decoupled)
    return tb_error(
        TRITONSERVER_ERROR_UNSUPPORTED,
        "model '%s': the identity backend answers each request once; it doesn't support "
        "decoupled models",
        config->name);
  TB_RETURN_IF_ERROR(auto_complete(model, config));
  state->instance_error = tb_model_parameter(config, "instance_error");
  TB_RETURN_IF_ERROR(
      tb_model_parameter_int(config, "execute_delay_ms", 0, 3600 * 1000, &state->execute_delay_ms));
  TB_RETURN_IF_ERROR(
      tb_model_parameter_int(config, "execute_work", 0, 1000000000000, &state->execute_work));
  TB_RETURN_IF_ERROR(tb_model_parameter_bool(config, "echo_parameters", &state->echo_parameters));
  return map_outputs(state);
}

TRITONSERVER_Error *identity_model_new(TRITONBACKEND_Model *model, identity_model **state)
{
  identity_model *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a model");
  TRITONSERVER_Error *error = fill(model, made);
  if (error != NULL) {
    identity_model_delete(made);
    return error;
  }
  *state = made;
  return NULL;
}

void identity_model_delete(identity_model *state)
{
  if (state == NULL) return;
  tb_model_config_free(state->config);
  free(state->input_of_output);
  free(state);
}
