/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* One request: what it asks for, its responses, its end. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "repeat.h"

/* Responses that one step sends at most: a long list without delays holds up no other request. */
enum { BURST = 32 };

TRITONSERVER_Error *repeat_job_new(TRITONBACKEND_ModelInstance *instance,
                                   TRITONBACKEND_Request *request, uint64_t exec_start_ns,
                                   repeat_job **job)
{
  repeat_job *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a request");
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseFactoryNew(&made->factory, request);
  if (error != NULL) {
    free(made);
    return error;
  }
  made->instance = instance;
  made->request = request;
  made->exec_start_ns = made->compute_start_ns = exec_start_ns;
  *job = made;
  return NULL;
}

static void delete_factory(repeat_job *job)
{
  if (job->factory != NULL)
    TB_LOG_IF_ERROR(TRITONBACKEND_ResponseFactoryDelete(job->factory),
                    "deleting a response factory");
  job->factory = NULL;
}

void repeat_job_free(repeat_job *job)
{
  if (job == NULL) return;
  delete_factory(job);
  free(job->values);
  free(job);
}

/* ---- what the request asks for ---- */

/* *found is NULL for an input that the request does not have. */
static TRITONSERVER_Error *find_input(repeat_job *job, const char *name,
                                      TRITONBACKEND_Input **found)
{
  uint32_t count;
  *found = NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputCount(job->request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *other;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestInputName(job->request, i, &other));
    if (strcmp(name, other) == 0)
      return TRITONBACKEND_RequestInputByIndex(job->request, i, found);
  }
  return NULL;
}

/* An input's properties, which must be those of a list of 4-byte numbers of that type. */
static TRITONSERVER_Error *read_list(TRITONBACKEND_Input *handle, TRITONSERVER_DataType datatype,
                                     tb_input *input)
{
  int64_t count;
  TB_RETURN_IF_ERROR(tb_input_read(handle, input));
  if (input->datatype != datatype)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "expected %s datatype to be %s, got %s",
                    input->name, TRITONSERVER_DataTypeString(datatype),
                    TRITONSERVER_DataTypeString(input->datatype));
  if (input->rank != 1 || !tb_element_count(input->shape, input->rank, &count))
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "expected %s to be a list, of one dimension, got shape %s", input->name,
                    TB_SHAPE_TEXT(input->shape, input->rank));
  if (input->byte_size / 4 != (uint64_t)count || input->byte_size % 4 != 0)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "unexpected size for %s input: %" PRIu64 " bytes of shape %s", input->name,
                    input->byte_size, TB_SHAPE_TEXT(input->shape, input->rank));
  return NULL;
}

static TRITONSERVER_Error *read_values(repeat_job *job)
{
  TRITONBACKEND_Input *in_handle, *delay_handle;
  tb_input in, delay;
  TB_RETURN_IF_ERROR(find_input(job, "IN", &in_handle));
  TB_RETURN_IF_ERROR(find_input(job, "DELAY", &delay_handle));
  if (in_handle == NULL)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "the request has no input IN");
  TB_RETURN_IF_ERROR(read_list(in_handle, TRITONSERVER_TYPE_INT32, &in));
  job->count = (size_t)(in.byte_size / 4);
  /* Without DELAY all delays are 0. */
  job->values = calloc(2 * job->count + 1, sizeof *job->values);
  if (job->values == NULL) return tb_out_of_memory("the values of a request");
  job->delays_ms = (uint32_t *)(job->values + job->count);
  TB_RETURN_IF_ERROR(tb_input_copy(&in, job->values, TRITONSERVER_MEMORY_CPU));
  if (delay_handle == NULL) return NULL;
  TB_RETURN_IF_ERROR(read_list(delay_handle, TRITONSERVER_TYPE_UINT32, &delay));
  if (delay.byte_size != in.byte_size)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "expected IN and DELAY shape to match, got %s and %s",
                    TB_SHAPE_TEXT(in.shape, in.rank), TB_SHAPE_TEXT(delay.shape, delay.rank));
  return tb_input_copy(&delay, job->delays_ms, TRITONSERVER_MEMORY_CPU);
}

static TRITONSERVER_Error *read_wait(repeat_job *job, uint32_t *wait_ms)
{
  TRITONBACKEND_Input *handle;
  tb_input wait;
  *wait_ms = 0;
  TB_RETURN_IF_ERROR(find_input(job, "WAIT", &handle));
  if (handle == NULL) return NULL;
  TB_RETURN_IF_ERROR(read_list(handle, TRITONSERVER_TYPE_UINT32, &wait));
  if (wait.byte_size != sizeof *wait_ms)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "expected WAIT shape to be [1], got %s",
                    TB_SHAPE_TEXT(wait.shape, wait.rank));
  return tb_input_copy(&wait, wait_ms, TRITONSERVER_MEMORY_CPU);
}

/* Now, since the responses may outlast the request. */
static TRITONSERVER_Error *read_outputs(repeat_job *job)
{
  uint32_t count;
  TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputCount(job->request, &count));
  for (uint32_t i = 0; i < count; i++) {
    const char *name;
    TB_RETURN_IF_ERROR(TRITONBACKEND_RequestOutputName(job->request, i, &name));
    if (strcmp(name, "OUT") == 0)
      job->wants_out = true;
    else if (strcmp(name, "IDX") == 0)
      job->wants_idx = true;
    else
      return tb_error(TRITONSERVER_ERROR_INVALID_ARG, "the model has no output '%s'", name);
  }
  return NULL;
}

/* Ends in the far future at the latest, rather than wrapping round. */
static uint64_t later(uint64_t from_ns, uint32_t by_ms)
{
  uint64_t by_ns = (uint64_t)by_ms * 1000000u;
  return by_ns > UINT64_MAX - from_ns ? UINT64_MAX : from_ns + by_ns;
}

TRITONSERVER_Error *repeat_job_read(repeat_job *job)
{
  uint32_t wait_ms;
  TB_RETURN_IF_ERROR(read_values(job));
  TB_RETURN_IF_ERROR(read_wait(job, &wait_ms));
  TB_RETURN_IF_ERROR(read_outputs(job));
  uint64_t now = tb_now_ns();
  job->compute_start_ns = now;
  job->response_due_ns = job->count > 0 ? later(now, job->delays_ms[0]) : now;
  job->release_due_ns = later(now, wait_ms);
  return NULL;
}

/* ---- responses ---- */

static TRITONSERVER_Error *put(TRITONBACKEND_Response *response, const char *name,
                               TRITONSERVER_DataType datatype, const void *value)
{
  const int64_t shape[] = {1};
  TRITONBACKEND_Output *output;
  void *buffer;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseOutput(response, &output, name, datatype, shape, 1));
  TB_RETURN_IF_ERROR(TRITONBACKEND_OutputBuffer(output, &buffer, 4, &type, &type_id));
  return tb_copy(buffer, type, value, TRITONSERVER_MEMORY_CPU, 4);
}

/* An error, owned by the caller: it was not sent. */
static TRITONSERVER_Error *send_next(repeat_job *job)
{
  const uint64_t start = tb_now_ns();
  const uint32_t index = (uint32_t)job->sent;
  TRITONBACKEND_Response *response;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseNewFromFactory(&response, job->factory));
  const uint64_t output_start = tb_now_ns();
  TRITONSERVER_Error *error = NULL;
  if (job->wants_out)
    error = put(response, "OUT", TRITONSERVER_TYPE_INT32, &job->values[job->sent]);
  if (error == NULL && job->wants_idx)
    error = put(response, "IDX", TRITONSERVER_TYPE_UINT32, &index);
  if (error != NULL) {
    TB_LOG_IF_ERROR(TRITONBACKEND_ResponseDelete(response), "deleting a response");
    return error;
  }
  repeat_report_response(job, start, output_start, NULL);
  return TRITONBACKEND_ResponseSend(response, 0, NULL);
}

/* The last answer is sent; the factory has no further use. */
static void send_final_flags(repeat_job *job)
{
  TB_LOG_IF_ERROR(
      TRITONBACKEND_ResponseFactorySendFlags(job->factory, TRITONSERVER_RESPONSE_COMPLETE_FINAL),
      "sending the final flags");
  delete_factory(job);
}

void repeat_job_fail(repeat_job *job, TRITONSERVER_Error *error)
{
  TRITONBACKEND_Response *response;
  const uint64_t start = tb_now_ns();
  job->failed = true;
  job->release_due_ns = 0;
  repeat_report_request(job);
  TRITONSERVER_Error *unmade = TRITONBACKEND_ResponseNewFromFactory(&response, job->factory);
  if (unmade != NULL) { /* the client learns at least that nothing follows */
    TB_LOG_IF_ERROR(unmade, "making an error response");
    TRITONSERVER_ErrorDelete(error);
    send_final_flags(job);
    return;
  }
  repeat_report_response(job, start, 0, error);
  TB_LOG_IF_ERROR(
      TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error),
      "sending an error");
  TRITONSERVER_ErrorDelete(error);
  delete_factory(job);
}

static void release(repeat_job *job)
{
  repeat_report_request(job);
  TB_LOG_IF_ERROR(TRITONBACKEND_RequestRelease(job->request, TRITONSERVER_REQUEST_RELEASE_ALL),
                  "releasing a request");
  job->request = NULL;
}

static TRITONSERVER_Error *is_cancelled(repeat_job *job)
{
  bool cancelled = false;
  TB_RETURN_IF_ERROR(TRITONBACKEND_ResponseFactoryIsCancelled(job->factory, &cancelled));
  return cancelled
             ? TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_CANCELLED, "the request was cancelled")
             : NULL;
}

void repeat_job_check_cancelled(repeat_job *job)
{
  if (job->factory == NULL) {
    /* All is said; only the release is still to come. */
    TRITONSERVER_Error *error = tb_check_cancelled(job->request);
    if (error == NULL) return;
    job->release_due_ns = 0;
    TRITONSERVER_ErrorDelete(error);
    return;
  }
  TRITONSERVER_Error *error = is_cancelled(job);
  if (error != NULL) repeat_job_fail(job, error);
}

bool repeat_job_step(repeat_job *job, uint64_t now_ns)
{
  for (int burst = 0; burst < BURST && job->factory != NULL && job->sent < job->count &&
                      job->response_due_ns <= now_ns;
       burst++) {
    TRITONSERVER_Error *error = is_cancelled(job);
    if (error == NULL) error = send_next(job);
    if (error != NULL) {
      repeat_job_fail(job, error);
    } else {
      job->sent++;
      if (job->sent < job->count)
        job->response_due_ns = later(job->response_due_ns, job->delays_ms[job->sent]);
    }
  }
  if (job->factory != NULL && job->sent == job->count) {
    /* Counted before it is answered: whoever has the end finds it in the statistics. */
    repeat_report_request(job);
    repeat_report_response(job, tb_now_ns(), 0, NULL);
    send_final_flags(job);
  }
  if (job->request != NULL && job->release_due_ns <= now_ns) release(job);
  return job->factory == NULL && job->request == NULL;
}

uint64_t repeat_job_due_ns(const repeat_job *job)
{
  uint64_t due = job->factory != NULL ? job->response_due_ns : UINT64_MAX;
  return job->request != NULL && job->release_due_ns < due ? job->release_due_ns : due;
}
