/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Requests that a worker has, and what it answers. The worker's words are checked like a stranger's: it
 * runs the model's code, which may have written anywhere. */

#include <stdlib.h>

#include "python.h"

TRITONSERVER_Error *py_batch_new(TRITONBACKEND_Request **requests, uint32_t count, bool decoupled,
                                 uint64_t id, py_batch **batch)
{
  py_batch *made = calloc(1, sizeof *made + count * sizeof made->items[0]);
  if (made == NULL) return tb_out_of_memory("a batch");
  made->id = id;
  made->count = made->open = count;
  TRITONSERVER_Error *error = NULL;
  if (!decoupled && count > 0)
    error = tb_new_responses(requests, count, &made->items[0].response, sizeof made->items[0]);
  for (uint32_t i = 0; error == NULL && decoupled && i < count; i++)
    error = TRITONBACKEND_ResponseFactoryNew(&made->items[i].factory, requests[i]);
  if (error != NULL) {
    made->open = 0;
    py_batch_delete(made);
    return error;
  }
  for (uint32_t i = 0; i < count; i++) {
    made->items[i].request = requests[i];
    made->items[i].release = TRITONSERVER_REQUEST_RELEASE_ALL;
    made->items[i].success = true;
  }
  *batch = made;
  return NULL;
}

static void drop_factory(py_item *item)
{
  if (item->factory == NULL) return;
  TB_LOG_IF_ERROR(TRITONBACKEND_ResponseFactoryDelete(item->factory), "deleting a response factory");
  item->factory = NULL;
}

void py_batch_delete(py_batch *batch)
{
  if (batch == NULL) return;
  for (uint32_t i = 0; i < batch->count; i++) {
    py_item *item = &batch->items[i];
    if (item->response != NULL)
      TB_LOG_IF_ERROR(TRITONBACKEND_ResponseDelete(item->response),
                      "deleting a response that is not needed");
    drop_factory(item);
  }
  free(batch);
}

/* ---- what the worker wrote ---- */

static TRITONSERVER_Error *nonsense(void)
{
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL,
                               "the model's process sent what makes no sense");
}

static TRITONSERVER_Error *copy_output(py_gpu *gpu, const py_channel *channel, py_reader *reader,
                                       TRITONBACKEND_Response *response)
{
  py_tensor_head head;
  py_get_head(reader, &head);
  py_shown shown;
  TRITONSERVER_Error *error = py_shown_open(gpu, channel, reader, &shown);
  if (reader->broken || head.name == NULL) {
    reader->broken = true;
    error = error == NULL ? nonsense() : error;
  }
  if (response == NULL) {
    py_shown_close(&shown);
    return error;
  }
  TRITONBACKEND_Output *output;
  if (error == NULL)
    error = TRITONBACKEND_ResponseOutput(response, &output, head.name, (TRITONSERVER_DataType)head.datatype,
                                         head.shape, head.rank);
  void *buffer = NULL;
  TRITONSERVER_MemoryType type = shown.home;
  int64_t device = shown.device;
  if (error == NULL) error = TRITONBACKEND_OutputBuffer(output, &buffer, shown.size, &type, &device);
  if (error == NULL) error = tb_copy(buffer, type, shown.data, shown.type, (size_t)shown.size);
  py_shown_close(&shown);
  return error;
}

/* Fills a response, or nothing where it is NULL, out of what is behind its head. */
static TRITONSERVER_Error *fill(TRITONBACKEND_Response *response, py_gpu *gpu, const py_channel *channel,
                                py_reader *reader)
{
  uint64_t size;
  uint32_t count, unused;
  const char *parameters = py_get_text(reader, &size);
  py_get_u32s(reader, &count, &unused);
  if (reader->broken) return nonsense();
  TRITONSERVER_Error *error = NULL;
  if (parameters != NULL && response != NULL) error = py_set_response_parameters(response, parameters, size);
  for (uint32_t i = 0; i < count && !reader->broken; i++) {
    /* All of them are read also after an error: what follows in the block is another response's. */
    TRITONSERVER_Error *one = copy_output(gpu, channel, reader, response);
    if (error == NULL)
      error = one;
    else if (one != NULL)
      TRITONSERVER_ErrorDelete(one);
  }
  return error;
}

static TRITONSERVER_Error *read_error(py_reader *reader)
{
  uint32_t code, unused;
  uint64_t size;
  py_get_u32s(reader, &code, &unused);
  const char *message = py_get_text(reader, &size);
  if (reader->broken || message == NULL) return nonsense();
  if (code > TRITONSERVER_ERROR_CANCELLED) code = TRITONSERVER_ERROR_INTERNAL;
  return TRITONSERVER_ErrorNew((TRITONSERVER_Error_Code)code, message);
}

/* ---- answers ---- */

/* The response to send next of an item that waits for one; NULL with an error where none can be made. Takes
 * it from the item where it is the only one. */
static TRITONSERVER_Error *next_response(py_item *item, TRITONBACKEND_Response **response)
{
  *response = item->response;
  item->response = NULL;
  return *response != NULL ? NULL : TRITONBACKEND_ResponseNewFromFactory(response, item->factory);
}

static void close_item(py_batch *batch, py_item *item)
{
  drop_factory(item);
  batch->open--;
}

static bool is_open(const py_item *item) { return item->response != NULL || item->factory != NULL; }

bool py_batch_answer(py_batch *batch, uint32_t index, py_gpu *gpu, const py_channel *channel,
                     py_reader *reader, bool *success)
{
  uint32_t what, flags;
  py_item *item = &batch->items[index];
  *success = true;
  py_get_u32s(reader, &what, &flags);
  if (reader->broken || what > PY_RESPONSE_LATER) return false;
  if (what == PY_RESPONSE_LATER) return true;
  const bool was_open = is_open(item);
  const uint32_t final = flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL;
  if (what == PY_RESPONSE_NONE) {
    if (!was_open || final == 0) return was_open;
    if (item->factory != NULL)
      TB_LOG_IF_ERROR(TRITONBACKEND_ResponseFactorySendFlags(item->factory, final),
                      "sending the final flag");
    close_item(batch, item);
    return true;
  }
  /* It is read in any case: what follows in the block is another's. */
  TRITONBACKEND_Response *response = NULL;
  TRITONSERVER_Error *none = was_open ? next_response(item, &response) : NULL;
  TRITONSERVER_Error *error =
      what == PY_RESPONSE_ERROR ? read_error(reader) : fill(response, gpu, channel, reader);
  *success = error == NULL && response != NULL;
  if (response == NULL) {
    if (error != NULL) TRITONSERVER_ErrorDelete(error);
    if (none == NULL) {
      TB_LOG_ERROR("a response of a Python model has no request: it has had its last");
      return !reader->broken;
    }
    TB_LOG_ERROR("no response for one of a Python model's, whose request ends: %s",
                 TRITONSERVER_ErrorMessage(none));
    /* Its client would take the others for all of them. */
    py_batch_fail(batch, index, none);
    TRITONSERVER_ErrorDelete(none);
    return !reader->broken;
  }
  if (reader->broken) {
    /* Not answered by that: who runs the process says what became of it. */
    if (error != NULL) TRITONSERVER_ErrorDelete(error);
    if (item->factory == NULL)
      item->response = response;
    else
      TB_LOG_IF_ERROR(TRITONBACKEND_ResponseDelete(response), "deleting half a response");
    return false;
  }
  /* One that is not decoupled has had all its responses with the first. */
  TB_LOG_IF_ERROR(
      TRITONBACKEND_ResponseSend(
          response, item->factory == NULL ? TRITONSERVER_RESPONSE_COMPLETE_FINAL : final, error),
      "sending a response");
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
  if (final != 0 || item->factory == NULL) close_item(batch, item);
  return true;
}

TRITONSERVER_Error *py_batch_is_cancelled(const py_batch *batch, uint32_t index, bool *cancelled)
{
  const py_item *item = &batch->items[index];
  *cancelled = false;
  if (item->request != NULL) return TRITONBACKEND_RequestIsCancelled(item->request, cancelled);
  return item->factory == NULL ? NULL
                               : TRITONBACKEND_ResponseFactoryIsCancelled(item->factory, cancelled);
}

void py_batch_fail(py_batch *batch, uint32_t index, TRITONSERVER_Error *error)
{
  py_item *item = &batch->items[index];
  if (!is_open(item)) return;
  TRITONBACKEND_Response *response = NULL;
  TRITONSERVER_Error *none = next_response(item, &response);
  if (none == NULL) {
    TB_LOG_IF_ERROR(
        TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error),
        "sending an error");
  } else {
    TB_LOG_IF_ERROR(none, "making a response for an error");
    /* At least nobody waits for another. */
    TB_LOG_IF_ERROR(
        TRITONBACKEND_ResponseFactorySendFlags(item->factory, TRITONSERVER_RESPONSE_COMPLETE_FINAL),
        "sending the final flag");
  }
  close_item(batch, item);
}
