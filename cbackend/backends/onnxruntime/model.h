/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A model: its configuration, its file, its sessions. */

#ifndef ORT_MODEL_H
#define ORT_MODEL_H

#include <pthread.h>

#include "signature.h"

/* A loaded model on one device. Any number of threads may run it at the same time. */
typedef struct {
  OrtSession *handle;
  ort_signature signature;
  bool profiling;
} ort_session;

typedef struct {
  const ort_library *library;
  tb_model_config *config;
  char *path;           /* of the model's file */
  bool share_session;   /* CPU instances run one session instead of having one each */
  pthread_mutex_t lock; /* over the two below */
  ort_session *shared;
  uint32_t shared_users;
} ort_model;

TRITONSERVER_Error *ort_model_new(TRITONBACKEND_Model *handle, const ort_library *library,
                                  ort_model **model);
void ort_model_delete(ort_model *model);

/* A session for an instance of that kind; ended by ort_model_return_session(). */
TRITONSERVER_Error *ort_model_take_session(ort_model *model, TRITONSERVER_InstanceGroupKind kind,
                                           int32_t device, ort_session **session);
void ort_model_return_session(ort_model *model, ort_session *session);

/* session.c */
TRITONSERVER_Error *ort_session_new(const ort_model *model, TRITONSERVER_InstanceGroupKind kind,
                                    int32_t device, ort_session **session);
void ort_session_delete(const ort_model *model, ort_session *session);

/* options.c: the session options that the configuration's parameters ask for. */
TRITONSERVER_Error *ort_set_options(const ort_model *model, OrtSessionOptions *options);

/* providers.c: the execution providers for an instance of that kind. */
TRITONSERVER_Error *ort_set_providers(const ort_model *model, OrtSessionOptions *options,
                                      TRITONSERVER_InstanceGroupKind kind, int32_t device);

/* autocomplete.c: fills in what the configuration leaves out, from the model. */
TRITONSERVER_Error *ort_auto_complete(TRITONBACKEND_Model *handle, ort_model *model);

/* validate.c: the control or state that sequence batching has of that name, or NULL. */
const tb_tensor_config *ort_sequence_input(const tb_model_config *config, const char *name);
const tb_tensor_config *ort_sequence_output(const tb_model_config *config, const char *name);

/* validate.c: the configuration against the model. */
TRITONSERVER_Error *ort_validate(const tb_model_config *config, const ort_signature *signature);

#endif
