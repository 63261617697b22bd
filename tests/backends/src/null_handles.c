/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Every function of tritonbackend.h that takes a handle first, with a null handle; the other
 * arguments are as they should be. */

#include "triton/core/tritonbackend.h"

void null_handles(void (*note)(const char *name, TRITONSERVER_Error *error))
{
  int64_t shape[1] = {1};
  char memory = 0;
  void *a_void_pointer = NULL;
  const char *const_a_char_pointer = NULL;
  TRITONSERVER_DataType a_data_type = (TRITONSERVER_DataType)0;
  const int64_t *const_a_int64_t_pointer = NULL;
  uint32_t a_uint32_t = 0;
  uint64_t a_uint64_t = 0;
  const void *const_a_void_pointer = NULL;
  TRITONSERVER_MemoryType a_memory_type = (TRITONSERVER_MemoryType)0;
  int64_t a_int64_t = 0;
  TRITONSERVER_BufferAttributes *a_buffer_attributes_pointer = NULL;
  bool a_bool = false;
  TRITONSERVER_ParameterType a_parameter_type = (TRITONSERVER_ParameterType)0;
  TRITONBACKEND_Input *a_input_pointer = NULL;
  size_t a_size_t = 0;
  TRITONSERVER_InferenceTrace *a_inference_trace_pointer = NULL;
  TRITONBACKEND_ResponseFactory *a_response_factory_pointer = NULL;
  TRITONBACKEND_Response *a_response_pointer = NULL;
  TRITONBACKEND_Output *a_output_pointer = NULL;
  TRITONBACKEND_State *a_state_pointer = NULL;
  TRITONSERVER_Message *a_message_pointer = NULL;
  TRITONBACKEND_ExecutionPolicy a_execution_policy = (TRITONBACKEND_ExecutionPolicy)0;
  TRITONBACKEND_ArtifactType a_artifact_type = (TRITONBACKEND_ArtifactType)0;
  TRITONBACKEND_MemoryManager *a_memory_manager_pointer = NULL;
  TRITONSERVER_Server *a_server_pointer = NULL;
  TRITONBACKEND_Backend *a_backend_pointer = NULL;
  TRITONSERVER_InstanceGroupKind a_instance_group_kind = (TRITONSERVER_InstanceGroupKind)0;
  int32_t a_int32_t = 0;
  TRITONBACKEND_Model *a_model_pointer = NULL;
  const uint64_t const_a_uint64_t = 0;

  note("MemoryManagerAllocate",
       TRITONBACKEND_MemoryManagerAllocate(NULL, &a_void_pointer, TRITONSERVER_MEMORY_CPU, 0, 1));
  note("MemoryManagerFree",
       TRITONBACKEND_MemoryManagerFree(NULL, &memory, TRITONSERVER_MEMORY_CPU, 0));
  note("InputProperties", TRITONBACKEND_InputProperties(NULL, &const_a_char_pointer, &a_data_type,
                                                        &const_a_int64_t_pointer, &a_uint32_t,
                                                        &a_uint64_t, &a_uint32_t));
  note("InputPropertiesForHostPolicy",
       TRITONBACKEND_InputPropertiesForHostPolicy(NULL, "name", &const_a_char_pointer, &a_data_type,
                                                  &const_a_int64_t_pointer, &a_uint32_t,
                                                  &a_uint64_t, &a_uint32_t));
  note("InputBuffer", TRITONBACKEND_InputBuffer(NULL, 0, &const_a_void_pointer, &a_uint64_t,
                                                &a_memory_type, &a_int64_t));
  note("InputBufferForHostPolicy",
       TRITONBACKEND_InputBufferForHostPolicy(NULL, "name", 0, &const_a_void_pointer, &a_uint64_t,
                                              &a_memory_type, &a_int64_t));
  note("InputBufferAttributes", TRITONBACKEND_InputBufferAttributes(NULL, 0, &const_a_void_pointer,
                                                                    &a_buffer_attributes_pointer));
  note("OutputBuffer",
       TRITONBACKEND_OutputBuffer(NULL, &a_void_pointer, 1, &a_memory_type, &a_int64_t));
  note("OutputBufferAttributes",
       TRITONBACKEND_OutputBufferAttributes(NULL, &a_buffer_attributes_pointer));
  note("RequestId", TRITONBACKEND_RequestId(NULL, &const_a_char_pointer));
  note("RequestIsCancelled", TRITONBACKEND_RequestIsCancelled(NULL, &a_bool));
  note("ResponseFactoryIsCancelled", TRITONBACKEND_ResponseFactoryIsCancelled(NULL, &a_bool));
  note("RequestCorrelationId", TRITONBACKEND_RequestCorrelationId(NULL, &a_uint64_t));
  note("InferenceRequestTimeoutMicroseconds",
       TRITONBACKEND_InferenceRequestTimeoutMicroseconds(NULL, &a_uint64_t));
  note("RequestCorrelationIdString",
       TRITONBACKEND_RequestCorrelationIdString(NULL, &const_a_char_pointer));
  note("RequestFlags", TRITONBACKEND_RequestFlags(NULL, &a_uint32_t));
  note("RequestParameterCount", TRITONBACKEND_RequestParameterCount(NULL, &a_uint32_t));
  note("RequestParameter",
       TRITONBACKEND_RequestParameter(NULL, 0, &const_a_char_pointer, &a_parameter_type,
                                      &const_a_void_pointer));
  note("RequestInputCount", TRITONBACKEND_RequestInputCount(NULL, &a_uint32_t));
  note("RequestInputName", TRITONBACKEND_RequestInputName(NULL, 0, &const_a_char_pointer));
  note("RequestInput", TRITONBACKEND_RequestInput(NULL, "name", &a_input_pointer));
  note("RequestInputByIndex", TRITONBACKEND_RequestInputByIndex(NULL, 0, &a_input_pointer));
  note("RequestOutputCount", TRITONBACKEND_RequestOutputCount(NULL, &a_uint32_t));
  note("RequestOutputName", TRITONBACKEND_RequestOutputName(NULL, 0, &const_a_char_pointer));
  note("RequestOutputBufferProperties", TRITONBACKEND_RequestOutputBufferProperties(
                                            NULL, "name", &a_size_t, &a_memory_type, &a_int64_t));
  note("RequestRelease", TRITONBACKEND_RequestRelease(NULL, 0));
  note("RequestTrace", TRITONBACKEND_RequestTrace(NULL, &a_inference_trace_pointer));
  note("ResponseFactoryNew", TRITONBACKEND_ResponseFactoryNew(&a_response_factory_pointer, NULL));
  note("ResponseFactoryDelete", TRITONBACKEND_ResponseFactoryDelete(NULL));
  note("ResponseFactorySendFlags", TRITONBACKEND_ResponseFactorySendFlags(NULL, 0));
  note("ResponseNew", TRITONBACKEND_ResponseNew(&a_response_pointer, NULL));
  note("ResponseNewFromFactory", TRITONBACKEND_ResponseNewFromFactory(&a_response_pointer, NULL));
  note("ResponseDelete", TRITONBACKEND_ResponseDelete(NULL));
  note("ResponseSetStringParameter",
       TRITONBACKEND_ResponseSetStringParameter(NULL, "name", "name"));
  note("ResponseSetIntParameter", TRITONBACKEND_ResponseSetIntParameter(NULL, "name", 0));
  note("ResponseSetBoolParameter", TRITONBACKEND_ResponseSetBoolParameter(NULL, "name", true));
  note("ResponseSetDoubleParameter", TRITONBACKEND_ResponseSetDoubleParameter(NULL, "name", 0));
  note("ResponseOutput", TRITONBACKEND_ResponseOutput(NULL, &a_output_pointer, "name",
                                                      TRITONSERVER_TYPE_FP32, shape, 1));
  note("ResponseSend", TRITONBACKEND_ResponseSend(NULL, 0, NULL));
  note("StateNew",
       TRITONBACKEND_StateNew(&a_state_pointer, NULL, "name", TRITONSERVER_TYPE_FP32, shape, 1));
  note("StateUpdate", TRITONBACKEND_StateUpdate(NULL));
  note("StateBuffer",
       TRITONBACKEND_StateBuffer(NULL, &a_void_pointer, 1, &a_memory_type, &a_int64_t));
  note("StateBufferAttributes",
       TRITONBACKEND_StateBufferAttributes(NULL, &a_buffer_attributes_pointer));
  note("BackendName", TRITONBACKEND_BackendName(NULL, &const_a_char_pointer));
  note("BackendConfig", TRITONBACKEND_BackendConfig(NULL, &a_message_pointer));
  note("BackendExecutionPolicy", TRITONBACKEND_BackendExecutionPolicy(NULL, &a_execution_policy));
  note("BackendSetExecutionPolicy",
       TRITONBACKEND_BackendSetExecutionPolicy(NULL, TRITONBACKEND_EXECUTION_BLOCKING));
  note("BackendArtifacts",
       TRITONBACKEND_BackendArtifacts(NULL, &a_artifact_type, &const_a_char_pointer));
  note("BackendMemoryManager", TRITONBACKEND_BackendMemoryManager(NULL, &a_memory_manager_pointer));
  note("BackendState", TRITONBACKEND_BackendState(NULL, &a_void_pointer));
  note("BackendSetState", TRITONBACKEND_BackendSetState(NULL, &memory));
  note("ModelName", TRITONBACKEND_ModelName(NULL, &const_a_char_pointer));
  note("ModelVersion", TRITONBACKEND_ModelVersion(NULL, &a_uint64_t));
  note("ModelRepository",
       TRITONBACKEND_ModelRepository(NULL, &a_artifact_type, &const_a_char_pointer));
  note("ModelConfig", TRITONBACKEND_ModelConfig(NULL, 0, &a_message_pointer));
  note("ModelAutoCompleteConfig", TRITONBACKEND_ModelAutoCompleteConfig(NULL, &a_bool));
  note("ModelSetConfig", TRITONBACKEND_ModelSetConfig(NULL, 0, NULL));
  note("ModelServer", TRITONBACKEND_ModelServer(NULL, &a_server_pointer));
  note("ModelBackend", TRITONBACKEND_ModelBackend(NULL, &a_backend_pointer));
  note("ModelState", TRITONBACKEND_ModelState(NULL, &a_void_pointer));
  note("ModelSetState", TRITONBACKEND_ModelSetState(NULL, &memory));
  note("ModelReportMemoryUsage",
       TRITONBACKEND_ModelReportMemoryUsage(NULL, &a_buffer_attributes_pointer, 1));
  note("ModelInstanceName", TRITONBACKEND_ModelInstanceName(NULL, &const_a_char_pointer));
  note("ModelInstanceKind", TRITONBACKEND_ModelInstanceKind(NULL, &a_instance_group_kind));
  note("ModelInstanceDeviceId", TRITONBACKEND_ModelInstanceDeviceId(NULL, &a_int32_t));
  note("ModelInstanceHostPolicy", TRITONBACKEND_ModelInstanceHostPolicy(NULL, &a_message_pointer));
  note("ModelInstanceIsPassive", TRITONBACKEND_ModelInstanceIsPassive(NULL, &a_bool));
  note("ModelInstanceProfileCount", TRITONBACKEND_ModelInstanceProfileCount(NULL, &a_uint32_t));
  note("ModelInstanceProfileName",
       TRITONBACKEND_ModelInstanceProfileName(NULL, 0, &const_a_char_pointer));
  note("ModelInstanceSecondaryDeviceCount",
       TRITONBACKEND_ModelInstanceSecondaryDeviceCount(NULL, &a_uint32_t));
  note("ModelInstanceSecondaryDeviceProperties",
       TRITONBACKEND_ModelInstanceSecondaryDeviceProperties(NULL, 0, &const_a_char_pointer,
                                                            &a_int64_t));
  note("ModelInstanceModel", TRITONBACKEND_ModelInstanceModel(NULL, &a_model_pointer));
  note("ModelInstanceState", TRITONBACKEND_ModelInstanceState(NULL, &a_void_pointer));
  note("ModelInstanceSetState", TRITONBACKEND_ModelInstanceSetState(NULL, &memory));
  note("ModelInstanceReportMemoryUsage",
       TRITONBACKEND_ModelInstanceReportMemoryUsage(NULL, &a_buffer_attributes_pointer, 1));
  note("ModelInstanceReportStatistics",
       TRITONBACKEND_ModelInstanceReportStatistics(NULL, NULL, true, 0, 0, 0, 0));
  note("ModelInstanceResponseStatisticsDelete",
       TRITONBACKEND_ModelInstanceResponseStatisticsDelete(NULL));
  note("ModelInstanceResponseStatisticsSetModelInstance",
       TRITONBACKEND_ModelInstanceResponseStatisticsSetModelInstance(NULL, NULL));
  note("ModelInstanceResponseStatisticsSetResponseFactory",
       TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseFactory(NULL, NULL));
  note("ModelInstanceResponseStatisticsSetResponseStart",
       TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseStart(NULL, 0));
  note("ModelInstanceResponseStatisticsSetComputeOutputStart",
       TRITONBACKEND_ModelInstanceResponseStatisticsSetComputeOutputStart(NULL, 0));
  note("ModelInstanceResponseStatisticsSetResponseEnd",
       TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseEnd(NULL, 0));
  note("ModelInstanceResponseStatisticsSetError",
       TRITONBACKEND_ModelInstanceResponseStatisticsSetError(NULL, NULL));
  note("ModelInstanceReportResponseStatistics",
       TRITONBACKEND_ModelInstanceReportResponseStatistics(NULL));
  note("ModelInstanceReportBatchStatistics",
       TRITONBACKEND_ModelInstanceReportBatchStatistics(NULL, 1, 0, 0, 0, 0));
  note("BackendAttributeAddPreferredInstanceGroup",
       TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup(
           NULL, TRITONSERVER_INSTANCEGROUPKIND_CPU, 1, &const_a_uint64_t, 1));
  note("BackendAttributeSetParallelModelInstanceLoading",
       TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(NULL, true));
  note("InferenceResponseOutputByName",
       TRITONBACKEND_InferenceResponseOutputByName(NULL, "name", &a_data_type,
                                                   &const_a_int64_t_pointer, &a_uint64_t));
  note("InferenceResponseOutput",
       TRITONBACKEND_InferenceResponseOutput(NULL, 0, &const_a_char_pointer, &a_data_type,
                                             &const_a_int64_t_pointer, &a_uint64_t));
}
