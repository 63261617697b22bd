/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* An instance and what it keeps in the course of an execution.
 *
 * Requests are executed in groups: those of a batch whose tensors fit together make one run of the
 * model. A slot holds what all requests of the group have in common of one input or output. One
 * thread at a time executes an instance, so nothing here needs a lock. */

#ifndef ORT_INSTANCE_H
#define ORT_INSTANCE_H

#include "../common/request.h"
#include "model.h"

typedef struct {
  TRITONBACKEND_Request *request;
  TRITONBACKEND_Response *response; /* NULL while there is none */
  TRITONSERVER_Error *error;        /* what the response will say, NULL so far so good */
  int64_t batch_size;
} ort_item;

typedef struct {
  const ort_tensor *tensor;
  /* For each request of the batch: the input (`handle` is NULL where it is absent), and of BYTES
   * the elements in one piece: borrowed from the request, or from `copies`. */
  tb_input *parts;
  const char **bytes;
  char **copies;
  void *buffer; /* where inputs are gathered; kept from one execution to the next */
  size_t capacity;
  OrtValue *value; /* of the group, NULL where it lacks the input */
} ort_input_slot;

typedef struct {
  const ort_tensor *tensor;
  const tb_tensor_config *config;  /* the entry of `output`; of a mere state, the state's */
  const tb_tensor_config *state;   /* NULL where it is none */
  TRITONBACKEND_State *next_state; /* of the item whose states are being written */
  bool wanted;                     /* some request of the group wants it, or it is a state */
  bool unpredictable;              /* its shape turned out not to be what the model says */
  OrtValue *value;
  /* A response buffer that was there before the run, see outputs.c. */
  bool bound;
  void *target;
  size_t target_size;
  TRITONSERVER_MemoryType target_type;
  int64_t *shape; /* as the run made it; of strings also text and offsets of the elements */
  size_t rank, shape_capacity;
  const char *data;
  char *text;
  size_t *offsets;
  size_t elements, row_elements, text_capacity, offset_capacity;
} ort_output_slot;

/* The part of an output that is an item's: which elements, and their size as they are sent. */
typedef struct {
  size_t first, count, byte_size;
} ort_slice;

typedef struct {
  ort_model *model;
  ort_session *session;
  TRITONSERVER_InstanceGroupKind kind;
  int32_t device;
  OrtRunOptions *run_options;
  OrtMemoryInfo *cpu_memory, *gpu_memory; /* gpu_memory is NULL for a CPU instance */
  ort_input_slot *inputs;                 /* as the session's signature has them */
  ort_output_slot *outputs;               /* those of `output`, then states that are none */
  size_t output_count;
  const char **names; /* scratch for the arguments of Run */
  const OrtValue **input_values;
  OrtValue **output_values;
  ort_item *items;
  uint32_t *group;
  uint32_t item_capacity;
} ort_instance;

TRITONSERVER_Error *ort_instance_new(TRITONBACKEND_ModelInstance *handle, ort_instance **instance);
void ort_instance_delete(ort_instance *instance);

/* Makes room for a batch of `count` requests. */
TRITONSERVER_Error *ort_instance_reserve(ort_instance *instance, uint32_t count);

/* inputs.c */

/* Reads inputs and requested outputs of item `index` and checks what one request shows. */
TRITONSERVER_Error *ort_read_item(ort_instance *instance, uint32_t index);
/* Can the two items be part of one run? */
bool ort_fits(const ort_instance *instance, uint32_t first, uint32_t other);
/* Makes the group's input values; they borrow from the requests. */
TRITONSERVER_Error *ort_gather(ort_instance *instance, const uint32_t *group, uint32_t count);
void ort_release_inputs(ort_instance *instance);
/* Frees what reading the items copied. */
void ort_release_copies(ort_instance *instance, uint32_t count);

/* strings.c: BYTES elements, each a length of four bytes, little-endian, and that many bytes. */
TRITONSERVER_Error *ort_check_strings(const char *name, const char *bytes, uint64_t size,
                                      int64_t elements);
TRITONSERVER_Error *ort_put_strings(OrtValue *value, size_t *index, const char *bytes,
                                    uint64_t size);
TRITONSERVER_Error *ort_get_strings(ort_output_slot *slot);
size_t ort_strings_size(const ort_output_slot *slot, size_t first, size_t count);
void ort_write_strings(const ort_output_slot *slot, size_t first, size_t count, char *to);

/* outputs.c */

/* Marks the outputs that the group wants, and those that are states. */
TRITONSERVER_Error *ort_mark_outputs(ort_instance *instance, const uint32_t *group, uint32_t count);
/* Lets the run write straight into the item's response where the shapes are known beforehand. */
TRITONSERVER_Error *ort_bind_outputs(ort_instance *instance, uint32_t index, bool *any);
/* Takes all of that back, response included. */
TRITONSERVER_Error *ort_unbind_outputs(ort_instance *instance, uint32_t index);
/* Reads shapes and data of the outputs of a run over `rows` rows. */
TRITONSERVER_Error *ort_read_outputs(ort_instance *instance, int64_t rows);
/* Fills the item's response from the rows that start at `first`. */
TRITONSERVER_Error *ort_write_outputs(ort_instance *instance, uint32_t index, int64_t first);
void ort_release_outputs(ort_instance *instance);
/* What is the item's of an output that was read, from the rows that start at `first`; its shape as
 * `config` has it, borrowed until the next call; and a copy of it to `slice.byte_size` bytes. */
ort_slice ort_slice_of(const ort_instance *instance, uint32_t index, const ort_output_slot *slot,
                       int64_t first);
const int64_t *ort_slice_shape(const ort_instance *instance, uint32_t index, ort_output_slot *slot,
                               const tb_tensor_config *config, size_t *rank);
TRITONSERVER_Error *ort_copy_slice(const ort_output_slot *slot, ort_slice slice, void *to,
                                   TRITONSERVER_MemoryType to_type);

/* states.c */

/* Gives the item's sequence what it goes on with, from the rows that start at `first`. */
TRITONSERVER_Error *ort_write_states(ort_instance *instance, uint32_t index, int64_t first);

/* execute.c */
void ort_execute(TRITONBACKEND_ModelInstance *handle, ort_instance *instance, uint32_t count,
                 uint64_t exec_start);

#endif
