/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole backend: its models have one FP32 input and one FP32 output of the same shape, and add
 * one to every element. Built and served with
 *
 *   mkdir -p backends/add_one models/plus/1
 *   gcc -shared -fPIC -I$(triton-py config --include) examples/backend_minimal.c \
 *       -o backends/add_one/libtriton_add_one.so
 *   cat > models/plus/config.pbtxt <<EOF
 *   backend: "add_one"
 *   input [ { name: "X" data_type: TYPE_FP32 dims: [ -1 ] } ]
 *   output [ { name: "Y" data_type: TYPE_FP32 dims: [ -1 ] } ]
 *   EOF
 *   triton-py serve --model-repository=models --backend-directory=backends
 *   triton-py infer plus X='[1, 2.5]'
 *
 *   triton-py certify backends/add_one/libtriton_add_one.so --model models/plus
 *
 * Of the entry points only TRITONBACKEND_ModelInstanceExecute must be there. A backend that keeps
 * state adds TRITONBACKEND_ModelInitialize and the others, and keeps it with ...SetState.
 */
#include "triton/core/tritonbackend.h"

#include <stdlib.h>
#include <string.h>

/* Leaves the function with the error of a call that failed; NULL is success. */
#define RETURN_IF_ERROR(call)                   \
  do {                                          \
    struct TRITONSERVER_Error* error_ = (call); \
    if (error_ != NULL) return error_;          \
  } while (0)

static struct TRITONSERVER_Error*
Invalid(const char* message)
{
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, message);
}

/* Called once, when the library is loaded: a server of another major version has another API. */
TRITONBACKEND_ISPEC struct TRITONSERVER_Error*
TRITONBACKEND_Initialize(struct TRITONBACKEND_Backend* backend)
{
  (void)backend;
  uint32_t major, minor;
  RETURN_IF_ERROR(TRITONBACKEND_ApiVersion(&major, &minor));
  if (major != TRITONBACKEND_API_VERSION_MAJOR || minor < TRITONBACKEND_API_VERSION_MINOR)
    return TRITONSERVER_ErrorNew(
        TRITONSERVER_ERROR_UNSUPPORTED, "add_one was built for another version of the backend API");
  return NULL;
}

/* Fills one output of `response` with `input` plus one. */
static struct TRITONSERVER_Error*
AddOne(struct TRITONBACKEND_Input* input, struct TRITONBACKEND_Response* response,
       const char* output_name)
{
  TRITONSERVER_DataType datatype;
  const int64_t* shape;
  uint32_t dimensions, buffers;
  uint64_t byte_size;
  RETURN_IF_ERROR(TRITONBACKEND_InputProperties(
      input, NULL, &datatype, &shape, &dimensions, &byte_size, &buffers));
  if (datatype != TRITONSERVER_TYPE_FP32) return Invalid("add_one: the input must be FP32");

  struct TRITONBACKEND_Output* output;
  RETURN_IF_ERROR(TRITONBACKEND_ResponseOutput(
      response, &output, output_name, TRITONSERVER_TYPE_FP32, shape, dimensions));

  /* Asked for in CPU memory; the server may offer another kind, which this backend can't write. */
  void* destination;
  TRITONSERVER_MemoryType place = TRITONSERVER_MEMORY_CPU;
  int64_t device = 0;
  RETURN_IF_ERROR(
      TRITONBACKEND_OutputBuffer(output, &destination, byte_size, &place, &device));
  if (place == TRITONSERVER_MEMORY_GPU) return Invalid("add_one: no output buffer on the CPU");

  /* A tensor may come in several buffers, which together are its bytes. */
  char* to = destination;
  for (uint32_t i = 0; i < buffers; i++) {
    const void* from;
    uint64_t size;
    place = TRITONSERVER_MEMORY_CPU;
    RETURN_IF_ERROR(TRITONBACKEND_InputBuffer(input, i, &from, &size, &place, &device));
    if (place == TRITONSERVER_MEMORY_GPU) return Invalid("add_one: the input is on a GPU");
    memcpy(to, from, size);
    to += size;
  }
  float* values = destination;
  for (uint64_t i = 0; i < byte_size / sizeof(float); i++) values[i] += 1.0f;
  return NULL;
}

/* Fills `response` with the answer to `request`; owns neither. */
static struct TRITONSERVER_Error*
Answer(struct TRITONBACKEND_Request* request, struct TRITONBACKEND_Response* response)
{
  /* Borrowed from the request: valid until the request is released. */
  struct TRITONBACKEND_Input* input;
  RETURN_IF_ERROR(TRITONBACKEND_RequestInputByIndex(request, 0, &input));

  /* Those that the client asked for, no others. */
  uint32_t outputs;
  RETURN_IF_ERROR(TRITONBACKEND_RequestOutputCount(request, &outputs));
  for (uint32_t i = 0; i < outputs; i++) {
    const char* name;
    RETURN_IF_ERROR(TRITONBACKEND_RequestOutputName(request, i, &name));
    RETURN_IF_ERROR(AddOne(input, response, name));
  }
  return NULL;
}

/* A response for each request, or none at all: on an error those that were made are gone again. */
static struct TRITONSERVER_Error*
NewResponses(struct TRITONBACKEND_Request** requests, uint32_t count,
             struct TRITONBACKEND_Response** responses)
{
  for (uint32_t i = 0; i < count; i++) {
    struct TRITONSERVER_Error* error = TRITONBACKEND_ResponseNew(&responses[i], requests[i]);
    if (error == NULL) continue;
    while (i-- > 0) {
      struct TRITONSERVER_Error* kept = TRITONBACKEND_ResponseDelete(responses[i]);
      if (kept != NULL) TRITONSERVER_ErrorDelete(kept);
    }
    return error;
  }
  return NULL;
}

/*
 * Called with one batch at a time for an instance. Returning NULL means that the requests are ours
 * now: each gets its response and is released. An error gives all of them back to the server, which
 * answers them; so it is returned only as long as nothing was sent.
 */
TRITONBACKEND_ISPEC struct TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceExecute(
    struct TRITONBACKEND_ModelInstance* instance, struct TRITONBACKEND_Request** requests,
    const uint32_t request_count)
{
  (void)instance;
  struct TRITONBACKEND_Response** responses = malloc(request_count * sizeof *responses);
  if (responses == NULL)
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE, "add_one: out of memory");
  struct TRITONSERVER_Error* failed = NewResponses(requests, request_count, responses);
  for (uint32_t i = 0; failed == NULL && i < request_count; i++) {
    struct TRITONSERVER_Error* error = Answer(requests[i], responses[i]);
    /* Takes the response, whatever it returns; the error stays ours. */
    struct TRITONSERVER_Error* unsent = TRITONBACKEND_ResponseSend(
        responses[i], TRITONSERVER_RESPONSE_COMPLETE_FINAL, error);
    if (unsent != NULL) TRITONSERVER_ErrorDelete(unsent);
    if (error != NULL) TRITONSERVER_ErrorDelete(error);
    error = TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
    if (error != NULL) TRITONSERVER_ErrorDelete(error);
  }
  free(responses);
  return failed;
}
