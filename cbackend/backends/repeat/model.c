/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The model's configuration: auto-complete, and everything that must be so. */

#include <string.h>

#include "repeat.h"

typedef struct {
  const char *name;
  TRITONSERVER_DataType datatype;
  int64_t dim; /* of the one dimension; -1: any */
  bool optional;
} wanted_tensor;

/* IN and DELAY first: their dims must be the same. */
static const wanted_tensor INPUTS[] = {{"IN", TRITONSERVER_TYPE_INT32, -1, false},
                                       {"DELAY", TRITONSERVER_TYPE_UINT32, -1, true},
                                       {"WAIT", TRITONSERVER_TYPE_UINT32, 1, true}};
static const wanted_tensor OUTPUTS[] = {{"OUT", TRITONSERVER_TYPE_INT32, 1, false},
                                        {"IDX", TRITONSERVER_TYPE_UINT32, 1, false}};
enum { INPUT_COUNT = 3, OUTPUT_COUNT = 2 };

/* ---- auto-complete ---- */

static bool add_tensors(tb_json_document *document, tb_json *root, const char *key,
                        const wanted_tensor *wanted, size_t count)
{
  tb_json *tensors = tb_json_new(document, TB_JSON_ARRAY);
  if (tensors == NULL) return false;
  for (size_t i = 0; i < count; i++) {
    tb_json *tensor = tb_json_new(document, TB_JSON_OBJECT);
    tb_json *dims = tb_json_new(document, TB_JSON_ARRAY);
    tb_json *truth = tb_json_new(document, TB_JSON_BOOL);
    const char *type = tb_datatype_config_name(wanted[i].datatype);
    if (tensor == NULL || dims == NULL || truth == NULL ||
        !tb_json_append(dims, tb_json_new_int64(document, wanted[i].dim)) ||
        !tb_json_set(document, tensor, "name", tb_json_new_string(document, wanted[i].name)) ||
        !tb_json_set(document, tensor, "data_type", tb_json_new_string(document, type)) ||
        !tb_json_set(document, tensor, "dims", dims))
      return false;
    truth->boolean = true;
    if (wanted[i].optional && !tb_json_set(document, tensor, "optional", truth)) return false;
    if (!tb_json_append(tensors, tensor)) return false;
  }
  return tb_json_set(document, root, key, tensors);
}

static bool set_decoupled(tb_json_document *document, tb_json *root)
{
  tb_json *policy = tb_json_new(document, TB_JSON_OBJECT);
  tb_json *truth = tb_json_new(document, TB_JSON_BOOL);
  if (policy == NULL || truth == NULL) return false;
  truth->boolean = true;
  return tb_json_set(document, policy, "decoupled", truth) &&
         tb_json_set(document, root, "model_transaction_policy", policy);
}

/* A configuration without tensors gets those that the backend has, and becomes decoupled. */
static TRITONSERVER_Error *auto_complete(TRITONBACKEND_Model *model, tb_model_config *config)
{
  bool wanted = false;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelAutoCompleteConfig(model, &wanted));
  if (!wanted || config->input_count > 0 || config->output_count > 0) return NULL;
  if (!add_tensors(config->document, config->root, "input", INPUTS, INPUT_COUNT) ||
      !add_tensors(config->document, config->root, "output", OUTPUTS, OUTPUT_COUNT) ||
      !set_decoupled(config->document, config->root))
    return tb_out_of_memory("the model configuration");
  TB_RETURN_IF_ERROR(tb_model_config_refresh(config));
  return tb_model_config_store(model, config);
}

/* ---- checks ---- */

static TRITONSERVER_Error *check_tensor(const tb_model_config *config, const char *kind,
                                        const wanted_tensor *wanted, const tb_tensor_config *found)
{
  if (found->datatype != wanted->datatype)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': expected %s datatype to be %s, got %s", config->name, wanted->name,
                    tb_datatype_config_name(wanted->datatype),
                    tb_datatype_config_name(found->datatype));
  if (found->rank != 1 || (wanted->dim > 0 && found->dims[0] != wanted->dim))
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': expected %s shape to %s, got %s", config->name, wanted->name,
                    wanted->dim > 0 ? "be [1]" : "have one dimension",
                    TB_SHAPE_TEXT(found->dims, found->rank));
  if (found->optional && !wanted->optional)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "model '%s': %s %s can't be optional",
                    config->name, kind, wanted->name);
  return NULL;
}

static TRITONSERVER_Error *check_tensors(const tb_model_config *config, const char *kind,
                                         const wanted_tensor *wanted, size_t count,
                                         const tb_tensor_config *found, size_t found_count)
{
  if (found_count != count)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "model '%s': expected %zu %ss, got %zu",
                    config->name, count, kind, found_count);
  for (size_t i = 0; i < count; i++) {
    int index = tb_find_tensor(found, found_count, wanted[i].name, i);
    if (index < 0)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "model '%s': the repeat backend needs an %s named %s", config->name, kind,
                      wanted[i].name);
    TB_RETURN_IF_ERROR(check_tensor(config, kind, &wanted[i], &found[index]));
  }
  return NULL;
}

static TRITONSERVER_Error *check_lists(const tb_model_config *config)
{
  const tb_tensor_config *in =
      &config->inputs[tb_find_tensor(config->inputs, config->input_count, "IN", 0)];
  const tb_tensor_config *delay =
      &config->inputs[tb_find_tensor(config->inputs, config->input_count, "DELAY", 1)];
  if (in->dims[0] == delay->dims[0]) return NULL;
  return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                  "model '%s': expected IN and DELAY shape to match, got %s and %s", config->name,
                  TB_SHAPE_TEXT(in->dims, in->rank), TB_SHAPE_TEXT(delay->dims, delay->rank));
}

static TRITONSERVER_Error *check(TRITONBACKEND_Model *model, tb_model_config *config)
{
  TB_RETURN_IF_ERROR(auto_complete(model, config));
  if (config->max_batch_size != 0)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': repeat backend only supports models with max_batch_size == 0",
                    config->name);
  if (!config->decoupled)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s': the repeat backend sends any number of responses; set "
                    "model_transaction_policy { decoupled: true }",
                    config->name);
  TB_RETURN_IF_ERROR(check_tensors(config, "input", INPUTS, INPUT_COUNT, config->inputs,
                                   config->input_count));
  TB_RETURN_IF_ERROR(check_tensors(config, "output", OUTPUTS, OUTPUT_COUNT, config->outputs,
                                   config->output_count));
  return check_lists(config);
}

TRITONSERVER_Error *repeat_model_check(TRITONBACKEND_Model *model)
{
  tb_model_config *config;
  TB_RETURN_IF_ERROR(tb_model_config_read(model, &config));
  TRITONSERVER_Error *error = check(model, config);
  tb_model_config_free(config);
  return error;
}
