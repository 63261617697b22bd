/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The entry points of the onnxruntime backend. */

#include <stdlib.h>

#include "instance.h"

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  tb_json_document *document;
  TB_RETURN_IF_ERROR(tb_check_api_version(backend));
  TB_RETURN_IF_ERROR(tb_backend_config_read(backend, &document));
  ort_library *library = malloc(sizeof *library);
  TRITONSERVER_Error *error =
      library == NULL
          ? tb_out_of_memory("the backend")
          : ort_library_open(tb_json_member(tb_json_root(document), "cmdline"), library);
  tb_json_free(document);
  if (error == NULL) {
    error = TRITONBACKEND_BackendSetState(backend, library);
    if (error != NULL) ort_library_close(library);
  }
  if (error != NULL) {
    free(library);
    return error;
  }
  char names[256];
  TB_LOG_INFO("ONNX Runtime %s, execution providers: %s", library->version,
              ort_provider_names(names, sizeof names));
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  void *library = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendState(backend, &library));
  if (library != NULL) ort_library_close(library);
  free(library);
  return NULL;
}

/* Instances may start in parallel. Without CUDA in the library, a model that names no instance
 * group runs on the CPU, also on a machine that has GPUs. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_GetBackendAttribute(
    TRITONBACKEND_Backend *backend, TRITONBACKEND_BackendAttribute *attributes)
{
  (void)backend;
  if (!ort_has_provider("CUDAExecutionProvider"))
    TB_RETURN_IF_ERROR(TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup(
        attributes, TRITONSERVER_INSTANCEGROUPKIND_CPU, 1, NULL, 0));
  return TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(attributes, true);
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  TRITONBACKEND_Backend *backend;
  void *library;
  ort_model *state;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelBackend(model, &backend));
  TB_RETURN_IF_ERROR(TRITONBACKEND_BackendState(backend, &library));
  TB_RETURN_IF_ERROR(ort_model_new(model, library, &state));
  TRITONSERVER_Error *error = TRITONBACKEND_ModelSetState(model, state);
  if (error != NULL) ort_model_delete(state);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  void *state = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelState(model, &state));
  ort_model_delete(state);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  ort_instance *state;
  TB_RETURN_IF_ERROR(ort_instance_new(instance, &state));
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceSetState(instance, state);
  if (error != NULL) ort_instance_delete(state);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  void *state = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(instance, &state));
  ort_instance_delete(state);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  const uint64_t exec_start = tb_now_ns();
  void *vstate;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(instance, &vstate));
  ort_instance *state = vstate;
  TB_RETURN_IF_ERROR(ort_instance_reserve(state, request_count));
  for (uint32_t i = 0; i < request_count; i++) {
    if (requests[i] == NULL)
      return tb_error(TRITONSERVER_ERROR_INTERNAL, "request %u of the batch is null", (unsigned)i);
    state->items[i] = (ort_item){.request = requests[i]};
  }
  TB_RETURN_IF_ERROR(tb_new_responses(requests, request_count, &state->items[0].response,
                                      sizeof state->items[0]));
  /* From here on the requests are ours and the answer to the server is success. */
  ort_execute(instance, state, request_count, exec_start);
  return NULL;
}
