/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Execution providers: CUDA for GPU instances, and the accelerators that a configuration names. */

#include <stdio.h>
#include <string.h>

#include "model.h"

#define OPTION_LIMIT 64

/* Options of a provider as the two parallel arrays its functions take. Text is borrowed. */
typedef struct {
  const char *keys[OPTION_LIMIT], *values[OPTION_LIMIT];
  size_t count;
} option_list;

/* Later settings win over earlier ones of the same key. */
static TRITONSERVER_Error *set_option(option_list *list, const char *key, const char *value)
{
  size_t i = 0;
  while (i < list->count && strcmp(list->keys[i], key) != 0) i++;
  if (i == OPTION_LIMIT)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "more than %d options for one execution accelerator", OPTION_LIMIT);
  list->keys[i] = key;
  list->values[i] = value;
  if (i == list->count) list->count++;
  return NULL;
}

static TRITONSERVER_Error *need_provider(const ort_model *model, const char *provider,
                                         const char *wanted_by)
{
  if (ort_has_provider(provider)) return NULL;
  char names[256];
  return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                  "%s needs the %s, which ONNX Runtime %s as installed doesn't have (it has: %s)",
                  wanted_by, provider, model->library->version,
                  ort_provider_names(names, sizeof names));
}

static const tb_json *accelerators(const ort_model *model, const char *group)
{
  const tb_json *optimization = tb_json_member(model->config->root, "optimization");
  const tb_json *list =
      tb_json_member(tb_json_member(optimization, "execution_accelerators"), group);
  return list != NULL && list->type == TB_JSON_ARRAY ? list->first : NULL;
}

/* ---- CUDA ---- */

/* The deprecated way to set four of the options, as parameters of the model. */
static TRITONSERVER_Error *add_model_parameters(const tb_model_config *config, option_list *list)
{
  static const char *const searches[] = {"EXHAUSTIVE", "HEURISTIC", "DEFAULT"};
  static const char *const strategies[] = {"kNextPowerOfTwo", "kSameAsRequested"};
  int64_t search = -1, strategy = -1;
  TB_RETURN_IF_ERROR(tb_model_parameter_int(config, "cudnn_conv_algo_search", 0, 2, &search));
  TB_RETURN_IF_ERROR(tb_model_parameter_int(config, "arena_extend_strategy", 0, 1, &strategy));
  if (search >= 0) TB_RETURN_IF_ERROR(set_option(list, "cudnn_conv_algo_search", searches[search]));
  if (strategy >= 0)
    TB_RETURN_IF_ERROR(set_option(list, "arena_extend_strategy", strategies[strategy]));
  static const char *const plain[] = {"gpu_mem_limit", "do_copy_in_default_stream"};
  for (size_t i = 0; i < 2; i++) {
    const char *value = tb_model_parameter(config, plain[i]);
    if (value != NULL) TB_RETURN_IF_ERROR(set_option(list, plain[i], value));
  }
  return NULL;
}

static TRITONSERVER_Error *add_cuda(const ort_model *model, OrtSessionOptions *options,
                                    option_list *list)
{
  TB_RETURN_IF_ERROR(need_provider(model, "CUDAExecutionProvider", "a KIND_GPU instance"));
  TB_RETURN_IF_ERROR(add_model_parameters(model->config, list));
  OrtCudaOptions *cuda;
  ORT_RETURN_IF_ERROR(ort.CreateCUDAProviderOptions(&cuda));
  OrtStatus *status = ort.UpdateCUDAProviderOptions(cuda, list->keys, list->values, list->count);
  if (status == NULL) status = ort.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda);
  ort.ReleaseCUDAProviderOptions(cuda);
  return ort_error(status);
}

/* ---- TensorRT ---- */

/* Names that the configuration has for options of the provider; others pass as they are. */
static const char *const tensorrt_names[][2] = {
    {"max_workspace_size_bytes", "trt_max_workspace_size"},
    {"int8_calibration_table_name", "trt_int8_calibration_table_name"},
    {"int8_use_native_calibration_table", "trt_int8_use_native_calibration_table"},
};

static TRITONSERVER_Error *tensorrt_option(option_list *list, const char *key, const char *value)
{
  if (strcmp(key, "precision_mode") == 0) {
    if (strcmp(value, "FP32") == 0) return NULL;
    if (strcmp(value, "FP16") == 0) return set_option(list, "trt_fp16_enable", "1");
    if (strcmp(value, "BF16") == 0) return set_option(list, "trt_bf16_enable", "1");
    if (strcmp(value, "INT8") == 0) return set_option(list, "trt_int8_enable", "1");
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "unsupported precision mode '%s' is requested",
                    value);
  }
  for (size_t i = 0; i < sizeof tensorrt_names / sizeof *tensorrt_names; i++)
    if (strcmp(key, tensorrt_names[i][0]) == 0) key = tensorrt_names[i][1];
  return set_option(list, key, value);
}

static TRITONSERVER_Error *add_tensorrt(const ort_model *model, OrtSessionOptions *options,
                                        const tb_json *parameters, const char *device)
{
  TB_RETURN_IF_ERROR(
      need_provider(model, "TensorrtExecutionProvider", "execution accelerator 'tensorrt'"));
  option_list list = {0};
  TB_RETURN_IF_ERROR(set_option(&list, "device_id", device));
  for (const tb_json *node = parameters; node != NULL; node = node->next)
    if (node->type == TB_JSON_STRING)
      TB_RETURN_IF_ERROR(tensorrt_option(&list, node->key, node->text));
  OrtTensorRtOptions *tensorrt;
  ORT_RETURN_IF_ERROR(ort.CreateTensorRTProviderOptions(&tensorrt));
  OrtStatus *status =
      ort.UpdateTensorRTProviderOptions(tensorrt, list.keys, list.values, list.count);
  if (status == NULL)
    status = ort.SessionOptionsAppendExecutionProvider_TensorRT_V2(options, tensorrt);
  ort.ReleaseTensorRTProviderOptions(tensorrt);
  return ort_error(status);
}

/* ---- the accelerators that are set by name ---- */

static const char *const named_accelerators[][3] = {
    {"openvino", "OpenVINO", "OpenVINOExecutionProvider"},
    {"xnnpack", "XNNPACK", "XnnpackExecutionProvider"},
};

static TRITONSERVER_Error *add_named(const ort_model *model, OrtSessionOptions *options,
                                     const tb_json *accelerator)
{
  const char *name = tb_json_string(accelerator, "name", "");
  const size_t known = sizeof named_accelerators / sizeof *named_accelerators;
  size_t i = 0;
  while (i < known && strcmp(named_accelerators[i][0], name) != 0) i++;
  if (i == known)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "unknown Execution Accelerator '%s' is requested", name);
  char wanted_by[96];
  snprintf(wanted_by, sizeof wanted_by, "execution accelerator '%s'", name);
  TB_RETURN_IF_ERROR(need_provider(model, named_accelerators[i][2], wanted_by));
  option_list list = {0};
  const tb_json *parameters = tb_json_member(accelerator, "parameters");
  for (const tb_json *node = parameters != NULL ? parameters->first : NULL; node != NULL;
       node = node->next)
    if (node->type == TB_JSON_STRING) TB_RETURN_IF_ERROR(set_option(&list, node->key, node->text));
  return ort_error(ort.SessionOptionsAppendExecutionProvider(options, named_accelerators[i][1],
                                                             list.keys, list.values, list.count));
}

static TRITONSERVER_Error *add_gpu_providers(const ort_model *model, OrtSessionOptions *options,
                                             int32_t device)
{
  char device_text[16];
  snprintf(device_text, sizeof device_text, "%d", (int)device);
  option_list cuda = {0};
  for (const tb_json *node = accelerators(model, "gpu_execution_accelerator"); node != NULL;
       node = node->next) {
    const char *name = tb_json_string(node, "name", "");
    const tb_json *parameters = tb_json_member(node, "parameters");
    const tb_json *first = parameters != NULL ? parameters->first : NULL;
    if (strcmp(name, "tensorrt") == 0) {
      TB_RETURN_IF_ERROR(add_tensorrt(model, options, first, device_text));
    } else if (strcmp(name, "cuda") == 0) {
      for (; first != NULL; first = first->next)
        if (first->type == TB_JSON_STRING)
          TB_RETURN_IF_ERROR(set_option(&cuda, first->key, first->text));
    } else {
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "unknown Execution Accelerator '%s' is requested", name);
    }
  }
  TB_RETURN_IF_ERROR(set_option(&cuda, "device_id", device_text));
  return add_cuda(model, options, &cuda);
}

TRITONSERVER_Error *ort_set_providers(const ort_model *model, OrtSessionOptions *options,
                                      TRITONSERVER_InstanceGroupKind kind, int32_t device)
{
  const char *name = model->config->name;
  if (kind == TRITONSERVER_INSTANCEGROUPKIND_GPU)
    TB_RETURN_IF_ERROR(tb_error_within(add_gpu_providers(model, options, device),
                                       "model '%s' on GPU %d", name, (int)device));
  for (const tb_json *node = accelerators(model, "cpu_execution_accelerator"); node != NULL;
       node = node->next)
    TB_RETURN_IF_ERROR(tb_error_within(add_named(model, options, node), "model '%s'", name));
  return NULL;
}
