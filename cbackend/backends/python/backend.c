/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The entry points of the python backend. */

#include <stdlib.h>

#include "python.h"

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *handle)
{
  py_backend *backend;
  TB_RETURN_IF_ERROR(tb_check_api_version(handle));
  TB_RETURN_IF_ERROR(py_backend_new(handle, &backend));
  TRITONSERVER_Error *error = TRITONBACKEND_BackendSetState(handle, backend);
  if (error != NULL) {
    py_backend_delete(backend);
    return error;
  }
  TB_LOG_INFO("Python models run in '%s' unless they name another", backend->interpreter);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *handle)
{
  void *backend = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendState(handle, &backend));
  py_backend_delete(backend);
  return NULL;
}

/* Instances are processes: they start side by side. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_GetBackendAttribute(
    TRITONBACKEND_Backend *backend, TRITONBACKEND_BackendAttribute *attributes)
{
  (void)backend;
  return TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(attributes, true);
}

static TRITONSERVER_Error *complete(TRITONBACKEND_Model *handle, py_model *model)
{
  bool wanted;
  char *text;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelAutoCompleteConfig(handle, &wanted));
  if (!wanted) return NULL;
  TB_RETURN_IF_ERROR(py_auto_complete(model, &text));
  tb_json_document *document = NULL;
  TRITONSERVER_Error *error = tb_json_parse(text, strlen(text), &document);
  free(text);
  if (error != NULL) return error;
  /* What the model made takes the place of what was read. */
  tb_json_free(model->config->document);
  model->config->document = document;
  model->config->root = tb_json_root(document);
  error = tb_model_config_refresh(model->config);
  return error != NULL ? error : tb_model_config_store(handle, model->config);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *handle)
{
  py_model *model;
  TB_RETURN_IF_ERROR(py_model_new(handle, &model));
  TRITONSERVER_Error *error = complete(handle, model);
  if (error == NULL) error = TRITONBACKEND_ModelSetState(handle, model);
  if (error != NULL) py_model_delete(model);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *handle)
{
  void *model = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelState(handle, &model));
  py_model_delete(model);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *handle)
{
  py_instance *instance;
  TB_RETURN_IF_ERROR(py_instance_new(handle, &instance));
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceSetState(handle, instance);
  if (error != NULL) py_instance_delete(instance);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *handle)
{
  void *instance = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(handle, &instance));
  py_instance_delete(instance);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceReady(
    TRITONBACKEND_ModelInstance *handle)
{
  void *instance;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(handle, &instance));
  return py_instance_ready(instance);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *handle, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  void *instance;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(handle, &instance));
  return py_instance_execute(instance, requests, request_count);
}
