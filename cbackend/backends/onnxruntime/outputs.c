/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* From output values to responses.
 *
 * Where a run serves one request and the model says what shapes its outputs will have, the
 * response's buffers are made before the run, which then writes its results where the client's
 * bytes are sent from. Else one copy takes each request's rows out of the output. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

/* Calls `visit` for each output that the item's request wants. */
typedef TRITONSERVER_Error *(*output_visitor)(ort_instance *instance, uint32_t index,
                                              ort_output_slot *slot, void *context);

static TRITONSERVER_Error *visit_requested(ort_instance *instance, uint32_t index,
                                           output_visitor visit, void *context)
{
  const tb_model_config *config = instance->model->config;
  TRITONBACKEND_Request *request = instance->items[index].request;
  uint32_t count;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *name;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputName(request, i, &name));
    int place = tb_find_tensor(config->outputs, config->output_count, name, i);
    /* Checked when the item was read, and requests don't change. */
    if (place >= 0) TB_RETURN_IF_ERROR(visit(instance, index, &instance->outputs[place], context));
  }
  return NULL;
}

static TRITONSERVER_Error *mark(ort_instance *instance, uint32_t index, ort_output_slot *slot,
                                void *context)
{
  (void)instance;
  (void)index;
  (void)context;
  slot->wanted = true;
  return NULL;
}

TRITONSERVER_Error *ort_mark_outputs(ort_instance *instance, const uint32_t *group, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++)
    TB_RETURN_IF_ERROR(visit_requested(instance, group[i], mark, NULL));
  for (size_t i = 0; i < instance->output_count; i++)
    if (instance->outputs[i].state != NULL) instance->outputs[i].wanted = true;
  return NULL;
}

static TRITONSERVER_Error *reserve_shape(ort_output_slot *slot, size_t rank)
{
  if (rank <= slot->shape_capacity && slot->shape != NULL) return NULL;
  int64_t *shape = realloc(slot->shape, (rank + 1) * sizeof *shape);
  if (shape == NULL) return tb_out_of_memory("a shape");
  slot->shape = shape;
  slot->shape_capacity = rank;
  return NULL;
}

/* ---- before the run ---- */

/* The size that the request's inputs give a dimension which the model only names. */
static bool resolve_symbol(const ort_instance *instance, uint32_t index, const char *symbol,
                           int64_t *size)
{
  if (symbol[0] == '\0') return false;
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    const ort_tensor *tensor = instance->inputs[i].tensor;
    const tb_input *part = &instance->inputs[i].parts[index];
    if (part->handle == NULL || part->rank != tensor->rank) continue;
    for (size_t k = 0; k < tensor->rank; k++) {
      if (tensor->dims[k] != -1 || strcmp(tensor->symbols[k], symbol) != 0) continue;
      *size = part->shape[k];
      return true;
    }
  }
  return false;
}

/* Sets the slot's shape to what the output will have; false where the model leaves it open. */
static bool predict(const ort_instance *instance, uint32_t index, ort_output_slot *slot)
{
  const ort_tensor *tensor = slot->tensor;
  bool batching = instance->model->config->max_batch_size > 0;
  if (slot->unpredictable || tensor->rank == 0 || tensor->type == ORT_TYPE_STRING) return false;
  for (size_t i = 0; i < tensor->rank; i++) {
    if (tensor->dims[i] >= 0)
      slot->shape[i] = tensor->dims[i];
    else if (i == 0 && batching)
      slot->shape[0] = instance->items[index].batch_size;
    else if (!resolve_symbol(instance, index, tensor->symbols[i], &slot->shape[i]))
      return false;
  }
  slot->rank = tensor->rank;
  return true;
}

static TRITONSERVER_Error *make_buffer(ort_instance *instance, uint32_t index,
                                       ort_output_slot *slot, const int64_t *shape, size_t rank,
                                       size_t size)
{
  TRITONBACKEND_Output *output;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseOutput(instance->items[index].response, &output,
                                                  slot->config->name, slot->config->datatype, shape,
                                                  (uint32_t)rank));
  bool gpu = instance->gpu_memory != NULL;
  slot->target_type = gpu ? TRITONSERVER_MEMORY_GPU : TRITONSERVER_MEMORY_CPU;
  int64_t type_id = gpu ? instance->device : 0;
  slot->target_size = size;
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_OutputBuffer(output, &slot->target, size, &slot->target_type, &type_id));
  /* Of another device's memory: a copy goes there, no run. */
  slot->bound = slot->target != NULL &&
                (tb_is_cpu(slot->target_type) || (gpu && type_id == instance->device));
  return NULL;
}

static TRITONSERVER_Error *bind_one(ort_instance *instance, uint32_t index, ort_output_slot *slot,
                                    void *context)
{
  bool *any = context;
  int64_t elements;
  /* A state is copied to a second place anyway. */
  if (slot->state != NULL) return NULL;
  TB_RETURN_IF_ERROR(reserve_shape(slot, slot->tensor->rank));
  if (!predict(instance, index, slot) || !tb_element_count(slot->shape, slot->rank, &elements) ||
      elements == 0)
    return NULL;
  const size_t element_size = TRITONSERVER_DataTypeByteSize(slot->config->datatype);
  const size_t size = (size_t)elements * element_size;
  TB_RETURN_IF_ERROR(make_buffer(instance, index, slot, slot->shape, slot->rank, size));
  *any = true;
  if ((uintptr_t)slot->target % element_size != 0) slot->bound = false;
  if (!slot->bound) return NULL;
  return ort_error(ort.CreateTensorWithDataAsOrtValue(
      tb_is_cpu(slot->target_type) ? instance->cpu_memory : instance->gpu_memory, slot->target,
      size, slot->shape, slot->rank, slot->tensor->type, &slot->value));
}

TRITONSERVER_Error *ort_bind_outputs(ort_instance *instance, uint32_t index, bool *any)
{
  *any = false;
  return visit_requested(instance, index, bind_one, any);
}

TRITONSERVER_Error *ort_unbind_outputs(ort_instance *instance, uint32_t index)
{
  ort_item *item = &instance->items[index];
  for (size_t i = 0; i < instance->output_count; i++) {
    ort_output_slot *slot = &instance->outputs[i];
    if (slot->value != NULL) ort.ReleaseValue(slot->value);
    slot->value = NULL;
    slot->bound = false;
    slot->target = NULL;
  }
  /* In this order: a request that gets no other response has still the one to say so. */
  TRITONBACKEND_Response *abandoned = item->response;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseNew(&item->response, item->request));
  return TRITONBACKEND_ResponseDelete(abandoned);
}

/* ---- after the run ---- */

static TRITONSERVER_Error *read_shape(const OrtTensorInfo *info, ort_output_slot *slot)
{
  size_t rank;
  ORT_RETURN_IF_ERROR(ort.GetDimensionsCount(info, &rank));
  TB_RETURN_IF_ERROR(reserve_shape(slot, rank));
  ORT_RETURN_IF_ERROR(ort.GetDimensions(info, slot->shape, rank));
  slot->rank = rank;
  return NULL;
}

static TRITONSERVER_Error *read_output(const ort_instance *instance, ort_output_slot *slot,
                                       int64_t rows)
{
  OrtTensorInfo *info;
  int is_tensor = 0;
  int64_t elements;
  if (slot->value != NULL) ORT_RETURN_IF_ERROR(ort.IsTensor(slot->value, &is_tensor));
  if (!is_tensor)
    return tb_error(TRITONSERVER_ERROR_INTERNAL, "the model made no tensor for output '%s'",
                    slot->config->name);
  ORT_RETURN_IF_ERROR(ort.GetTensorTypeAndShape(slot->value, &info));
  TRITONSERVER_Error *error = read_shape(info, slot);
  ort.ReleaseTensorTypeAndShapeInfo(info);
  if (error != NULL) return error;
  if (!tb_element_count(slot->shape, slot->rank, &elements))
    return tb_error(TRITONSERVER_ERROR_INTERNAL, "output '%s' has the impossible shape %s",
                    slot->config->name, TB_SHAPE_TEXT(slot->shape, slot->rank));
  slot->elements = (size_t)elements;
  slot->row_elements = slot->elements / (size_t)(rows > 0 ? rows : 1);
  if (instance->model->config->max_batch_size > 0 && (slot->rank == 0 || slot->shape[0] != rows))
    return tb_error(TRITONSERVER_ERROR_INTERNAL,
                    "output '%s' has shape %s for a batch of %" PRId64
                    "; its first dimension should be the batch size",
                    slot->config->name, TB_SHAPE_TEXT(slot->shape, slot->rank), rows);
  if (slot->tensor->type == ORT_TYPE_STRING) return ort_get_strings(slot);
  void *data;
  ORT_RETURN_IF_ERROR(ort.GetTensorMutableData(slot->value, &data));
  slot->data = data;
  return NULL;
}

TRITONSERVER_Error *ort_read_outputs(ort_instance *instance, int64_t rows)
{
  for (size_t i = 0; i < instance->output_count; i++) {
    ort_output_slot *slot = &instance->outputs[i];
    if (slot->wanted && !slot->bound) TB_RETURN_IF_ERROR(read_output(instance, slot, rows));
  }
  return NULL;
}

/* ---- each item's part ---- */

ort_slice ort_slice_of(const ort_instance *instance, uint32_t index, const ort_output_slot *slot,
                       int64_t first)
{
  ort_slice slice = {.first = (size_t)first * slot->row_elements,
                     .count = (size_t)instance->items[index].batch_size * slot->row_elements};
  slice.byte_size = slot->tensor->type == ORT_TYPE_STRING
                        ? ort_strings_size(slot, slice.first, slice.count)
                        : slice.count * TRITONSERVER_DataTypeByteSize(slot->config->datatype);
  return slice;
}

const int64_t *ort_slice_shape(const ort_instance *instance, uint32_t index, ort_output_slot *slot,
                               const tb_tensor_config *config, size_t *rank)
{
  *rank = slot->rank;
  if (instance->model->config->max_batch_size > 0 && slot->rank > 0)
    slot->shape[0] = instance->items[index].batch_size;
  /* A scalar of the model has the shape that the configuration gives it, [1]. */
  if (slot->rank > 0 || config->rank == 0) return slot->shape;
  *rank = config->rank;
  return config->dims;
}

TRITONSERVER_Error *ort_copy_slice(const ort_output_slot *slot, ort_slice slice, void *to,
                                   TRITONSERVER_MemoryType to_type)
{
  if (slice.byte_size == 0) return NULL;
  if (slot->tensor->type != ORT_TYPE_STRING) {
    size_t offset = slice.first * TRITONSERVER_DataTypeByteSize(slot->config->datatype);
    return tb_copy(to, to_type, slot->data + offset, TRITONSERVER_MEMORY_CPU, slice.byte_size);
  }
  if (tb_is_cpu(to_type)) {
    ort_write_strings(slot, slice.first, slice.count, to);
    return NULL;
  }
  char *bytes = malloc(slice.byte_size);
  if (bytes == NULL) return tb_out_of_memory("a string output");
  ort_write_strings(slot, slice.first, slice.count, bytes);
  TRITONSERVER_Error *error = tb_copy(to, to_type, bytes, TRITONSERVER_MEMORY_CPU, slice.byte_size);
  free(bytes);
  return error;
}

/* A buffer for the slice: one that bind_one made and the run could not write to, or a new one. */
static TRITONSERVER_Error *take_buffer(ort_instance *instance, uint32_t index,
                                       ort_output_slot *slot, size_t size)
{
  if (slot->target != NULL) {
    if (slot->target_size == size) return NULL;
    slot->unpredictable = true;
    return tb_error(TRITONSERVER_ERROR_INTERNAL,
                    "output '%s' has %zu bytes where the model's signature says %zu",
                    slot->config->name, size, slot->target_size);
  }
  size_t rank;
  const int64_t *shape = ort_slice_shape(instance, index, slot, slot->config, &rank);
  return make_buffer(instance, index, slot, shape, rank, size);
}

static TRITONSERVER_Error *write_one(ort_instance *instance, uint32_t index, ort_output_slot *slot,
                                     void *context)
{
  const int64_t *first = context;
  if (slot->bound) return NULL;
  const ort_slice slice = ort_slice_of(instance, index, slot, *first);
  TRITONSERVER_Error *error = take_buffer(instance, index, slot, slice.byte_size);
  if (error == NULL) error = ort_copy_slice(slot, slice, slot->target, slot->target_type);
  /* The next request of the group has a buffer of its own. */
  slot->target = NULL;
  slot->bound = false;
  return error;
}

TRITONSERVER_Error *ort_write_outputs(ort_instance *instance, uint32_t index, int64_t first)
{
  return visit_requested(instance, index, write_one, &first);
}

void ort_release_outputs(ort_instance *instance)
{
  for (size_t i = 0; i < instance->output_count; i++) {
    ort_output_slot *slot = &instance->outputs[i];
    if (slot->value != NULL) ort.ReleaseValue(slot->value);
    slot->value = NULL;
    slot->wanted = slot->bound = false;
    slot->target = NULL;
  }
}
