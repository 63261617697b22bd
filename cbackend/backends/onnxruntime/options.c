/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Session options, under the parameter names of Triton's ONNX Runtime backend. */

#include <string.h>

#include "model.h"

/* optimization.graph.level: 0 or nothing is all, 1 extended, 2 none, -1 basic. */
static TRITONSERVER_Error *set_optimization(const tb_model_config *config,
                                            OrtSessionOptions *options)
{
  const tb_json *graph = tb_json_member(tb_json_member(config->root, "optimization"), "graph");
  int64_t level = 0;
  tb_json_int64(tb_json_member(graph, "level"), &level);
  OrtOptimizationLevel wanted = level == -1  ? ORT_ENABLE_BASIC
                                : level == 1 ? ORT_ENABLE_EXTENDED
                                : level == 2 ? ORT_DISABLE_ALL
                                             : ORT_ENABLE_ALL;
  return ort_error(ort.SetSessionGraphOptimizationLevel(options, wanted));
}

static TRITONSERVER_Error *set_threads(const ort_model *model, OrtSessionOptions *options)
{
  const tb_model_config *config = model->config;
  int64_t mode = 0, intra = 0, inter = 0;
  TB_RETURN_IF_ERROR(tb_model_parameter_int(config, "execution_mode", 0, 1, &mode));
  ORT_RETURN_IF_ERROR(
      ort.SetSessionExecutionMode(options, mode == 1 ? ORT_PARALLEL : ORT_SEQUENTIAL));
  TB_RETURN_IF_ERROR(tb_model_parameter_int(config, "intra_op_thread_count", 0, 4096, &intra));
  TB_RETURN_IF_ERROR(tb_model_parameter_int(config, "inter_op_thread_count", 0, 4096, &inter));
  if (model->library->global_thread_pool) return ort_error(ort.DisablePerSessionThreads(options));
  if (intra > 0) ORT_RETURN_IF_ERROR(ort.SetIntraOpNumThreads(options, (int)intra));
  if (inter > 0) ORT_RETURN_IF_ERROR(ort.SetInterOpNumThreads(options, (int)inter));
  return NULL;
}

static TRITONSERVER_Error *set_memory(const tb_model_config *config, OrtSessionOptions *options)
{
  bool on;
  const char *text = tb_model_parameter(config, "enable_mem_arena");
  if (text != NULL) {
    TB_RETURN_IF_ERROR(tb_parse_bool("enable_mem_arena", text, &on));
    ORT_RETURN_IF_ERROR(on ? ort.EnableCpuMemArena(options) : ort.DisableCpuMemArena(options));
  }
  text = tb_model_parameter(config, "enable_mem_pattern");
  if (text != NULL) {
    TB_RETURN_IF_ERROR(tb_parse_bool("enable_mem_pattern", text, &on));
    ORT_RETURN_IF_ERROR(on ? ort.EnableMemPattern(options) : ort.DisableMemPattern(options));
  }
  return NULL;
}

static bool has_prefix(const char *text, const char *prefix)
{
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ONNX Runtime's own configuration keys pass as they are. */
static TRITONSERVER_Error *set_entries(const tb_model_config *config, OrtSessionOptions *options)
{
  const tb_json *parameters = tb_json_member(config->root, "parameters");
  if (parameters == NULL || parameters->type != TB_JSON_OBJECT) return NULL;
  for (const tb_json *node = parameters->first; node != NULL; node = node->next) {
    const char *value = tb_json_string(node, "string_value", NULL);
    if (value == NULL) continue;
    if (has_prefix(node->key, "session.") || has_prefix(node->key, "optimization.") ||
        has_prefix(node->key, "mlas.") || has_prefix(node->key, "ep."))
      ORT_RETURN_IF_ERROR(ort.AddSessionConfigEntry(options, node->key, value));
  }
  return NULL;
}

/* model_operations.op_library_filename: libraries of custom operators. */
static TRITONSERVER_Error *set_operators(const tb_model_config *config, OrtSessionOptions *options)
{
  const tb_json *files =
      tb_json_member(tb_json_member(config->root, "model_operations"), "op_library_filename");
  if (files == NULL || files->type != TB_JSON_ARRAY) return NULL;
  for (const tb_json *node = files->first; node != NULL; node = node->next)
    if (node->type == TB_JSON_STRING)
      ORT_RETURN_IF_ERROR(ort.RegisterCustomOpsLibrary_V2(options, node->text));
  return NULL;
}

static TRITONSERVER_Error *set_all(const ort_model *model, OrtSessionOptions *options)
{
  const tb_model_config *config = model->config;
  ORT_RETURN_IF_ERROR(ort.SetSessionLogId(options, config->name));
  TB_RETURN_IF_ERROR(set_optimization(config, options));
  TB_RETURN_IF_ERROR(set_threads(model, options));
  TB_RETURN_IF_ERROR(set_memory(config, options));
  TB_RETURN_IF_ERROR(set_entries(config, options));
  const char *profile = tb_model_parameter(config, "enable_profiling");
  if (profile != NULL) ORT_RETURN_IF_ERROR(ort.EnableProfiling(options, profile));
  return set_operators(config, options);
}

TRITONSERVER_Error *ort_set_options(const ort_model *model, OrtSessionOptions *options)
{
  return tb_error_within(set_all(model, options), "model '%s'", model->config->name);
}
