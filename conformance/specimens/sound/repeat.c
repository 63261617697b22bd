/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A decoupled model: the answer comes several times, from a thread, after the request was released.
 * How often says the first element of IN_DATA: 0 to 6 times, and each time a number more is added. */

#include "specimen.h"

enum { TIMES = 7, PAUSE_NS = 4000000, RANK = 16 };

/* One request that was taken. */
struct Job {
  Job *next;
  TRITONBACKEND_ResponseFactory *factory; /* owned */
  uint32_t *data;                         /* owned */
  uint64_t size;
  int64_t shape[RANK];
  uint32_t rank;
};

static void free_job(Job *job)
{
  free(job->data);
  free(job);
}

static uint32_t times_of(const Job *job)
{
  if (job->size < 4) return 0;
  int32_t first = (int32_t)job->data[0] % TIMES;
  return (uint32_t)(first < 0 ? first + TIMES : first);
}

/* Ends a request with an error that is sent; takes ownership of the error. */
static void send_error(Job *job, TRITONSERVER_Error *error)
{
  TRITONBACKEND_Response *response;
  TRITONSERVER_Error *failed = TRITONBACKEND_ResponseNewFromFactory(&response, job->factory);
  if (failed == NULL) {
    drop(TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error));
  } else { /* the client learns at least that nothing follows */
    drop(failed);
    drop(TRITONBACKEND_ResponseFactorySendFlags(job->factory,
                                                TRITONSERVER_RESPONSE_COMPLETE_FINAL));
  }
  drop(error);
}

/* Sends the answer once. An error, owned by the caller: it was not sent. */
static TRITONSERVER_Error *send_once(Job *job)
{
  TRITONBACKEND_Response *response;
  TRITONSERVER_Error *error = TRITONBACKEND_ResponseNewFromFactory(&response, job->factory);
  if (error != NULL) return error;
  for (uint64_t i = 0; i < job->size / 4; i++) job->data[i]++;
  error = put(response, "OUT_DATA", TRITONSERVER_TYPE_INT32, job->shape, job->rank,
              (const char *)job->data, job->size);
  if (error != NULL) {
    drop(TRITONBACKEND_ResponseDelete(response));
    return error;
  }
  return TRITONBACKEND_ResponseSend(response, 0, NULL);
}

static void pause_between(void)
{
  struct timespec time = {0, PAUSE_NS};
  nanosleep(&time, NULL);
}

/* Answers one request to its end. */
static void answer(Job *job)
{
  TRITONSERVER_Error *error = NULL;
  uint32_t times = times_of(job);
  for (uint32_t i = 0; i < times && error == NULL; i++) {
    bool cancelled = false;
    if (i > 0) pause_between();
    error = TRITONBACKEND_ResponseFactoryIsCancelled(job->factory, &cancelled);
    if (error == NULL && cancelled)
      error = problem(TRITONSERVER_ERROR_CANCELLED, "the request was cancelled");
    if (error == NULL) error = send_once(job);
  }
  if (error != NULL) {
    send_error(job, error);
  } else {
    drop(TRITONBACKEND_ResponseFactorySendFlags(job->factory,
                                                TRITONSERVER_RESPONSE_COMPLETE_FINAL));
  }
  drop(TRITONBACKEND_ResponseFactoryDelete(job->factory));
}

static void *work(void *argument)
{
  Instance *instance = argument;
  pthread_mutex_lock(&instance->lock);
  for (;;) {
    Job *job = instance->first;
    if (job == NULL && instance->ending) break;
    if (job == NULL) {
      pthread_cond_wait(&instance->changed, &instance->lock);
      continue;
    }
    instance->first = job->next;
    if (instance->first == NULL) instance->last = &instance->first;
    pthread_mutex_unlock(&instance->lock);
    answer(job);
    free_job(job);
    pthread_mutex_lock(&instance->lock);
  }
  pthread_mutex_unlock(&instance->lock);
  return NULL;
}

TRITONSERVER_Error *start_repeating(Instance *instance)
{
  if (pthread_create(&instance->thread, NULL, work, instance) != 0)
    return problem(TRITONSERVER_ERROR_INTERNAL, "no thread could be started");
  instance->has_thread = true;
  return NULL;
}

void end_repeating(Instance *instance)
{
  if (!instance->has_thread) return;
  pthread_mutex_lock(&instance->lock);
  instance->ending = true;
  pthread_cond_signal(&instance->changed);
  pthread_mutex_unlock(&instance->lock);
  pthread_join(instance->thread, NULL);
  instance->has_thread = false;
}

/* Copies what the thread needs of a request. */
static TRITONSERVER_Error *take(TRITONBACKEND_Request *request, Job *job)
{
  TRITONBACKEND_Input *input; /* borrowed from the request */
  TRITONSERVER_DataType type;
  const int64_t *shape; /* borrowed from the request */
  TRITONSERVER_Error *error = TRITONBACKEND_RequestInput(request, "IN_DATA", &input);
  if (error == NULL)
    error = TRITONBACKEND_InputProperties(input, NULL, &type, &shape, &job->rank, &job->size, NULL);
  if (error != NULL) return error;
  if (type != TRITONSERVER_TYPE_INT32 || job->rank > RANK)
    return problem(TRITONSERVER_ERROR_UNSUPPORTED, "IN_DATA is to have 32-bit integers");
  memcpy(job->shape, shape, job->rank * sizeof *shape);
  job->data = malloc(job->size + 1);
  if (job->data == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  return gather(input, (char *)job->data);
}

static void give_to_thread(Instance *instance, Job *job)
{
  pthread_mutex_lock(&instance->lock);
  job->next = NULL;
  *instance->last = job;
  instance->last = &job->next;
  pthread_cond_signal(&instance->changed);
  pthread_mutex_unlock(&instance->lock);
}

TRITONSERVER_Error *execute_repeat(Instance *instance, TRITONBACKEND_Request **requests,
                                   uint32_t count)
{
  uint64_t start = now_ns();
  Job **jobs = calloc(count, sizeof *jobs);
  TRITONSERVER_Error *error = NULL;
  if (jobs == NULL) return problem(TRITONSERVER_ERROR_INTERNAL, "no memory");
  for (uint32_t i = 0; error == NULL && i < count; i++) {
    jobs[i] = calloc(1, sizeof **jobs);
    error = jobs[i] == NULL ? problem(TRITONSERVER_ERROR_INTERNAL, "no memory")
                            : TRITONBACKEND_ResponseFactoryNew(&jobs[i]->factory, requests[i]);
  }
  if (error != NULL) { /* nothing was sent yet: the server answers all of them */
    for (uint32_t i = 0; i < count && jobs[i] != NULL; i++) {
      if (jobs[i]->factory != NULL) drop(TRITONBACKEND_ResponseFactoryDelete(jobs[i]->factory));
      free_job(jobs[i]);
    }
    free(jobs);
    return error;
  }
  for (uint32_t i = 0; i < count; i++) {
    uint64_t begin = now_ns();
    TRITONSERVER_Error *failed = take(requests[i], jobs[i]);
    uint64_t end = now_ns();
    drop(TRITONBACKEND_ModelInstanceReportStatistics(instance->instance, requests[i],
                                                     failed == NULL, start, begin, end, now_ns()));
    if (failed != NULL) {
      send_error(jobs[i], failed);
      drop(TRITONBACKEND_ResponseFactoryDelete(jobs[i]->factory));
      free_job(jobs[i]);
    } else {
      give_to_thread(instance, jobs[i]);
    }
    drop(TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL));
  }
  uint64_t end = now_ns();
  drop(TRITONBACKEND_ModelInstanceReportBatchStatistics(instance->instance, count, start, start,
                                                        end, now_ns()));
  free(jobs);
  return NULL;
}
