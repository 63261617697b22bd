/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The repeat backend: one response for each value of a list, each after a delay of its own.
 *
 * It is the example of a decoupled backend, and the subject of the tests of streaming. backend.c
 * holds the entry points; model.c checks the model's configuration; job.c is one request from
 * Execute to its last answer; statistics.c reports it; timer.c is the thread that answers. README.md
 * beside this file documents tensors and parameters. */

#ifndef REPEAT_H
#define REPEAT_H

#include <pthread.h>

#include "../common/config.h"
#include "../common/request.h"

/* Completes and checks a model's configuration. An error says what is wrong with it. */
TRITONSERVER_Error *repeat_model_check(TRITONBACKEND_Model *model);

/* One request that was taken. It belongs to Execute until it is handed to the timer, and from then
 * on to the timer's thread alone: nothing in it needs a lock. */
typedef struct repeat_job {
  struct repeat_job *next;
  TRITONBACKEND_ModelInstance *instance;  /* outlives the job */
  TRITONBACKEND_Request *request;         /* ours to release; NULL once it is */
  TRITONBACKEND_ResponseFactory *factory; /* ours to delete; NULL once the last answer is sent */
  int32_t *values;                        /* owned; `delays_ms` lies in the same memory */
  uint32_t *delays_ms;
  size_t count, sent;       /* responses: all of them, and how many are sent */
  uint64_t response_due_ns; /* when the next one is to be sent */
  uint64_t release_due_ns;  /* when the request is to be released */
  bool wants_out, wants_idx;
  bool failed;   /* the last answer was an error */
  bool reported; /* to the statistics */
  uint64_t exec_start_ns, compute_start_ns;
} repeat_job;

/* A job for a request, which stays the server's if that fails. */
TRITONSERVER_Error *repeat_job_new(TRITONBACKEND_ModelInstance *instance,
                                   TRITONBACKEND_Request *request, uint64_t exec_start_ns,
                                   repeat_job **job);
/* Frees a job, with its factory if it still has one; never its request. Takes NULL too. */
void repeat_job_free(repeat_job *job);
/* Reads the request's tensors; the delays run from now on. */
TRITONSERVER_Error *repeat_job_read(repeat_job *job);
/* Does what is due. True: the request is answered and released, and the job can be freed. */
bool repeat_job_step(repeat_job *job, uint64_t now_ns);
/* Ends the job if its request was cancelled: what is left to do is due at once. */
void repeat_job_check_cancelled(repeat_job *job);
/* Ends the job with an error, which it takes, and makes the release due. */
void repeat_job_fail(repeat_job *job, TRITONSERVER_Error *error);
/* When repeat_job_step has something to do. */
uint64_t repeat_job_due_ns(const repeat_job *job);

/* Reports the request, unless that was done: before its last answer or its release, whichever is
 * first. */
void repeat_report_request(repeat_job *job);
/* Reports one response, before it is sent. `output_start_ns` is 0 for an end without a response;
 * `error` stays the caller's. */
void repeat_report_response(repeat_job *job, uint64_t start_ns, uint64_t output_start_ns,
                            TRITONSERVER_Error *error);

/* The thread of an instance, and the jobs that it has not seen yet. */
typedef struct {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  repeat_job *arrived, **last; /* under the lock */
  bool ending;                 /* under the lock */
} repeat_timer;

TRITONSERVER_Error *repeat_timer_start(repeat_timer **timer);
/* Hands a job over. */
void repeat_timer_add(repeat_timer *timer, repeat_job *job);
/* Waits until all jobs are done, and frees the timer. Takes NULL too. */
void repeat_timer_stop(repeat_timer *timer);

#endif
