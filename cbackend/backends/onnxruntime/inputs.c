/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* From requests to input values, with at most one copy. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

/* Where gathered tensors begin: what vector units like best. */
#define ALIGNMENT 64

/* ---- reading a request ---- */

static TRITONSERVER_Error *read_strings(ort_input_slot *slot, uint32_t index)
{
  const tb_input *part = &slot->parts[index];
  int64_t elements;
  if (!tb_element_count(part->shape, part->rank, &elements))
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "input '%s' has the impossible shape %s",
                    part->name, TB_SHAPE_TEXT(part->shape, part->rank));
  if (part->buffer_count == 1) {
    const void *base;
    uint64_t size;
    TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
    int64_t type_id = 0;
    TB_RETURN_IF_ERROR(TRITONBACKEND_InputBuffer(part->handle, 0, &base, &size, &type, &type_id));
    if (tb_is_cpu(type) && size == part->byte_size) slot->bytes[index] = base;
  }
  if (slot->bytes[index] == NULL) {
    char *copy = malloc(part->byte_size + 1);
    if (copy == NULL) return tb_out_of_memory("a string input");
    slot->copies[index] = copy;
    slot->bytes[index] = copy;
    TB_RETURN_IF_ERROR(tb_input_copy(part, copy, TRITONSERVER_MEMORY_CPU));
  }
  return ort_check_strings(part->name, slot->bytes[index], part->byte_size, elements);
}

static TRITONSERVER_Error *read_input(ort_instance *instance, uint32_t index, uint32_t number)
{
  const ort_signature *signature = &instance->session->signature;
  TRITONBACKEND_Input *handle;
  tb_input input;
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_RequestInputByIndex(instance->items[index].request, number, &handle));
  TB_RETURN_IF_ERROR(tb_input_read(handle, &input));
  int place = ort_find(signature->inputs, signature->input_count, input.name, number);
  if (place < 0)
    return tb_error(TRITONSERVER_ERROR_INTERNAL, "model '%s' has no input '%s'",
                    instance->model->config->name, input.name);
  ort_input_slot *slot = &instance->inputs[place];
  if (ort_type_of(input.datatype) != slot->tensor->type)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "input '%s' has data type %s, the model takes %s", input.name,
                    TRITONSERVER_DataTypeString(input.datatype),
                    TRITONSERVER_DataTypeString(ort_datatype_of(slot->tensor->type)));
  slot->parts[index] = input;
  return slot->tensor->type == ORT_TYPE_STRING ? read_strings(slot, index) : NULL;
}

static TRITONSERVER_Error *check_requested_outputs(ort_instance *instance, uint32_t index)
{
  const tb_model_config *config = instance->model->config;
  uint32_t count;
  TRITONBACKEND_Request *request = instance->items[index].request;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputCount(request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *name;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputName(request, i, &name));
    if (tb_find_tensor(config->outputs, config->output_count, name, i) < 0)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "model '%s' has no output '%s'", config->name,
                      name);
  }
  return NULL;
}

/* With batching every input has the batch as its first dimension, and all the same. */
static TRITONSERVER_Error *read_batch_size(ort_instance *instance, uint32_t index)
{
  ort_item *item = &instance->items[index];
  item->batch_size = 1;
  if (instance->model->config->max_batch_size == 0) return NULL;
  const tb_input *first = NULL;
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    const tb_input *part = &instance->inputs[i].parts[index];
    if (part->handle == NULL) continue;
    if (first == NULL) first = part;
    if (part->rank == 0 || part->shape[0] != first->shape[0])
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "inputs '%s' and '%s' differ in their batch dimension", first->name,
                      part->name);
  }
  if (first != NULL) item->batch_size = first->shape[0];
  return NULL;
}

TRITONSERVER_Error *ort_read_item(ort_instance *instance, uint32_t index)
{
  uint32_t count;
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    instance->inputs[i].parts[index].handle = NULL;
    instance->inputs[i].bytes[index] = NULL;
    instance->inputs[i].copies[index] = NULL;
  }
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputCount(instance->items[index].request, &count));
  for (uint32_t i = 0; i < count; i++) TB_RETURN_IF_ERROR(read_input(instance, index, i));
  TB_RETURN_IF_ERROR(check_requested_outputs(instance, index));
  TB_RETURN_IF_ERROR(read_batch_size(instance, index));
  return tb_check_cancelled(instance->items[index].request);
}

void ort_release_copies(ort_instance *instance, uint32_t count)
{
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    ort_input_slot *slot = &instance->inputs[i];
    if (slot->tensor->type != ORT_TYPE_STRING) continue;
    for (uint32_t k = 0; k < count; k++) {
      free(slot->copies[k]);
      slot->copies[k] = NULL;
    }
  }
}

bool ort_fits(const ort_instance *instance, uint32_t first, uint32_t other)
{
  if (instance->model->config->max_batch_size == 0) return first == other;
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    const tb_input *a = &instance->inputs[i].parts[first];
    const tb_input *b = &instance->inputs[i].parts[other];
    if ((a->handle == NULL) != (b->handle == NULL)) return false;
    if (a->handle == NULL) continue;
    if (a->rank != b->rank ||
        (a->rank > 1 && memcmp(a->shape + 1, b->shape + 1, (a->rank - 1) * sizeof *a->shape) != 0))
      return false;
  }
  return true;
}

/* ---- input values ---- */

static TRITONSERVER_Error *reserve(ort_input_slot *slot, size_t size)
{
  if (size <= slot->capacity) return NULL;
  size_t capacity = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  free(slot->buffer);
  slot->capacity = 0;
  slot->buffer = aligned_alloc(ALIGNMENT, capacity);
  if (slot->buffer == NULL) return tb_out_of_memory("a batch");
  slot->capacity = capacity;
  return NULL;
}

/* Finds memory that the run can read in place: the one buffer of the one request, where it lies in
 * the CPU's or the instance's own device's memory. An address that isn't a multiple of the
 * element's size won't do; compiled kernels rely on that. */
static TRITONSERVER_Error *find_in_place(const ort_instance *instance, const tb_input *part,
                                         void **data, const OrtMemoryInfo **memory)
{
  const void *base;
  uint64_t size;
  TRITONSERVER_MemoryType type =
      instance->gpu_memory != NULL ? TRITONSERVER_MEMORY_GPU : TRITONSERVER_MEMORY_CPU;
  int64_t type_id = instance->gpu_memory != NULL ? instance->device : 0;
  TB_RETURN_IF_ERROR(TRITONBACKEND_InputBuffer(part->handle, 0, &base, &size, &type, &type_id));
  bool cpu = tb_is_cpu(type);
  bool own_device = !cpu && instance->gpu_memory != NULL && type_id == instance->device;
  if (base == NULL || size != part->byte_size || !(cpu || own_device) ||
      (uintptr_t)base % TRITONSERVER_DataTypeByteSize(part->datatype) != 0)
    return NULL;
  /* ONNX Runtime wants a pointer to writable memory for any value; no run writes to an input. */
  *data = (void *)(uintptr_t)base;
  *memory = cpu ? instance->cpu_memory : instance->gpu_memory;
  return NULL;
}

static TRITONSERVER_Error *gather_numbers(ort_instance *instance, ort_input_slot *slot,
                                          const uint32_t *group, uint32_t count,
                                          const int64_t *shape, size_t rank)
{
  void *data = NULL;
  const OrtMemoryInfo *memory = instance->cpu_memory;
  uint64_t size = 0;
  for (uint32_t i = 0; i < count; i++) size += slot->parts[group[i]].byte_size;
  if (count == 1 && slot->parts[group[0]].buffer_count == 1)
    TB_RETURN_IF_ERROR(find_in_place(instance, &slot->parts[group[0]], &data, &memory));
  if (data == NULL) {
    /* At least a byte, so that an empty tensor has an address too. */
    TB_RETURN_IF_ERROR(reserve(slot, (size_t)size + 1));
    data = slot->buffer;
    char *to = data;
    for (uint32_t i = 0; i < count; i++) {
      TB_RETURN_IF_ERROR(tb_input_copy(&slot->parts[group[i]], to, TRITONSERVER_MEMORY_CPU));
      to += slot->parts[group[i]].byte_size;
    }
  }
  return ort_error(ort.CreateTensorWithDataAsOrtValue(memory, data, (size_t)size, shape, rank,
                                                      slot->tensor->type, &slot->value));
}

static TRITONSERVER_Error *gather_strings(ort_instance *instance, ort_input_slot *slot,
                                          const uint32_t *group, uint32_t count,
                                          const int64_t *shape, size_t rank)
{
  size_t index = 0;
  ORT_RETURN_IF_ERROR(ort.CreateTensorAsOrtValue(instance->model->library->allocator, shape, rank,
                                                 slot->tensor->type, &slot->value));
  for (uint32_t i = 0; i < count; i++)
    TB_RETURN_IF_ERROR(ort_put_strings(slot->value, &index, slot->bytes[group[i]],
                                       slot->parts[group[i]].byte_size));
  return NULL;
}

static TRITONSERVER_Error *gather_slot(ort_instance *instance, ort_input_slot *slot,
                                       const uint32_t *group, uint32_t count)
{
  const tb_input *leader = &slot->parts[group[0]];
  bool batching = instance->model->config->max_batch_size > 0;
  size_t rank = leader->rank;
  /* A scalar of the model is [1] in the configuration, and so in the request. */
  if (!batching && slot->tensor->has_shape && slot->tensor->rank == 0) {
    int64_t elements;
    if (!tb_element_count(leader->shape, rank, &elements) || elements != 1)
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                      "input '%s' has shape %s, the model takes one "
                      "element",
                      leader->name, TB_SHAPE_TEXT(leader->shape, rank));
    rank = 0;
  }
  int64_t small[16];
  int64_t *shape = rank <= 16 ? small : malloc(rank * sizeof *shape);
  if (shape == NULL) return tb_out_of_memory("a shape");
  if (rank > 0) memcpy(shape, leader->shape, rank * sizeof *shape);
  if (batching && rank > 0) {
    shape[0] = 0;
    for (uint32_t i = 0; i < count; i++) shape[0] += instance->items[group[i]].batch_size;
  }
  TRITONSERVER_Error *error = slot->tensor->type == ORT_TYPE_STRING
                                  ? gather_strings(instance, slot, group, count, shape, rank)
                                  : gather_numbers(instance, slot, group, count, shape, rank);
  if (shape != small) free(shape);
  return error;
}

TRITONSERVER_Error *ort_gather(ort_instance *instance, const uint32_t *group, uint32_t count)
{
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    ort_input_slot *slot = &instance->inputs[i];
    if (slot->parts[group[0]].handle != NULL)
      TB_RETURN_IF_ERROR(gather_slot(instance, slot, group, count));
  }
  return NULL;
}

void ort_release_inputs(ort_instance *instance)
{
  for (size_t i = 0; i < instance->session->signature.input_count; i++) {
    if (instance->inputs[i].value != NULL) ort.ReleaseValue(instance->inputs[i].value);
    instance->inputs[i].value = NULL;
  }
}
