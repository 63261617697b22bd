/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Life-cycle: what the server calls before the first and after the last request. */

#include <stdlib.h>

#include "identity.h"

/* Once per process, before any model of this backend. There is no state to keep here; a failure
 * makes every model of the backend fail to load. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{
  TB_RETURN_IF_ERROR(tb_check_api_version(backend));
  tb_json_document *document;
  TB_RETURN_IF_ERROR(tb_backend_config_read(backend, &document));
  const tb_json *cmdline = tb_json_member(tb_json_root(document), "cmdline");
  const char *refusal = tb_json_string(cmdline, "initialize_error", NULL);
  TRITONSERVER_Error *error =
      refusal != NULL ? TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, refusal) : NULL;
  tb_json_free(document);
  return error;
}

/* Once per process, when the last model of the backend is gone. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Finalize(TRITONBACKEND_Backend *backend)
{
  (void)backend;
  return NULL;
}

/* Asked once after Initialize. Initializing instances touches nothing shared, so the server may do
 * it from several threads. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_GetBackendAttribute(
    TRITONBACKEND_Backend *backend, TRITONBACKEND_BackendAttribute *attributes)
{
  (void)backend;
  return TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(attributes, true);
}

/* Once per version of a model, before its instances. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  identity_model *state;
  TB_RETURN_IF_ERROR(identity_model_new(model, &state));
  TRITONSERVER_Error *error = TRITONBACKEND_ModelSetState(model, state);
  if (error != NULL) identity_model_delete(state);
  return error;
}

/* After the last instance is gone. Also called for a model whose ModelInitialize failed; then there
 * is no state. */
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelFinalize(TRITONBACKEND_Model *model)
{
  void *state = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelState(model, &state));
  identity_model_delete(state);
  return NULL;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceInitialize(
    TRITONBACKEND_ModelInstance *instance)
{
  TRITONBACKEND_Model *model;
  void *model_state;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceModel(instance, &model));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelState(model, &model_state));
  const identity_model *shared = model_state;
  if (shared->instance_error != NULL)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, shared->instance_error);

  identity_instance *state = calloc(1, sizeof *state);
  if (state == NULL) return tb_out_of_memory("an instance");
  state->model = shared;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelInstanceSetState(instance, state);
  if (error != NULL) free(state);
  return error;
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceFinalize(
    TRITONBACKEND_ModelInstance *instance)
{
  void *vstate = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceState(instance, &vstate));
  identity_instance *state = vstate;
  if (state != NULL) free(state->work);
  free(state);
  return NULL;
}
