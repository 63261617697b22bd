/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* From output values to what a sequence keeps on the server, its implicit state.
 *
 * A state's value comes with each request as an input like any other; only the way back differs
 * from that of an output. */

#include "instance.h"

/* A shape that the configuration doesn't have would be refused with the sequence's next request, by
 * a message that says nothing of where it came from. */
static TRITONSERVER_Error *check_shape(const ort_instance *instance, const tb_tensor_config *state,
                                       const int64_t *shape, size_t rank)
{
  const size_t batch = instance->model->config->max_batch_size > 0 ? 1 : 0;
  bool agrees = rank == state->rank + batch;
  for (size_t i = 0; agrees && i < state->rank; i++)
    agrees = state->dims[i] == -1 || state->dims[i] == shape[i + batch];
  if (agrees) return NULL;
  return tb_error(TRITONSERVER_ERROR_INTERNAL,
                  "the model made state '%s' of shape %s, the configuration has %s%s for it",
                  state->name, TB_SHAPE_TEXT(shape, rank),
                  batch > 0 ? "a batch dimension and " : "",
                  TB_SHAPE_TEXT(state->dims, state->rank));
}

static TRITONSERVER_Error *fill_state(ort_instance *instance, uint32_t index, ort_output_slot *slot,
                                      int64_t first)
{
  size_t rank;
  const int64_t *shape = ort_slice_shape(instance, index, slot, slot->state, &rank);
  const ort_slice slice = ort_slice_of(instance, index, slot, first);
  TB_RETURN_IF_ERROR(check_shape(instance, slot->state, shape, rank));
  TB_RETURN_IF_ERROR(TRITONBACKEND_StateNew(&slot->next_state, instance->items[index].request,
                                            slot->state->name, slot->state->datatype, shape,
                                            (uint32_t)rank));
  /* A run leaves outputs in the CPU's memory also where it was made on a GPU. */
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  void *buffer = NULL;
  TB_RETURN_IF_ERROR(
      TRITONBACKEND_StateBuffer(slot->next_state, &buffer, slice.byte_size, &type, &type_id));
  return ort_copy_slice(slot, slice, buffer, type);
}

/* All are filled before the first is handed over: a sequence gets all of its next states or none.
 * What isn't handed over ends with its request. */
TRITONSERVER_Error *ort_write_states(ort_instance *instance, uint32_t index, int64_t first)
{
  for (size_t i = 0; i < instance->output_count; i++)
    if (instance->outputs[i].state != NULL)
      TB_RETURN_IF_ERROR(fill_state(instance, index, &instance->outputs[i], first));
  for (size_t i = 0; i < instance->output_count; i++)
    if (instance->outputs[i].state != NULL)
      TB_RETURN_IF_ERROR(TRITONBACKEND_StateUpdate(instance->outputs[i].next_state));
  return NULL;
}
