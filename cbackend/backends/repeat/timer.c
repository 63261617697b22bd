/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The thread that does what is due. One for each instance, however many requests are under way: they
 * wait, they don't compute. */

/* pthread_condattr_setclock */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repeat.h"

/* How often requests that wait are asked whether they were cancelled. */
static const uint64_t LOOK_NS = 5000000;

/* Does what is due, and says when there will be more to do. */
static uint64_t work_off(repeat_job **jobs, bool look)
{
  uint64_t next = UINT64_MAX;
  while (*jobs != NULL) {
    repeat_job *job = *jobs;
    if (look) repeat_job_check_cancelled(job);
    if (repeat_job_step(job, tb_now_ns())) {
      *jobs = job->next;
      repeat_job_free(job);
      continue;
    }
    uint64_t due = repeat_job_due_ns(job);
    if (due < next) next = due;
    jobs = &job->next;
  }
  return next;
}

static void wait_until(repeat_timer *timer, uint64_t until_ns)
{
  struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u),
                           .tv_nsec = (long)(until_ns % 1000000000u)};
  pthread_cond_timedwait(&timer->changed, &timer->lock, &until);
}

static void *run(void *argument)
{
  repeat_timer *timer = argument;
  repeat_job *jobs = NULL;
  uint64_t looked = 0;
  pthread_mutex_lock(&timer->lock);
  for (;;) {
    /* Behind those that are there: what is due at the same time is sent in the requests' order. */
    repeat_job **end = &jobs;
    while (*end != NULL) end = &(*end)->next;
    *end = timer->arrived;
    timer->arrived = NULL;
    timer->last = &timer->arrived;
    if (jobs == NULL && timer->ending) break;
    if (jobs == NULL) {
      pthread_cond_wait(&timer->changed, &timer->lock);
      continue;
    }
    pthread_mutex_unlock(&timer->lock);
    uint64_t now = tb_now_ns();
    bool look = now - looked >= LOOK_NS;
    if (look) looked = now;
    uint64_t next = work_off(&jobs, look);
    if (next > looked + LOOK_NS) next = looked + LOOK_NS;
    pthread_mutex_lock(&timer->lock);
    if (jobs != NULL && timer->arrived == NULL && next > tb_now_ns()) wait_until(timer, next);
  }
  pthread_mutex_unlock(&timer->lock);
  return NULL;
}

static bool init_condition(pthread_cond_t *condition)
{
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0) return false;
  bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(condition, &attributes) == 0;
  pthread_condattr_destroy(&attributes);
  return made;
}

TRITONSERVER_Error *repeat_timer_start(repeat_timer **timer)
{
  repeat_timer *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("an instance");
  made->last = &made->arrived;
  bool has_lock = pthread_mutex_init(&made->lock, NULL) == 0;
  bool has_condition = has_lock && init_condition(&made->changed);
  if (has_condition && pthread_create(&made->thread, NULL, run, made) == 0) {
    *timer = made;
    return NULL;
  }
  if (has_condition) pthread_cond_destroy(&made->changed);
  if (has_lock) pthread_mutex_destroy(&made->lock);
  free(made);
  return tb_error(TRITONSERVER_ERROR_INTERNAL, "the thread of an instance can't be started");
}

void repeat_timer_add(repeat_timer *timer, repeat_job *job)
{
  pthread_mutex_lock(&timer->lock);
  job->next = NULL;
  *timer->last = job;
  timer->last = &job->next;
  pthread_cond_signal(&timer->changed);
  pthread_mutex_unlock(&timer->lock);
}

void repeat_timer_stop(repeat_timer *timer)
{
  if (timer == NULL) return;
  pthread_mutex_lock(&timer->lock);
  timer->ending = true;
  pthread_cond_signal(&timer->changed);
  pthread_mutex_unlock(&timer->lock);
  pthread_join(timer->thread, NULL);
  pthread_cond_destroy(&timer->changed);
  pthread_mutex_destroy(&timer->lock);
  free(timer);
}
