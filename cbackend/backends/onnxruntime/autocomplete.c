/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Filling in a configuration from the model: inputs, outputs, batch size and batching. */

#include <inttypes.h>

#include "model.h"

/* The control or state that a tensor is according to the configuration, or NULL. */
typedef const tb_tensor_config *(*sequence_lookup)(const tb_model_config *config, const char *name);

/* Controls and states have dims already, which tell a batch dimension from one that varies. */
static bool all_batch(const tb_model_config *config, const ort_tensor *tensors, size_t count,
                      sequence_lookup lookup)
{
  for (size_t i = 0; i < count; i++) {
    if (tensors[i].rank == 0 || tensors[i].dims[0] != -1) return false;
    const tb_tensor_config *known = lookup(config, tensors[i].name);
    if (known != NULL && tensors[i].rank != known->rank + 1) return false;
  }
  return true;
}

/* A model can batch when the first dimension of all its tensors varies. */
static TRITONSERVER_Error *complete_batching(ort_model *model, const ort_signature *signature)
{
  tb_model_config *config = model->config;
  tb_json_document *document = config->document;
  bool batches =
      all_batch(config, signature->inputs, signature->required_count, ort_sequence_input) &&
      all_batch(config, signature->outputs, signature->output_count, ort_sequence_output);
  if (!batches) {
    if (config->max_batch_size == 0) return NULL;
    return tb_error(
        TRITONSERVER_ERROR_INVALID_ARG,
        "autofill failed for model '%s': model does not support batching while non-zero "
        "max_batch_size is specified",
        config->name);
  }
  if (config->max_batch_size == 0) {
    config->max_batch_size = model->library->default_max_batch_size;
    if (!tb_json_set(document, config->root, "max_batch_size",
                     tb_json_new_int64(document, config->max_batch_size)))
      return tb_out_of_memory("the model configuration");
    TB_LOG_INFO("model '%s' can batch: max_batch_size is set to default-max-batch-size, %" PRId64
                "; set max_batch_size in its configuration for another one",
                config->name, config->max_batch_size);
  }
  if (config->max_batch_size > 1 && tb_json_member(config->root, "sequence_batching") == NULL &&
      tb_json_member(config->root, "dynamic_batching") == NULL &&
      !tb_json_set(document, config->root, "dynamic_batching",
                   tb_json_new(document, TB_JSON_OBJECT)))
    return tb_out_of_memory("the model configuration");
  return NULL;
}

/* {"name", "data_type", "dims"}, without the batch dimension. A tensor without dimensions of its
 * own has dims [1], which a reshape to [] takes away again where there is a batch dimension. */
static tb_json *describe(const tb_model_config *config, const ort_tensor *tensor)
{
  tb_json_document *document = config->document;
  tb_json *entry = tb_json_new(document, TB_JSON_OBJECT);
  tb_json *dims = tb_json_new(document, TB_JSON_ARRAY);
  if (entry == NULL || dims == NULL) return NULL;
  const char *type = tb_datatype_config_name(ort_datatype_of(tensor->type));
  bool done = tb_json_set(document, entry, "name", tb_json_new_string(document, tensor->name)) &&
              tb_json_set(document, entry, "data_type", tb_json_new_string(document, type));
  for (size_t i = config->max_batch_size > 0 ? 1 : 0; i < tensor->rank; i++)
    done = done && tb_json_append(dims, tb_json_new_int64(document, tensor->dims[i]));
  if (done && dims->count == 0) {
    done = tb_json_append(dims, tb_json_new_int64(document, 1));
    if (config->max_batch_size > 0) {
      tb_json *reshape = tb_json_new(document, TB_JSON_OBJECT);
      done = done &&
             tb_json_set(document, reshape, "shape", tb_json_new(document, TB_JSON_ARRAY)) &&
             tb_json_set(document, entry, "reshape", reshape);
    }
  }
  done = done && tb_json_set(document, entry, "dims", dims);
  return done ? entry : NULL;
}

static TRITONSERVER_Error *complete_tensors(tb_model_config *config, const char *key,
                                            const ort_tensor *tensors, size_t count,
                                            sequence_lookup lookup)
{
  tb_json *list = tb_json_new(config->document, TB_JSON_ARRAY);
  for (size_t i = 0; i < count; i++) {
    /* What the server keeps to itself, no client sees. */
    if (lookup(config, tensors[i].name) != NULL) continue;
    if (ort_datatype_of(tensors[i].type) == TRITONSERVER_TYPE_INVALID) {
      TB_LOG_WARN(
          "model '%s': %s '%s' is left out of the configuration: it is no tensor of a type "
          "that the protocol has",
          config->name, key, tensors[i].name);
      continue;
    }
    if (!tb_json_append(list, describe(config, &tensors[i])))
      return tb_out_of_memory("the model configuration");
  }
  return tb_json_set(config->document, config->root, key, list)
             ? NULL
             : tb_out_of_memory("the model configuration");
}

TRITONSERVER_Error *ort_auto_complete(TRITONBACKEND_Model *handle, ort_model *model)
{
  tb_model_config *config = model->config;
  const bool has_inputs = config->input_count > 0, has_outputs = config->output_count > 0;
  if (has_inputs && has_outputs) return NULL;

  /* On the CPU whatever the instances will be: a signature doesn't depend on the device, and CPU
   * instances go on with this very session. */
  TB_RETURN_IF_ERROR(ort_session_new(model, TRITONSERVER_INSTANCEGROUPKIND_CPU, 0, &model->shared));
  const ort_signature *signature = &model->shared->signature;
  TB_RETURN_IF_ERROR(complete_batching(model, signature));
  if (!has_inputs)
    TB_RETURN_IF_ERROR(complete_tensors(config, "input", signature->inputs,
                                        signature->required_count, ort_sequence_input));
  if (!has_outputs)
    TB_RETURN_IF_ERROR(complete_tensors(config, "output", signature->outputs,
                                        signature->output_count, ort_sequence_output));
  TB_RETURN_IF_ERROR(tb_model_config_refresh(config));
  return tb_model_config_store(handle, config);
}
