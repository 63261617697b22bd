/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* From requests to a block: measured first, then written by the same functions. */

#include <stdlib.h>

#include "python.h"

enum { LENT_BYTES = 65536 };

/* Where inputs are that may be shown in GPU memory: decided once, when all is measured. */
typedef struct {
  py_gpu *gpu;
  bool lends;
  bool lent;
  py_loan *loan;
  py_gpu_place *places; /* of all inputs, in their order */
  size_t count, capacity;
} on_gpus;

/* A writer of words, and where the next tensor's bytes go in the block. */
typedef struct {
  py_writer words;
  uint64_t block, tensor;
  bool lends;  /* the reader lies in this process, and may look at what is not in the block */
  bool lent;   /* something stays where it is */
  on_gpus *gpus;      /* NULL: all inputs go to CPU memory */
  size_t next_on_gpu; /* of those whose place is known */
} pen;

static void put_string(pen *to, const char *text)
{
  py_put_text(&to->words, text, text == NULL ? 0 : strlen(text));
}

/* Where the reader may look at an input where it lies: in one piece, in this process, and long enough that a
 * copy would cost more than a request whose release a model can hold up. NULL where it is to be copied. */
static TRITONSERVER_Error *find_lent(const pen *to, const tb_input *input, const void **data)
{
  *data = NULL;
  if (!to->lends || input->byte_size < LENT_BYTES || input->buffer_count != 1) return NULL;
  const void *buffer;
  uint64_t size;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t device = 0;
  TB_RETURN_IF_ERROR(TRITONBACKEND_InputBuffer(input->handle, 0, &buffer, &size, &type, &device));
  if (type != TRITONSERVER_MEMORY_GPU && size == input->byte_size) *data = buffer;
  return NULL;
}

/* The place of the next input; *place is NULL where it goes to CPU memory. */
static TRITONSERVER_Error *find_on_gpu(pen *to, const tb_input *input, const py_gpu_place **place)
{
  on_gpus *all = to->gpus;
  *place = NULL;
  if (all == NULL) return NULL;
  if (to->next_on_gpu == all->count) {
    if (all->count == all->capacity) {
      const size_t capacity = all->capacity == 0 ? 16 : all->capacity * 2;
      py_gpu_place *grown = realloc(all->places, capacity * sizeof *grown);
      if (grown == NULL) return tb_out_of_memory("a batch");
      all->places = grown;
      all->capacity = capacity;
    }
    TB_RETURN_IF_ERROR(
        py_gpu_show(all->gpu, input, all->lends, &all->loan, &all->lent, &all->places[all->count]));
    all->count++;
  }
  const py_gpu_place *found = &all->places[to->next_on_gpu++];
  if (found->shown) *place = found;
  return NULL;
}

static TRITONSERVER_Error *put_input(pen *to, TRITONBACKEND_Request *request, uint32_t index)
{
  TRITONBACKEND_Input *handle;
  tb_input input;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputByIndex(request, index, &handle));
  TB_RETURN_IF_ERROR(tb_input_read(handle, &input));
  put_string(to, input.name);
  py_put_u32s(&to->words, input.datatype, input.rank);
  for (uint32_t i = 0; i < input.rank; i++) py_put_u64(&to->words, (uint64_t)input.shape[i]);
  const py_gpu_place *there;
  TB_RETURN_IF_ERROR(find_on_gpu(to, &input, &there));
  if (there != NULL) {
    py_gpu_put(&to->words, there, input.byte_size);
    return NULL;
  }
  const void *lent;
  TB_RETURN_IF_ERROR(find_lent(to, &input, &lent));
  py_put_u32s(&to->words, TRITONSERVER_MEMORY_CPU, lent != NULL ? PY_AT_ADDRESS : PY_IN_ARENA);
  py_put_u64(&to->words, 0);
  if (lent != NULL) {
    to->lent = true;
    py_put_u64(&to->words, (uint64_t)(uintptr_t)lent);
    py_put_u64(&to->words, input.byte_size);
    return NULL;
  }
  to->tensor = py_aligned(to->tensor);
  py_put_u64(&to->words, to->block + to->tensor);
  py_put_u64(&to->words, input.byte_size);
  if (to->words.to != NULL)
    TB_RETURN_IF_ERROR(
        tb_input_copy(&input, to->words.to + to->tensor, TRITONSERVER_MEMORY_CPU));
  to->tensor += input.byte_size;
  return NULL;
}

/* The context of the trace that the request belongs to: "" without one, NULL where it belongs to none. */
static TRITONSERVER_Error *trace_context(TRITONBACKEND_Request *request, const char **context)
{
  TRITONSERVER_InferenceTrace *trace = NULL;
  *context = NULL;
  TRITONSERVER_Error *none = TRITONBACKEND_RequestTrace(request, &trace);
  if (none != NULL) {
    /* A server without traces says so for each request. */
    TRITONSERVER_ErrorDelete(none);
    return NULL;
  }
  return trace == NULL ? NULL : TRITONSERVER_InferenceTraceContext(trace, context);
}

static TRITONSERVER_Error *put_request(pen *to, TRITONBACKEND_Request *request,
                                       const char *parameters)
{
  const char *id, *text = NULL;
  uint32_t flags, inputs, outputs;
  uint64_t correlation = 0, timeout;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestId(request, &id));
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestFlags(request, &flags));
  TB_RETURN_IF_ERROR(TRITONBACKEND_InferenceRequestTimeoutMicroseconds(request, &timeout));
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputCount(request, &inputs));
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputCount(request, &outputs));
  TRITONSERVER_Error *no_number = TRITONBACKEND_RequestCorrelationId(request, &correlation);
  if (no_number != NULL) {
    /* An id that is a text: that is how one tells them apart. */
    TRITONSERVER_ErrorDelete(no_number);
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestCorrelationIdString(request, &text));
  }
  const char *trace;
  TB_RETURN_IF_ERROR(trace_context(request, &trace));
  put_string(to, id == NULL ? "" : id);
  py_put_u32s(&to->words, flags, text != NULL);
  py_put_u64(&to->words, correlation);
  put_string(to, text);
  py_put_u64(&to->words, timeout);
  py_put_u64(&to->words, 0);
  put_string(to, parameters);
  put_string(to, trace);
  py_put_u32s(&to->words, inputs, outputs);
  for (uint32_t i = 0; i < inputs; i++) TB_RETURN_IF_ERROR(put_input(to, request, i));
  for (uint32_t i = 0; i < outputs; i++) {
    const char *name;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputName(request, i, &name));
    put_string(to, name);
  }
  return NULL;
}

static TRITONSERVER_Error *put_requests(pen *to, TRITONBACKEND_Request **requests, uint32_t count,
                                        char *const *parameters)
{
  for (uint32_t i = 0; i < count; i++)
    TB_RETURN_IF_ERROR(put_request(to, requests[i], parameters[i]));
  return NULL;
}

static TRITONSERVER_Error *encode(TRITONBACKEND_Request **requests, uint32_t count,
                                  char *const *parameters, const char *model, py_channel *channel,
                                  bool lends, on_gpus *gpus, py_message *message)
{
  /* The tensors come behind the words: once for the words' size, which does not depend on where the
   * tensors are, and once, without looking at anything again, for that of the tensors. */
  pen measure = {.lends = lends, .gpus = gpus};
  TB_RETURN_IF_ERROR(put_requests(&measure, requests, count, parameters));
  const uint64_t words = py_aligned(measure.words.size);
  message->size = words + measure.tensor;
  char *memory = py_channel_take(channel, message->size, &message->block);
  if (memory == NULL) {
    uint64_t most, taken;
    py_channel_shortage(channel, &most, &taken);
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "model '%s': the requests of a batch have %llu bytes; the memory shared with the "
                    "model's process has %llu, of which %llu are taken (parameter SHM_BYTES)",
                    model, (unsigned long long)message->size, (unsigned long long)most,
                    (unsigned long long)taken);
  }
  pen real = {{memory, 0, words}, message->block, words, lends, false, gpus, 0};
  TRITONSERVER_Error *error = put_requests(&real, requests, count, parameters);
  if (error != NULL) py_channel_untake(channel, message->block);
  if (real.lent) message->flags |= PY_LENT;
  return error;
}

TRITONSERVER_Error *py_encode_requests(TRITONBACKEND_Request **requests, uint32_t count,
                                       const py_model *model, py_channel *channel, py_gpu *gpu, bool lends,
                                       py_message *message)
{
  on_gpus gpus = {.gpu = gpu, .lends = lends};
  char **parameters = calloc(count + 1, sizeof *parameters);
  if (parameters == NULL) return tb_out_of_memory("a batch");
  TRITONSERVER_Error *error = NULL;
  for (uint32_t i = 0; error == NULL && i < count; i++)
    error = py_request_parameters(requests[i], &parameters[i]);
  if (error == NULL)
    error = encode(requests, count, parameters, model->config->name, channel,
                   lends && py_channel_is_direct(channel), model->gpu_inputs ? &gpus : NULL, message);
  if (error == NULL) {
    if (gpus.lent) message->flags |= PY_LENT;
    message->values[1] = py_loan_open(gpu, gpus.loan);
  } else {
    py_loan_drop(gpus.loan);
  }
  free(gpus.places);
  for (uint32_t i = 0; i < count; i++) free(parameters[i]);
  free(parameters);
  return error;
}
