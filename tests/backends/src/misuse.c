/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Each way to use the API wrongly, chosen by the request parameter "misuse". Every wrong call must
 * be answered by an error; what it said is kept and told by the next request with misuse "report",
 * as the response parameters "calls" (how many wrong calls) and "accepted" (names of those that
 * were not answered by an error, separated by commas) and "message" (what the last one said). */

#include "specimen.h"

static int calls;
static char accepted[4096], message[512];

/* Notes the outcome of a wrong call; the error is taken. */
static void wrong(const char *name, TRITONSERVER_Error *error)
{
  calls++;
  if (error == NULL) {
    size_t used = strlen(accepted);
    snprintf(accepted + used, sizeof accepted - used, "%s%s", used > 0 ? "," : "", name);
    return;
  }
  snprintf(message, sizeof message, "%s", TRITONSERVER_ErrorMessage(error));
  TRITONSERVER_ErrorDelete(error);
}

static TRITONBACKEND_Response *new_response(TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Response *response = NULL;
  drop(TRITONBACKEND_ResponseNew(&response, request));
  return response;
}

static TRITONSERVER_Error *send_final(TRITONBACKEND_Response *response)
{
  return TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, NULL);
}

static TRITONSERVER_Error *release_all(TRITONBACKEND_Request *request)
{
  return TRITONBACKEND_RequestRelease(request, TRITONSERVER_REQUEST_RELEASE_ALL);
}

/* ---- the life of a request and its responses ---- */

static void double_release(TRITONBACKEND_Request *request)
{
  respond(request, NULL);
  drop(release_all(request));
  wrong("RequestRelease again", release_all(request));
}

static void send_twice(TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Response *response = new_response(request);
  drop(send_final(response));
  wrong("ResponseSend again", send_final(response));
  drop(release_all(request));
}

static void response_after_final(TRITONBACKEND_Request *request)
{
  respond(request, NULL);
  TRITONBACKEND_Response *late = NULL;
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNew(&late, request);
  if (error == NULL) error = send_final(late);
  wrong("response after the final one", error);
  drop(release_all(request));
}

static void release_without_response(TRITONBACKEND_Request *request)
{
  wrong("RequestRelease without a response", release_all(request));
}

static void use_after_release(TRITONBACKEND_Request *request)
{
  const char *text;
  uint32_t count;
  TRITONBACKEND_Response *response = NULL;
  TRITONBACKEND_ResponseFactory *factory = NULL;
  respond(request, NULL);
  drop(release_all(request));
  wrong("RequestId after release", TRITONBACKEND_RequestId(request, &text));
  wrong("RequestInputCount after release", TRITONBACKEND_RequestInputCount(request, &count));
  wrong("ResponseNew after release", TRITONBACKEND_ResponseNew(&response, request));
  wrong("ResponseFactoryNew after release", TRITONBACKEND_ResponseFactoryNew(&factory, request));
}

static void delete_after_send(TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Response *response = new_response(request);
  drop(send_final(response));
  wrong("ResponseDelete after ResponseSend", TRITONBACKEND_ResponseDelete(response));
  drop(release_all(request));
}

static void reschedule(TRITONBACKEND_Request *request)
{
  respond(request, NULL);
  wrong("RequestRelease with both flags",
        TRITONBACKEND_RequestRelease(
            request, TRITONSERVER_REQUEST_RELEASE_ALL | TRITONSERVER_REQUEST_RELEASE_RESCHEDULE));
  drop(release_all(request));
}

/* ---- outputs ---- */

static void outputs(TRITONBACKEND_Request *request)
{
  const int64_t shape[1] = {1}, negative[1] = {-1}, huge[3] = {1LL << 31, 1LL << 31, 1LL << 31};
  const TRITONSERVER_DataType fp32 = TRITONSERVER_TYPE_FP32;
  TRITONBACKEND_Output *output = NULL, *other = NULL;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  void *buffer;
  TRITONBACKEND_Response *response = new_response(request);
  wrong("ResponseOutput with a null name",
        TRITONBACKEND_ResponseOutput(response, &other, NULL, fp32, shape, 1));
  wrong("ResponseOutput with a negative shape",
        TRITONBACKEND_ResponseOutput(response, &other, "OUTPUT0", fp32, negative, 1));
  wrong("ResponseOutput with a shape beyond 64 bits",
        TRITONBACKEND_ResponseOutput(response, &other, "OUTPUT0", fp32, huge, 3));
  wrong("ResponseOutput of an invalid type",
        TRITONBACKEND_ResponseOutput(response, &other, "OUTPUT0", TRITONSERVER_TYPE_INVALID, shape,
                                     1));
  drop(TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", fp32, shape, 1));
  wrong("ResponseOutput again",
        TRITONBACKEND_ResponseOutput(response, &other, "OUTPUT0", fp32, shape, 1));
  wrong("OutputBuffer of 2^62 bytes",
        TRITONBACKEND_OutputBuffer(output, &buffer, UINT64_C(1) << 62, &type, &type_id));
  type = TRITONSERVER_MEMORY_CPU;
  drop(TRITONBACKEND_OutputBuffer(output, &buffer, 4, &type, &type_id));
  wrong("OutputBuffer again", TRITONBACKEND_OutputBuffer(output, &buffer, 4, &type, &type_id));
  drop(send_final(response));
  drop(release_all(request));
}

/* ---- what isn't there ---- */

static void indices(TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Input *input;
  const char *name;
  const void *value;
  TRITONSERVER_ParameterType parameter_type;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_CPU;
  int64_t type_id = 0;
  uint64_t size;
  const uint32_t far = 4000000000u;
  wrong("RequestInputName", TRITONBACKEND_RequestInputName(request, far, &name));
  wrong("RequestInputByIndex", TRITONBACKEND_RequestInputByIndex(request, far, &input));
  wrong("RequestInput", TRITONBACKEND_RequestInput(request, "NO_SUCH_INPUT", &input));
  wrong("RequestOutputName", TRITONBACKEND_RequestOutputName(request, far, &name));
  wrong("RequestParameter",
        TRITONBACKEND_RequestParameter(request, far, &name, &parameter_type, &value));
  drop(TRITONBACKEND_RequestInputByIndex(request, 0, &input));
  wrong("InputBuffer", TRITONBACKEND_InputBuffer(input, far, &value, &size, &type, &type_id));
  respond(request, NULL);
  drop(release_all(request));
}

static void out_of_place(TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Model *model = NULL;
  TRITONSERVER_Message *config = NULL;
  drop(TRITONBACKEND_ModelInstanceModel(instance, &model));
  wrong("ModelConfig of an unknown version", TRITONBACKEND_ModelConfig(model, 99, &config));
  drop(TRITONSERVER_MessageNewFromSerializedJson(&config, "{}", 2));
  wrong("ModelSetConfig outside ModelInitialize", TRITONBACKEND_ModelSetConfig(model, 1, config));
  drop(TRITONSERVER_MessageDelete(config));
  respond(request, NULL);
  drop(release_all(request));
}

void null_handles(void (*note)(const char *name, TRITONSERVER_Error *error));

static void report(TRITONBACKEND_Request *request)
{
  TRITONBACKEND_Response *response = new_response(request);
  drop(TRITONBACKEND_ResponseSetIntParameter(response, "calls", calls));
  drop(TRITONBACKEND_ResponseSetStringParameter(response, "accepted", accepted));
  drop(TRITONBACKEND_ResponseSetStringParameter(response, "message", message));
  drop(send_final(response));
  drop(release_all(request));
  calls = 0;
  accepted[0] = message[0] = '\0';
}

static void misuse(TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request *request,
                   const char *kind)
{
  static const struct {
    const char *kind;
    void (*act)(TRITONBACKEND_Request *);
  } acts[] = {
      {"double_release", double_release},
      {"send_twice", send_twice},
      {"response_after_final", response_after_final},
      {"release_without_response", release_without_response},
      {"use_after_release", use_after_release},
      {"delete_after_send", delete_after_send},
      {"reschedule", reschedule},
      {"outputs", outputs},
      {"indices", indices},
      {"report", report},
  };
  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
    if (strcmp(acts[i].kind, kind) != 0) continue;
    acts[i].act(request);
    return;
  }
  if (strcmp(kind, "out_of_place") == 0) {
    out_of_place(instance, request);
    return;
  }
  if (strcmp(kind, "null_handles") == 0) null_handles(wrong);
  respond(request, NULL);
  drop(release_all(request));
}

TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests,
    const uint32_t request_count)
{
  char kind[64];
  for (uint32_t i = 0; i < request_count; i++) {
    parameter(requests[i], "misuse", kind, sizeof kind);
    /* These two end the batch with an error although some requests are answered, or gone. */
    if (strcmp(kind, "error_after_sending") == 0 || strcmp(kind, "error_after_release") == 0) {
      respond(requests[i], NULL);
      if (strcmp(kind, "error_after_release") == 0) drop(release_all(requests[i]));
      return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "an error after the fact");
    }
    misuse(instance, requests[i], kind);
  }
  return NULL;
}
