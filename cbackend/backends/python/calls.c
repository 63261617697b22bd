/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Requests of a model to other models. Inputs are read where the worker wrote them, which keeps them until
 * the request is released; each response is written into one block, and answers the question that waits
 * for it, or waits for the question. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>

#include "python.h"

/* A response that nobody has asked for yet. */
typedef struct waiting {
  struct waiting *next;
  py_answer answer; /* its value is the number of a loan */
} waiting;

typedef struct call {
  struct call *next;
  py_calls *calls;
  TRITONSERVER_InferenceRequest *request; /* to its end: it can be cancelled as long as there are responses */
  uint64_t number;
  uint64_t block; /* the worker's, with the inputs; PY_NO_BLOCK when it was given back */
  py_loan *inputs; /* copies of those in GPU memory, until the request is released */
  uint64_t memory_type; /* where outputs are to be, or PY_ANYWHERE */
  int64_t device;
  bool many;
  bool asked;     /* there is a question at `place` */
  uint64_t place;
  bool cancelled;
  bool dropped;   /* of many: nobody asks for what comes */
  bool final;     /* all responses have come */
  bool released;
  waiting *first, **last;
} call;

struct py_calls {
  TRITONSERVER_Server *server;
  py_channel *channel;
  TRITONSERVER_ResponseAllocator *allocator;
  py_gpu *gpu;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  call *all;
  uint64_t last_number;
};

/* ---- buffers of responses ---- */

/* In GPU memory, which the worker is shown, where the model wants it so, or says nothing and the other model
 * does; else plain memory, which is copied once into a block. What can't be had in GPU memory is in the CPU's: it
 * is a wish. */
static TRITONSERVER_Error *take_buffer(TRITONSERVER_ResponseAllocator *allocator, const char *name,
                                       size_t size, TRITONSERVER_MemoryType type, int64_t device,
                                       void *user, void **buffer, void **buffer_user,
                                       TRITONSERVER_MemoryType *actual_type, int64_t *actual_device)
{
  const call *one = user;
  (void)allocator;
  *buffer_user = NULL;
  if (one->memory_type != PY_ANYWHERE) {
    type = (TRITONSERVER_MemoryType)one->memory_type;
    device = one->device;
  }
  if (type == TRITONSERVER_MEMORY_GPU && size > 0) {
    py_gpu_buffer *made;
    TRITONSERVER_Error *none = py_gpu_take(one->calls->gpu, device, size, &made);
    if (none == NULL) {
      *buffer_user = made;
      *buffer = py_gpu_address(made);
      *actual_type = TRITONSERVER_MEMORY_GPU;
      *actual_device = device;
      return NULL;
    }
    TB_LOG_VERBOSE("output '%s' for a Python model is in CPU memory: %s", name, TRITONSERVER_ErrorMessage(none));
    TRITONSERVER_ErrorDelete(none);
  }
  *actual_type = TRITONSERVER_MEMORY_CPU;
  *actual_device = 0;
  *buffer = malloc(size > 0 ? size : 1);
  return *buffer == NULL ? tb_out_of_memory(name) : NULL;
}

/* Of a GPU's memory: until then it is shown by what it belongs to. */
static TRITONSERVER_Error *give_buffer(TRITONSERVER_ResponseAllocator *allocator, void *buffer,
                                       void *buffer_user, size_t size, TRITONSERVER_MemoryType type,
                                       int64_t device)
{
  (void)allocator, (void)size, (void)type, (void)device;
  if (buffer_user != NULL)
    py_gpu_give(buffer_user);
  else
    free(buffer);
  return NULL;
}

/* ---- responses ---- */

typedef struct {
  py_writer words;
  uint64_t block, tensor;
  py_loan **loan; /* NULL while it is measured */
} pen;

static void put_error(pen *to, TRITONSERVER_Error *error, uint32_t flags)
{
  const char *message = TRITONSERVER_ErrorMessage(error);
  py_put_u32s(&to->words, PY_RESPONSE_ERROR, flags);
  py_put_u32s(&to->words, TRITONSERVER_ErrorCode(error), 0);
  py_put_text(&to->words, message, strlen(message));
}

static TRITONSERVER_Error *put_outputs(pen *to, TRITONSERVER_InferenceResponse *response,
                                       const char *parameters, uint32_t flags)
{
  uint32_t count;
  TB_RETURN_IF_ERROR(TRITONSERVER_InferenceResponseOutputCount(response, &count));
  py_put_u32s(&to->words, PY_RESPONSE_OUTPUTS, flags);
  py_put_text(&to->words, parameters, parameters == NULL ? 0 : strlen(parameters));
  py_put_u32s(&to->words, count, 0);
  for (uint32_t i = 0; i < count; i++) {
    const char *name;
    TRITONSERVER_DataType datatype;
    const int64_t *shape;
    uint64_t rank;
    const void *base;
    size_t size;
    TRITONSERVER_MemoryType type;
    int64_t device;
    void *user;
    TB_RETURN_IF_ERROR(TRITONSERVER_InferenceResponseOutput(response, i, &name, &datatype, &shape, &rank,
                                                            &base, &size, &type, &device, &user));
    py_put_text(&to->words, name, strlen(name));
    py_put_u32s(&to->words, datatype, (uint32_t)rank);
    for (uint64_t k = 0; k < rank; k++) py_put_u64(&to->words, (uint64_t)shape[k]);
    py_gpu_place place = {.shown = false};
    if (user != NULL) py_gpu_show_buffer(user, &place);
    if (place.shown) {
      if (to->loan != NULL && !py_loan_add(to->loan, user, &place)) return tb_out_of_memory(name);
      py_gpu_put(&to->words, &place, size);
      continue;
    }
    py_put_u32s(&to->words, TRITONSERVER_MEMORY_CPU, PY_IN_ARENA);
    py_put_u64(&to->words, 0);
    to->tensor = py_aligned(to->tensor);
    py_put_u64(&to->words, to->block + to->tensor);
    py_put_u64(&to->words, size);
    if (to->words.to != NULL && size > 0)
      TB_RETURN_IF_ERROR(
          tb_copy(to->words.to + to->tensor, TRITONSERVER_MEMORY_CPU, base, type, size));
    to->tensor += size;
  }
  return NULL;
}

/* Into a block of the channel's; its value is a loan's number. Where there is no room, that is the answer. */
static py_answer sealed(const py_calls *calls, TRITONSERVER_InferenceResponse *response, uint32_t flags)
{
  py_channel *channel = calls->channel;
  py_loan *loan = NULL;
  py_answer answer = {.code = PY_ANSWER_GOOD, .block = PY_NO_BLOCK};
  TRITONSERVER_Error *error = TRITONSERVER_InferenceResponseError(response); /* the response's */
  TRITONSERVER_Error *own = NULL;
  pen measure = {0};
  char *parameters = NULL;
  if (error == NULL) error = own = py_response_parameters(response, &parameters);
  if (error == NULL) error = own = put_outputs(&measure, response, parameters, flags);
  if (error != NULL) {
    measure = (pen){0};
    put_error(&measure, error, flags);
  }
  const uint64_t words = py_aligned(measure.words.size);
  answer.size = words + measure.tensor;
  char *memory = py_channel_take(channel, answer.size, &answer.block);
  if (memory == NULL) {
    answer = (py_answer){.code = PY_ANSWER_ERROR, .block = PY_NO_BLOCK,
                         .value = TRITONSERVER_ERROR_UNAVAILABLE};
  } else {
    pen real = {{memory, 0, words}, answer.block, words, &loan};
    TRITONSERVER_Error *late = NULL;
    if (error != NULL)
      put_error(&real, error, flags);
    else
      late = put_outputs(&real, response, parameters, flags);
    if (late != NULL) {
      TB_LOG_IF_ERROR(late, "copying a response to a Python model");
      py_channel_untake(channel, answer.block);
      py_loan_drop(loan);
      answer = (py_answer){.code = PY_ANSWER_ERROR, .block = PY_NO_BLOCK,
                           .value = TRITONSERVER_ERROR_INTERNAL};
    } else {
      answer.value = py_loan_open(calls->gpu, loan);
    }
  }
  if (own != NULL) TRITONSERVER_ErrorDelete(own);
  free(parameters);
  return answer;
}

/* Answers with a text. */
static void answer_error(py_channel *channel, uint64_t place, TRITONSERVER_Error *error)
{
  const char *message = TRITONSERVER_ErrorMessage(error);
  py_writer measure = {0};
  py_put_text(&measure, message, strlen(message));
  py_answer answer = {.code = PY_ANSWER_ERROR, .size = measure.size, .value = TRITONSERVER_ErrorCode(error)};
  char *memory = py_channel_take(channel, measure.size, &answer.block);
  if (memory == NULL) {
    answer.block = PY_NO_BLOCK;
  } else {
    py_writer writer = {memory, 0, measure.size};
    py_put_text(&writer, message, strlen(message));
  }
  (void)py_channel_answer(channel, place, &answer);
}

void py_calls_answer_error(py_calls *calls, uint64_t place, TRITONSERVER_Error *error)
{
  answer_error(calls->channel, place, error);
}

/* ---- calls, with `lock` ---- */

/* Of a response that nobody gets. */
static void drop_answer(const py_calls *calls, const py_answer *answer)
{
  if (answer->block == PY_NO_BLOCK) return;
  py_channel_untake(calls->channel, answer->block);
  py_loan_return(calls->gpu, answer->value);
}

static void free_waiting(const py_calls *calls, call *one)
{
  while (one->first != NULL) {
    waiting *next = one->first->next;
    drop_answer(calls, &one->first->answer);
    free(one->first);
    one->first = next;
  }
  one->last = &one->first;
}

static void free_call(py_calls *calls, call *one)
{
  for (call **place = &calls->all; *place != NULL; place = &(*place)->next)
    if (*place == one) {
      *place = one->next;
      break;
    }
  free_waiting(calls, one);
  if (one->block != PY_NO_BLOCK) py_channel_give(calls->channel, one->block);
  py_loan_drop(one->inputs);
  TB_LOG_IF_ERROR(TRITONSERVER_InferenceRequestDelete(one->request), "deleting a request to another model");
  free(one);
  pthread_cond_broadcast(&calls->changed);
}

/* What is there goes to who asks; at the end, that it is the end. */
static void serve(py_calls *calls, call *one)
{
  if (!one->asked) return;
  py_answer answer = {.code = PY_ANSWER_DONE, .block = PY_NO_BLOCK};
  if (one->first != NULL) {
    waiting *first = one->first;
    answer = first->answer;
    one->first = first->next;
    if (one->first == NULL) one->last = &one->first;
    free(first);
  } else if (!one->final) {
    return;
  }
  one->asked = false;
  (void)py_channel_answer(calls->channel, one->place, &answer);
}

/* One of a single response has said all with it; one of many, when the end was heard. */
static bool is_over(const call *one)
{
  return one->released && one->final && !one->asked && (!one->many || one->first == NULL);
}

static void on_release(TRITONSERVER_InferenceRequest *request, const uint32_t flags, void *user)
{
  call *one = user;
  py_calls *calls = one->calls;
  (void)request, (void)flags;
  pthread_mutex_lock(&calls->lock);
  one->released = true;
  if (one->block != PY_NO_BLOCK) py_channel_give(calls->channel, one->block);
  one->block = PY_NO_BLOCK;
  py_loan_drop(one->inputs);
  one->inputs = NULL;
  if (is_over(one) && (!one->many || one->dropped)) free_call(calls, one);
  pthread_cond_broadcast(&calls->changed);
  pthread_mutex_unlock(&calls->lock);
}

static void on_response(TRITONSERVER_InferenceResponse *response, const uint32_t flags, void *user)
{
  call *one = user;
  py_calls *calls = one->calls;
  py_answer answer;
  waiting *made = NULL;
  if (response != NULL) {
    answer = sealed(calls, response, flags);
    TB_LOG_IF_ERROR(TRITONSERVER_InferenceResponseDelete(response), "deleting a response of another model");
    made = malloc(sizeof *made);
  }
  pthread_mutex_lock(&calls->lock);
  if (made != NULL && !one->dropped) {
    *made = (waiting){.answer = answer};
    *one->last = made;
    one->last = &made->next;
  } else if (response != NULL) {
    free(made);
    drop_answer(calls, &answer);
  }
  if (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) one->final = true;
  pthread_cond_broadcast(&calls->changed);
  serve(calls, one);
  if (is_over(one) && (!one->many || one->dropped)) free_call(calls, one);
  pthread_mutex_unlock(&calls->lock);
}

/* ---- questions ---- */

static TRITONSERVER_Error *nonsense(void)
{
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "a request to another model makes no sense");
}

/* Copies what the model has in GPU memory: it may be gone before the request is. A server without GPUs has no other
 * place for it than the one in which it came. */
static TRITONSERVER_Error *keep_input(call *one, py_shown *shown)
{
  if (shown->type == TRITONSERVER_MEMORY_CPU && !py_gpu_is_there()) return NULL;
  py_gpu_buffer *buffer;
  TB_RETURN_IF_ERROR(py_gpu_take(one->calls->gpu, shown->device, shown->size, &buffer));
  void *copy = py_gpu_address(buffer);
  TRITONSERVER_Error *error =
      tb_copy(copy, TRITONSERVER_MEMORY_GPU, shown->data, shown->type, (size_t)shown->size);
  if (error == NULL && !py_loan_add(&one->inputs, buffer, NULL)) error = tb_out_of_memory("a request to another model");
  py_gpu_give(buffer);
  shown->data = copy;
  shown->type = TRITONSERVER_MEMORY_GPU;
  return error;
}

static TRITONSERVER_Error *add_input(call *one, py_reader *reader)
{
  py_tensor_head head;
  py_get_head(reader, &head);
  py_shown shown;
  TB_RETURN_IF_ERROR(py_shown_open(one->calls->gpu, one->calls->channel, reader, &shown));
  TRITONSERVER_Error *error = reader->broken || head.name == NULL ? nonsense() : NULL;
  if (error == NULL && shown.home == TRITONSERVER_MEMORY_GPU) error = keep_input(one, &shown);
  py_shown_close(&shown);
  if (error == NULL)
    error = TRITONSERVER_InferenceRequestAddInput(
        one->request, head.name, (TRITONSERVER_DataType)head.datatype, head.shape, head.rank);
  return error != NULL ? error
                       : TRITONSERVER_InferenceRequestAppendInputData(one->request, head.name, shown.data, shown.size,
                                                                      shown.type, shown.device);
}

static TRITONSERVER_Error *fill(call *one, py_reader *reader)
{
  uint64_t size;
  uint32_t flags, is_text, inputs, outputs;
  const char *model = py_get_text(reader, &size);
  const int64_t version = (int64_t)py_get_u64(reader);
  if (model == NULL) return nonsense();
  one->memory_type = py_get_u64(reader);
  one->device = (int64_t)py_get_u64(reader);
  TB_RETURN_IF_ERROR(
      TRITONSERVER_InferenceRequestNew(&one->request, one->calls->server, model, version));
  const char *id = py_get_text(reader, &size);
  py_get_u32s(reader, &flags, &is_text);
  const uint64_t correlation = py_get_u64(reader);
  const char *correlation_text = py_get_text(reader, &size);
  const uint64_t timeout = py_get_u64(reader), priority = py_get_u64(reader);
  uint64_t parameters_size;
  const char *parameters = py_get_text(reader, &parameters_size);
  (void)py_get_text(reader, &size);
  py_get_u32s(reader, &inputs, &outputs);
  if (reader->broken || id == NULL) return nonsense();
  TB_RETURN_IF_ERROR(TRITONSERVER_InferenceRequestSetId(one->request, id));
  TB_RETURN_IF_ERROR(TRITONSERVER_InferenceRequestSetFlags(one->request, flags));
  TB_RETURN_IF_ERROR(
      is_text && correlation_text != NULL
          ? TRITONSERVER_InferenceRequestSetCorrelationIdString(one->request, correlation_text)
          : TRITONSERVER_InferenceRequestSetCorrelationId(one->request, correlation));
  TB_RETURN_IF_ERROR(TRITONSERVER_InferenceRequestSetTimeoutMicroseconds(one->request, timeout));
  TB_RETURN_IF_ERROR(TRITONSERVER_InferenceRequestSetPriorityUInt64(one->request, priority));
  if (parameters != NULL)
    TB_RETURN_IF_ERROR(py_set_request_parameters(one->request, parameters, parameters_size));
  for (uint32_t i = 0; i < inputs; i++) TB_RETURN_IF_ERROR(add_input(one, reader));
  for (uint32_t i = 0; i < outputs; i++) {
    const char *name = py_get_text(reader, &size);
    if (name == NULL) return nonsense();
    TB_RETURN_IF_ERROR(TRITONSERVER_InferenceRequestAddRequestedOutput(one->request, name));
  }
  TB_RETURN_IF_ERROR(TRITONSERVER_InferenceRequestSetReleaseCallback(one->request, on_release, one));
  return TRITONSERVER_InferenceRequestSetResponseCallback(one->request, one->calls->allocator, one,
                                                          on_response, one);
}

void py_calls_infer(py_calls *calls, const py_message *message, TRITONSERVER_InferenceTrace *trace)
{
  const uint64_t place = message->values[0];
  py_reader reader = {.from = message->block == PY_NO_BLOCK
                                  ? NULL
                                  : py_channel_at(calls->channel, message->block, message->size),
                      .size = message->size};
  call *one = calloc(1, sizeof *one);
  TRITONSERVER_Error *error = one == NULL ? tb_out_of_memory("a request to another model") : NULL;
  if (error == NULL) {
    *one = (call){.calls = calls, .block = message->block, .many = message->flags & PY_INFER_MANY};
    one->last = &one->first;
    error = reader.from == NULL ? nonsense() : fill(one, &reader);
  }
  if (error == NULL) {
    pthread_mutex_lock(&calls->lock);
    one->number = ++calls->last_number;
    one->place = place;
    one->asked = !one->many;
    one->next = calls->all;
    calls->all = one;
    pthread_mutex_unlock(&calls->lock);
    /* From the next call on it may be gone. */
    const py_answer number = {.code = PY_ANSWER_GOOD, .block = PY_NO_BLOCK, .value = one->number};
    const bool many = one->many;
    error = TRITONSERVER_ServerInferAsync(calls->server, one->request, trace);
    if (error == NULL) {
      if (many) (void)py_channel_answer(calls->channel, place, &number);
      return;
    }
    pthread_mutex_lock(&calls->lock);
    one->asked = false;
    free_call(calls, one);
    pthread_mutex_unlock(&calls->lock);
  } else {
    if (one != NULL && one->request != NULL)
      TB_LOG_IF_ERROR(TRITONSERVER_InferenceRequestDelete(one->request), "deleting a request");
    if (one != NULL) py_loan_drop(one->inputs);
    free(one);
    if (message->block != PY_NO_BLOCK) py_channel_give(calls->channel, message->block);
    if (trace != NULL)
      TB_LOG_IF_ERROR(TRITONSERVER_InferenceTraceDelete(trace), "deleting a trace that was not used");
  }
  answer_error(calls->channel, place, error);
  TRITONSERVER_ErrorDelete(error);
}

static call *find(py_calls *calls, uint64_t number)
{
  for (call *one = calls->all; one != NULL; one = one->next)
    if (one->number == number && one->many) return one;
  return NULL;
}

void py_calls_next(py_calls *calls, uint64_t number, uint64_t place)
{
  pthread_mutex_lock(&calls->lock);
  call *one = find(calls, number);
  if (one == NULL) {
    const py_answer done = {.code = PY_ANSWER_DONE, .block = PY_NO_BLOCK};
    (void)py_channel_answer(calls->channel, place, &done);
  } else {
    one->asked = true;
    one->place = place;
    serve(calls, one);
    if (is_over(one)) free_call(calls, one);
  }
  pthread_mutex_unlock(&calls->lock);
}

void py_calls_drop(py_calls *calls, uint64_t number)
{
  pthread_mutex_lock(&calls->lock);
  call *one = find(calls, number);
  if (one != NULL) {
    one->dropped = true;
    free_waiting(calls, one);
    if (is_over(one)) free_call(calls, one);
  }
  pthread_mutex_unlock(&calls->lock);
}

void py_calls_cancel(py_calls *calls, uint64_t number)
{
  pthread_mutex_lock(&calls->lock);
  call *one = find(calls, number);
  if (one != NULL)
    TB_LOG_IF_ERROR(TRITONSERVER_InferenceRequestCancel(one->request), "cancelling a request");
  pthread_mutex_unlock(&calls->lock);
}

/* ---- beginning and end ---- */

TRITONSERVER_Error *py_calls_new(TRITONSERVER_Server *server, py_channel *channel, py_gpu *gpu,
                                 py_calls **calls)
{
  py_calls *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("an instance");
  TRITONSERVER_Error *error =
      TRITONSERVER_ResponseAllocatorNew(&made->allocator, take_buffer, give_buffer, NULL);
  if (error != NULL) {
    free(made);
    return error;
  }
  made->server = server;
  made->channel = channel;
  made->gpu = gpu;
  /* A request may be answered within its cancellation. */
  pthread_mutexattr_t recursive;
  pthread_mutexattr_init(&recursive);
  pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&made->lock, &recursive);
  pthread_mutexattr_destroy(&recursive);
  pthread_cond_init(&made->changed, NULL);
  *calls = made;
  return NULL;
}

void py_calls_delete(py_calls *calls)
{
  if (calls == NULL) return;
  pthread_mutex_lock(&calls->lock);
  /* From the first again after each: it may have ended others. */
  for (call *one = calls->all; one != NULL; one = calls->all) {
    while (one != NULL && one->cancelled && !(one->released && one->final)) one = one->next;
    if (one == NULL) {
      pthread_cond_wait(&calls->changed, &calls->lock);
    } else if (one->released && one->final) {
      free_call(calls, one);
    } else {
      one->cancelled = true;
      TB_LOG_IF_ERROR(TRITONSERVER_InferenceRequestCancel(one->request), "cancelling a request");
    }
  }
  pthread_mutex_unlock(&calls->lock);
  TB_LOG_IF_ERROR(TRITONSERVER_ResponseAllocatorDelete(calls->allocator), "deleting an allocator");
  pthread_mutex_destroy(&calls->lock);
  pthread_cond_destroy(&calls->changed);
  free(calls);
}
