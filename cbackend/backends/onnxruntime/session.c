/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdlib.h>

#include "model.h"

static TRITONSERVER_Error *load(const ort_model *model, const OrtSessionOptions *options,
                                ort_session *session)
{
  const ort_library *library = model->library;
  OrtStatus *status = ort.CreateSession(library->env, model->path, options, &session->handle);
  if (status != NULL) {
    session->handle = NULL;
    return tb_error_within(ort_error(status), "unable to load model '%s' from '%s'",
                           model->config->name, model->path);
  }
  return ort_signature_read(session->handle, library->allocator, &session->signature);
}

TRITONSERVER_Error *ort_session_new(const ort_model *model, TRITONSERVER_InstanceGroupKind kind,
                                    int32_t device, ort_session **session)
{
  OrtSessionOptions *options;
  ORT_RETURN_IF_ERROR(ort.CreateSessionOptions(&options));
  ort_session *made = calloc(1, sizeof *made);
  TRITONSERVER_Error *error = made == NULL ? tb_out_of_memory("a session") : NULL;
  if (error == NULL) error = ort_set_options(model, options);
  if (error == NULL) error = ort_set_providers(model, options, kind, device);
  if (error == NULL) error = load(model, options, made);
  ort.ReleaseSessionOptions(options);
  if (error != NULL) {
    ort_session_delete(model, made);
    return error;
  }
  made->profiling = tb_model_parameter(model->config, "enable_profiling") != NULL;
  *session = made;
  return NULL;
}

static void end_profiling(const ort_model *model, ort_session *session)
{
  char *file;
  OrtAllocator *allocator = model->library->allocator;
  TRITONSERVER_Error *error = ort_error(ort.SessionEndProfiling(session->handle, allocator, &file));
  if (error == NULL) {
    TB_LOG_INFO("model '%s': profile written to '%s'", model->config->name, file);
    error = ort_error(ort.AllocatorFree(allocator, file));
  }
  TB_LOG_IF_ERROR(error, "ending the profile");
}

void ort_session_delete(const ort_model *model, ort_session *session)
{
  if (session == NULL) return;
  if (session->profiling) end_profiling(model, session);
  ort_signature_free(&session->signature);
  if (session->handle != NULL) ort.ReleaseSession(session->handle);
  free(session);
}
