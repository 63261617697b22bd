/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The TRITONSERVER_* functions, and those of backend, model and instance. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

static int live;

int live_objects(void) { return live; }
void count_object(int change) { live += change; }

/* ---- errors, log, names ---- */

TRITONSERVER_Error *TRITONSERVER_ErrorNew(TRITONSERVER_Error_Code code, const char *msg)
{
  TRITONSERVER_Error *error = malloc(sizeof *error);
  *error = (TRITONSERVER_Error){code, strdup(msg)};
  count_object(1);
  return error;
}

void TRITONSERVER_ErrorDelete(TRITONSERVER_Error *error)
{
  free(error->message);
  free(error);
  count_object(-1);
}

TRITONSERVER_Error_Code TRITONSERVER_ErrorCode(TRITONSERVER_Error *error) { return error->code; }
const char *TRITONSERVER_ErrorMessage(TRITONSERVER_Error *error) { return error->message; }
const char *TRITONSERVER_ErrorCodeString(TRITONSERVER_Error *error)
{
  (void)error;
  return "code";
}

bool TRITONSERVER_LogIsEnabled(TRITONSERVER_LogLevel level)
{
  return level == TRITONSERVER_LOG_ERROR || level == TRITONSERVER_LOG_WARN;
}

TRITONSERVER_Error *TRITONSERVER_LogMessage(TRITONSERVER_LogLevel level, const char *file,
                                            const int line, const char *msg)
{
  (void)level;
  printf("log %s:%d: %s\n", file, line, msg);
  return NULL;
}

const char *TRITONSERVER_MemoryTypeString(TRITONSERVER_MemoryType type)
{
  return type == TRITONSERVER_MEMORY_GPU ? "GPU" : "CPU";
}

const char *TRITONSERVER_ParameterTypeString(TRITONSERVER_ParameterType type)
{
  return type == TRITONSERVER_PARAMETER_STRING ? "STRING" : "other";
}

const char *TRITONSERVER_DataTypeString(TRITONSERVER_DataType datatype)
{
  static const char *const names[] = {"<invalid>", "BOOL", "UINT8", "UINT16", "UINT32",
                                      "UINT64",    "INT8", "INT16", "INT32",  "INT64",
                                      "FP16",      "FP32", "FP64",  "BYTES",  "BF16"};
  return names[datatype];
}

uint32_t TRITONSERVER_DataTypeByteSize(TRITONSERVER_DataType datatype)
{
  static const uint32_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 0, 2};
  return sizes[datatype];
}

/* ---- messages ---- */

struct TRITONSERVER_Message *message_new(const char *text, size_t size)
{
  struct TRITONSERVER_Message *message = malloc(sizeof *message);
  message->text = malloc(size + 1);
  memcpy(message->text, text, size);
  message->text[size] = '\0';
  message->size = size;
  count_object(1);
  return message;
}

void message_free(struct TRITONSERVER_Message *message)
{
  free(message->text);
  free(message);
  count_object(-1);
}

TRITONSERVER_Error *TRITONSERVER_MessageNewFromSerializedJson(TRITONSERVER_Message **message,
                                                              const char *base, size_t byte_size)
{
  *message = message_new(base, byte_size);
  return NULL;
}

TRITONSERVER_Error *TRITONSERVER_MessageDelete(TRITONSERVER_Message *message)
{
  message_free(message);
  return NULL;
}

TRITONSERVER_Error *TRITONSERVER_MessageSerializeToJson(TRITONSERVER_Message *message,
                                                        const char **base, size_t *byte_size)
{
  *base = message->text;
  *byte_size = message->size;
  return NULL;
}

/* ---- backend ---- */

TRITONSERVER_Error *TRITONBACKEND_ApiVersion(uint32_t *major, uint32_t *minor)
{
  *major = TRITONBACKEND_API_VERSION_MAJOR;
  *minor = TRITONBACKEND_API_VERSION_MINOR;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_BackendName(TRITONBACKEND_Backend *backend, const char **name)
{
  (void)backend;
  *name = "hosted";
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_BackendConfig(TRITONBACKEND_Backend *backend,
                                                TRITONSERVER_Message **config)
{
  *config = backend->config;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_BackendState(TRITONBACKEND_Backend *backend, void **state)
{
  *state = backend->state;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_BackendSetState(TRITONBACKEND_Backend *backend, void *state)
{
  backend->state = state;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup(
    TRITONBACKEND_BackendAttribute *attributes, const TRITONSERVER_InstanceGroupKind kind,
    const uint64_t count, const uint64_t *device_ids, const uint64_t id_count)
{
  (void)attributes;
  HOST_CHECK(kind == TRITONSERVER_INSTANCEGROUPKIND_CPU && count == 1);
  HOST_CHECK(device_ids == NULL && id_count == 0);
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(
    TRITONBACKEND_BackendAttribute *attributes, bool enabled)
{
  (void)attributes;
  HOST_CHECK(enabled);
  return NULL;
}

/* ---- model ---- */

TRITONSERVER_Error *TRITONBACKEND_ModelName(TRITONBACKEND_Model *model, const char **name)
{
  (void)model;
  *name = "hosted";
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelVersion(TRITONBACKEND_Model *model, uint64_t *version)
{
  (void)model;
  *version = 1;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelRepository(TRITONBACKEND_Model *model,
                                                  TRITONBACKEND_ArtifactType *type,
                                                  const char **location)
{
  *type = TRITONBACKEND_ARTIFACT_FILESYSTEM;
  *location = model->location;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelConfig(TRITONBACKEND_Model *model, const uint32_t version,
                                              TRITONSERVER_Message **config)
{
  HOST_CHECK(version == 1);
  *config = message_new(model->config, strlen(model->config));
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelSetConfig(TRITONBACKEND_Model *model, const uint32_t version,
                                                 TRITONSERVER_Message *config)
{
  HOST_CHECK(version == 1);
  free(model->config);
  model->config = strdup(config->text);
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelAutoCompleteConfig(TRITONBACKEND_Model *model, bool *wanted)
{
  *wanted = model->auto_complete;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelBackend(TRITONBACKEND_Model *model,
                                               TRITONBACKEND_Backend **backend)
{
  *backend = model->backend;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelState(TRITONBACKEND_Model *model, void **state)
{
  *state = model->state;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelSetState(TRITONBACKEND_Model *model, void *state)
{
  model->state = state;
  return NULL;
}

/* ---- instance ---- */

TRITONSERVER_InstanceGroupKind host_instance_kind = TRITONSERVER_INSTANCEGROUPKIND_CPU;

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceKind(TRITONBACKEND_ModelInstance *instance,
                                                    TRITONSERVER_InstanceGroupKind *kind)
{
  (void)instance;
  *kind = host_instance_kind;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceDeviceId(TRITONBACKEND_ModelInstance *instance,
                                                        int32_t *device)
{
  (void)instance;
  *device = 0;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceModel(TRITONBACKEND_ModelInstance *instance,
                                                     TRITONBACKEND_Model **model)
{
  *model = instance->model;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceState(TRITONBACKEND_ModelInstance *instance,
                                                     void **state)
{
  *state = instance->state;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceSetState(TRITONBACKEND_ModelInstance *instance,
                                                        void *state)
{
  instance->state = state;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceReportStatistics(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request *request, const bool success,
    const uint64_t exec_start_ns, const uint64_t compute_start_ns, const uint64_t compute_end_ns,
    const uint64_t exec_end_ns)
{
  (void)instance;
  host_request *hosted = (host_request *)request;
  HOST_CHECK(!hosted->reported && !hosted->released);
  HOST_CHECK(exec_start_ns > 0 && exec_start_ns <= compute_start_ns &&
             compute_start_ns <= compute_end_ns && compute_end_ns <= exec_end_ns);
  hosted->reported = true;
  hosted->success = success;
  return NULL;
}

TRITONSERVER_Error *TRITONBACKEND_ModelInstanceReportBatchStatistics(
    TRITONBACKEND_ModelInstance *instance, const uint64_t batch_size, const uint64_t exec_start_ns,
    const uint64_t compute_start_ns, const uint64_t compute_end_ns, const uint64_t exec_end_ns)
{
  HOST_CHECK(exec_start_ns <= compute_start_ns && compute_start_ns <= compute_end_ns &&
             compute_end_ns <= exec_end_ns);
  instance->batched += batch_size;
  instance->executions++;
  return NULL;
}
