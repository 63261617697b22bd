/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The configuration held against the model, before any request meets the difference. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

/* The same sentence for inputs and outputs, "unexpected inference input 'x', allowed inputs are:
 * a". */
static TRITONSERVER_Error *unexpected(const char *direction, const char *name,
                                      const ort_tensor *tensors, size_t count)
{
  char names[1024] = "";
  size_t used = 0;
  for (size_t i = 0; i < count && used < sizeof names; i++)
    used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                             tensors[i].name);
  return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                  "unexpected inference %s '%s', allowed %ss are: %s", direction, name, direction,
                  names);
}

/* What a dimension of -1 means. The model takes any size for an input. For an output the
 * configuration must say so too: it promises clients a shape. With the next value of a state nobody
 * is promised anything; what is known of it must agree. */
typedef enum { TAKEN, PROMISED, KEPT } purpose;

static bool dims_agree(const int64_t *model, const int64_t *config, size_t count, purpose why)
{
  for (size_t i = 0; i < count; i++) {
    if (model[i] == config[i]) continue;
    if (why == PROMISED || (model[i] != -1 && (why == TAKEN || config[i] != -1))) return false;
  }
  return true;
}

static TRITONSERVER_Error *check_dims(const tb_model_config *config, const tb_tensor_config *wanted,
                                      const ort_tensor *tensor, purpose why)
{
  const char *model = config->name, *name = wanted->name;
  if (config->max_batch_size == 0) {
    if (tensor->rank == wanted->rank && dims_agree(tensor->dims, wanted->dims, wanted->rank, why))
      return NULL;
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s', tensor '%s': the model expects %zu dimensions (shape %s) but the "
                    "model configuration specifies %zu dimensions (shape %s)",
                    model, name, tensor->rank, TB_SHAPE_TEXT(tensor->dims, tensor->rank),
                    wanted->rank, TB_SHAPE_TEXT(wanted->dims, wanted->rank));
  }
  if (tensor->rank == 0 || tensor->dims[0] != -1)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "model '%s', tensor '%s': for the model to support batching the shape should "
                    "have at least 1 dimension and the first dimension must be -1; but shape "
                    "expected by the model is %s",
                    model, name, TB_SHAPE_TEXT(tensor->dims, tensor->rank));
  if (tensor->rank == wanted->rank + 1 &&
      dims_agree(tensor->dims + 1, wanted->dims, wanted->rank, why))
    return NULL;
  char full[128];
  const char *inner = TB_SHAPE_TEXT(wanted->dims, wanted->rank);
  snprintf(full, sizeof full, "[-1%s%s", wanted->rank > 0 ? "," : "", inner + 1);
  return tb_error(
      TRITONSERVER_ERROR_INVALID_ARG,
      "model '%s', tensor '%s': the model expects %zu dimensions (shape %s) but the "
      "model configuration specifies %zu dimensions (an initial batch dimension because "
      "max_batch_size > 0 followed by the explicit tensor shape, making complete shape "
      "%s)",
      model, name, tensor->rank, TB_SHAPE_TEXT(tensor->dims, tensor->rank), wanted->rank + 1, full);
}

/* A configuration has no way to say "no dimensions": ones stand for them. */
static TRITONSERVER_Error *check_scalar(const tb_model_config *config,
                                        const tb_tensor_config *wanted)
{
  for (size_t i = 0; i < wanted->rank; i++)
    if (wanted->dims[i] != 1)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "unable to load model '%s', scalar tensor '%s', should only provide 1 in the "
                      "model configuration when the model doesn't support batching. Model "
                      "configuration provided: %s.",
                      config->name, wanted->name, TB_SHAPE_TEXT(wanted->dims, wanted->rank));
  return NULL;
}

static TRITONSERVER_Error *check_tensor(const tb_model_config *config, const char *direction,
                                        const tb_tensor_config *wanted, const ort_tensor *tensor,
                                        purpose why)
{
  TRITONSERVER_DataType datatype = ort_datatype_of(tensor->type);
  if (datatype == TRITONSERVER_TYPE_INVALID)
    return tb_error(
        TRITONSERVER_ERROR_INVALID_ARG,
        "unable to load model '%s', %s '%s' is no tensor of a type that the protocol has",
        config->name, direction, wanted->name);
  if (datatype != wanted->datatype)
    return tb_error(
        TRITONSERVER_ERROR_INVALID_ARG,
        "unable to load model '%s', configuration expects datatype %s for %s '%s', model "
        "provides TYPE_%s",
        config->name, tb_datatype_config_name(wanted->datatype), direction, wanted->name,
        TRITONSERVER_DataTypeString(datatype));
  if (!tensor->has_shape) return NULL;
  if (tensor->rank == 0 && config->max_batch_size == 0) return check_scalar(config, wanted);
  return check_dims(config, wanted, tensor, why);
}

static TRITONSERVER_Error *check_inputs(const tb_model_config *config,
                                        const ort_signature *signature)
{
  size_t provided = 0;
  for (size_t i = 0; i < config->input_count; i++) provided += !config->inputs[i].optional;
  for (size_t i = 0; i < signature->required_count; i++)
    provided += ort_sequence_input(config, signature->inputs[i].name) != NULL;
  for (size_t i = 0; i < config->input_count; i++) {
    const tb_tensor_config *wanted = &config->inputs[i];
    if (wanted->optional && config->max_batch_size != 0)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "unable to load model '%s', optional input '%s' is not supported for models "
                      "that support batching",
                      config->name, wanted->name);
    int index = ort_find(signature->inputs, signature->input_count, wanted->name, i);
    if (index < 0)
      return unexpected("input", wanted->name, signature->inputs, signature->input_count);
    if (wanted->optional && (size_t)index < signature->required_count)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "unable to load model '%s', input '%s' is optional in the configuration but "
                      "the model has no default for it",
                      config->name, wanted->name);
    if (!wanted->optional && (size_t)index >= signature->required_count) provided--;
    TB_RETURN_IF_ERROR(check_tensor(config, "input", wanted, &signature->inputs[index], TAKEN));
  }
  if (provided != signature->required_count)
    return tb_error(
        TRITONSERVER_ERROR_INVALID_ARG,
        "unable to load model '%s', configuration expects %zu inputs, model provides %zu",
        config->name, provided, signature->required_count);
  return NULL;
}

/* ---- sequence batching ---- */

static const tb_tensor_config *control_of(const tb_model_config *config, const char *name)
{
  int index = tb_find_tensor(config->controls, config->control_count, name, 0);
  return index >= 0 ? &config->controls[index] : NULL;
}

const tb_tensor_config *ort_sequence_input(const tb_model_config *config, const char *name)
{
  for (size_t i = 0; i < config->state_count; i++)
    if (strcmp(config->states[i].input.name, name) == 0) return &config->states[i].input;
  return control_of(config, name);
}

const tb_tensor_config *ort_sequence_output(const tb_model_config *config, const char *name)
{
  for (size_t i = 0; i < config->state_count; i++)
    if (strcmp(config->states[i].output.name, name) == 0) return &config->states[i].output;
  return NULL;
}

/* A control or a state against the model's tensor of that name. */
static TRITONSERVER_Error *check_sequence_tensor(const tb_model_config *config, const char *what,
                                                 const tb_tensor_config *wanted,
                                                 const ort_tensor *tensors, size_t count,
                                                 purpose why)
{
  int index = ort_find(tensors, count, wanted->name, 0);
  if (index >= 0) return check_tensor(config, what, wanted, &tensors[index], why);
  return tb_error_within(
      unexpected(why == KEPT ? "output" : "input", wanted->name, tensors, count),
      "unable to load model '%s', its sequence_batching has a %s that the model lacks",
      config->name, what);
}

/* The server adds controls and states to a request's inputs, so none may be there already. */
static TRITONSERVER_Error *check_sequence_input(const tb_model_config *config, const char *what,
                                                const tb_tensor_config *wanted,
                                                const ort_signature *signature)
{
  if (tb_find_tensor(config->inputs, config->input_count, wanted->name, 0) >= 0)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "unable to load model '%s', '%s' is both an input and a %s of "
                    "sequence_batching: the server provides it, requests must not",
                    config->name, wanted->name, what);
  return check_sequence_tensor(config, what, wanted, signature->inputs, signature->input_count,
                               TAKEN);
}

static TRITONSERVER_Error *check_sequence(const tb_model_config *config,
                                          const ort_signature *signature)
{
  for (size_t i = 0; i < config->control_count; i++) {
    const tb_tensor_config *control = &config->controls[i];
    /* They would come as inputs of one name, of which the run can have one. */
    if (control_of(config, control->name) != control)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "unable to load model '%s', control input '%s' of sequence_batching carries "
                      "several controls: an input of the model has one value",
                      config->name, control->name);
    TB_RETURN_IF_ERROR(check_sequence_input(config, "control input", control, signature));
  }
  for (size_t i = 0; i < config->state_count; i++) {
    const tb_state_config *state = &config->states[i];
    if (ort_sequence_input(config, state->input.name) != &state->input ||
        ort_sequence_output(config, state->output.name) != &state->output ||
        control_of(config, state->input.name) != NULL)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "unable to load model '%s', the state '%s' to '%s' of sequence_batching "
                      "shares one of these with another state or control",
                      config->name, state->input.name, state->output.name);
    TB_RETURN_IF_ERROR(check_sequence_input(config, "state input", &state->input, signature));
    TB_RETURN_IF_ERROR(check_sequence_tensor(config, "state output", &state->output,
                                             signature->outputs, signature->output_count, KEPT));
  }
  return NULL;
}

TRITONSERVER_Error *ort_validate(const tb_model_config *config, const ort_signature *signature)
{
  TB_RETURN_IF_ERROR(check_sequence(config, signature));
  TB_RETURN_IF_ERROR(check_inputs(config, signature));
  for (size_t i = 0; i < config->output_count; i++) {
    const tb_tensor_config *wanted = &config->outputs[i];
    int index = ort_find(signature->outputs, signature->output_count, wanted->name, i);
    if (index < 0)
      return unexpected("output", wanted->name, signature->outputs, signature->output_count);
    TB_RETURN_IF_ERROR(
        check_tensor(config, "output", wanted, &signature->outputs[index], PROMISED));
  }
  return NULL;
}
