/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "instance.h"

#include <stdlib.h>
#include <string.h>

static TRITONSERVER_Error *make_slots(ort_instance *instance)
{
  const tb_model_config *config = instance->model->config;
  const ort_signature *signature = &instance->session->signature;
  const size_t slots = config->output_count + config->state_count;
  const size_t most = signature->input_count + slots + 1;
  instance->inputs = calloc(signature->input_count + 1, sizeof *instance->inputs);
  instance->outputs = calloc(slots + 1, sizeof *instance->outputs);
  instance->names = calloc(most, sizeof *instance->names);
  instance->input_values = calloc(most, sizeof *instance->input_values);
  instance->output_values = calloc(most, sizeof *instance->output_values);
  if (instance->inputs == NULL || instance->outputs == NULL || instance->names == NULL ||
      instance->input_values == NULL || instance->output_values == NULL)
    return tb_out_of_memory("an instance");
  for (size_t i = 0; i < signature->input_count; i++)
    instance->inputs[i].tensor = &signature->inputs[i];
  for (size_t i = 0; i < config->output_count; i++)
    instance->outputs[instance->output_count++].config = &config->outputs[i];
  for (size_t i = 0; i < config->state_count; i++) {
    const tb_tensor_config *state = &config->states[i].output;
    int place = tb_find_tensor(config->outputs, config->output_count, state->name, i);
    ort_output_slot *slot = &instance->outputs[place >= 0 ? (size_t)place : instance->output_count];
    if (place < 0) instance->outputs[instance->output_count++].config = state;
    slot->state = state;
  }
  for (size_t i = 0; i < instance->output_count; i++) {
    ort_output_slot *slot = &instance->outputs[i];
    int index = ort_find(signature->outputs, signature->output_count, slot->config->name, i);
    slot->tensor = &signature->outputs[index];
  }
  return NULL;
}

static TRITONSERVER_Error *make_run_options(ort_instance *instance)
{
  static const char key[] = "memory.enable_memory_arena_shrinkage";
  ORT_RETURN_IF_ERROR(ort.CreateRunOptions(&instance->run_options));
  const char *value = tb_model_parameter(instance->model->config, key);
  return value != NULL ? ort_error(ort.AddRunConfigEntry(instance->run_options, key, value)) : NULL;
}

static TRITONSERVER_Error *fill(TRITONBACKEND_ModelInstance *handle, ort_instance *instance)
{
  TRITONBACKEND_Model *model;
  void *state;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceModel(handle, &model));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelState(model, &state));
  instance->model = state;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceKind(handle, &instance->kind));
  TB_RETURN_IF_ERROR(TRITONBACKEND_ModelInstanceDeviceId(handle, &instance->device));
  TB_RETURN_IF_ERROR(ort_model_take_session(instance->model, instance->kind, instance->device,
                                            &instance->session));
  TB_RETURN_IF_ERROR(ort_validate(instance->model->config, &instance->session->signature));
  TB_RETURN_IF_ERROR(make_slots(instance));
  TB_RETURN_IF_ERROR(make_run_options(instance));
  ORT_RETURN_IF_ERROR(
      ort.CreateCpuMemoryInfo(ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT, &instance->cpu_memory));
  if (instance->kind != TRITONSERVER_INSTANCEGROUPKIND_GPU) return NULL;
  return ort_error(ort.CreateMemoryInfo("Cuda", ORT_ARENA_ALLOCATOR, instance->device,
                                        ORT_MEMORY_DEFAULT, &instance->gpu_memory));
}

TRITONSERVER_Error *ort_instance_new(TRITONBACKEND_ModelInstance *handle, ort_instance **instance)
{
  ort_instance *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("an instance");
  TRITONSERVER_Error *error = fill(handle, made);
  if (error != NULL) {
    ort_instance_delete(made);
    return error;
  }
  *instance = made;
  return NULL;
}

static void free_input(ort_input_slot *slot)
{
  free(slot->parts);
  free(slot->bytes);
  free(slot->copies);
  free(slot->buffer);
}

static void free_output(ort_output_slot *slot)
{
  free(slot->shape);
  free(slot->text);
  free(slot->offsets);
}

void ort_instance_delete(ort_instance *instance)
{
  if (instance == NULL) return;
  if (instance->inputs != NULL)
    for (size_t i = 0; i < instance->session->signature.input_count; i++)
      free_input(&instance->inputs[i]);
  if (instance->outputs != NULL)
    for (size_t i = 0; i < instance->output_count; i++) free_output(&instance->outputs[i]);
  free(instance->inputs);
  free(instance->outputs);
  free(instance->names);
  free(instance->input_values);
  free(instance->output_values);
  free(instance->items);
  free(instance->group);
  if (instance->cpu_memory != NULL) ort.ReleaseMemoryInfo(instance->cpu_memory);
  if (instance->gpu_memory != NULL) ort.ReleaseMemoryInfo(instance->gpu_memory);
  if (instance->run_options != NULL) ort.ReleaseRunOptions(instance->run_options);
  if (instance->model != NULL) ort_model_return_session(instance->model, instance->session);
  free(instance);
}

/* Grows one array; false when there is no memory, the array is as it was then. */
static bool grow(void *array, uint32_t count, size_t size)
{
  void *old;
  memcpy(&old, array, sizeof old);
  void *grown = realloc(old, count * size);
  if (grown == NULL) return false;
  memcpy(array, &grown, sizeof grown);
  return true;
}

TRITONSERVER_Error *ort_instance_reserve(ort_instance *instance, uint32_t count)
{
  if (count <= instance->item_capacity) return NULL;
  bool done = grow(&instance->items, count, sizeof *instance->items) &&
              grow(&instance->group, count, 2 * sizeof *instance->group);
  for (size_t i = 0; done && i < instance->session->signature.input_count; i++) {
    ort_input_slot *slot = &instance->inputs[i];
    done = grow(&slot->parts, count, sizeof *slot->parts) &&
           grow(&slot->bytes, count, sizeof *slot->bytes) &&
           grow(&slot->copies, count, sizeof *slot->copies);
  }
  if (!done) return tb_out_of_memory("a batch");
  instance->item_capacity = count;
  return NULL;
}
