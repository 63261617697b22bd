/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The model configuration and the backend's command line, as a backend gets to see them. */

#ifndef TB_CONFIG_H
#define TB_CONFIG_H

#include "json.h"
#include "tensor.h"

/* One entry of `input` or `output`. */
typedef struct {
  const char *name;
  TRITONSERVER_DataType datatype;
  const int64_t *dims; /* as the model sees it: `reshape.shape` where there is one; no batch dim */
  size_t rank;
  bool has_reshape;
  bool optional;
  bool ragged;
} tb_tensor_config;

/* One entry of `sequence_batching.state`: what a sequence keeps from a request to the next. The two
 * differ in their names alone; neither need be an entry of `input` or `output`. */
typedef struct {
  tb_tensor_config input, output;
} tb_state_config;

/* All text and arrays belong to the configuration and live until tb_model_config_free(). */
typedef struct {
  const char *name;       /* of the model */
  int64_t max_batch_size; /* 0: requests carry no batch dimension */
  bool decoupled;
  tb_tensor_config *inputs, *outputs;
  size_t input_count, output_count;
  /* Of `sequence_batching`. The controls are the inputs that the server adds, with dims [1]; one
   * that carries several controls is there for each. */
  tb_tensor_config *controls;
  tb_state_config *states;
  size_t control_count, state_count;
  bool iterative; /* the backend schedules a sequence's requests again */
  tb_json_document *document;
  tb_json *root; /* the whole configuration */
} tb_model_config;

/* Reads TRITONBACKEND_ModelConfig. On success the caller owns *config. */
TRITONSERVER_Error *tb_model_config_read(TRITONBACKEND_Model *model, tb_model_config **config);
void tb_model_config_free(tb_model_config *config);

/* Reads `root` again after it was changed. */
TRITONSERVER_Error *tb_model_config_refresh(tb_model_config *config);

/* Hands `root` to the server as the model's configuration; for ModelInitialize only. */
TRITONSERVER_Error *tb_model_config_store(TRITONBACKEND_Model *model,
                                          const tb_model_config *config);

/* Index of the input or output of that name among `count`, or -1. `guess` is tried first: requests
 * name tensors in the configuration's order nearly always. */
int tb_find_tensor(const tb_tensor_config *tensors, size_t count, const char *name, size_t guess);

/* The string value of the configuration's parameter `key`, NULL when it isn't there. */
const char *tb_model_parameter(const tb_model_config *config, const char *key);

/* Values of parameters; each error names `where` and the text. */
TRITONSERVER_Error *tb_parse_int(const char *where, const char *text, int64_t low, int64_t high,
                                 int64_t *value);
TRITONSERVER_Error *tb_parse_bool(const char *where, const char *text, bool *value);

/* The model's parameter `key`; *value keeps its default when it isn't there. */
TRITONSERVER_Error *tb_model_parameter_int(const tb_model_config *config, const char *key,
                                           int64_t low, int64_t high, int64_t *value);
TRITONSERVER_Error *tb_model_parameter_bool(const tb_model_config *config, const char *key,
                                            bool *value);

/* The backend's configuration: an object whose member "cmdline" holds the --backend-config settings
 * as strings. The caller frees the document. */
TRITONSERVER_Error *tb_backend_config_read(TRITONBACKEND_Backend *backend,
                                           tb_json_document **document);

/* Refuses a server whose backend API is older than the one these sources were compiled against. */
TRITONSERVER_Error *tb_check_api_version(TRITONBACKEND_Backend *backend);

#endif
