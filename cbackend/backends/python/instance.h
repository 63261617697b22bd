/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What the parts of an instance share: its life (instance.c), its start (start.c), what its worker says
 * (said.c), execution (execute.c), readiness (ready.c).
 *
 * A worker is a process (process.c), or this process's own Python (inside.c); either way there is a channel
 * to it. What a process says is read by the thread that is in Execute, and in between by a thread of the
 * instance's, for models that send responses, or log, when they like; `reading` says whose turn it is. What a
 * worker inside says is handled on the thread that says it. */

#ifndef PY_INSTANCE_H
#define PY_INSTANCE_H

#include "python.h"

/* What comes of a start. */
typedef struct {
  bool done, has_is_ready;
  char *config;              /* as it was completed, or NULL without memory */
  TRITONSERVER_Error *error; /* why there is no model */
} py_started;

/* Execute, while it runs. */
typedef struct {
  py_batch *batch;
  uint64_t end_ns;
  bool done; /* the worker has said what became of the batch */
  bool settled; /* a process has let go of what it does not keep, where something was lent to it */
} py_execution;

struct py_instance {
  const py_model *model;
  TRITONBACKEND_ModelInstance *handle;
  TRITONSERVER_Server *server;
  const char *name;
  /* The worker, changed by who executes, with `life`; all NULL while there is none. */
  pthread_mutex_t life; /* whoever else looks at them */
  py_channel *channel;
  py_process *process;
  py_inside *inside;
  py_calls *calls;
  py_metrics *metrics;
  py_gpu *gpu; /* what it shares with the worker in GPU memory */
  pthread_t listener; /* of a process */
  bool has_is_ready, finalized;
  py_started *starting; /* while it starts */
  /* With `reading`. */
  pthread_mutex_t reading;
  py_batch *batches; /* with requests that wait for a response, or whose inputs are looked at */
  py_execution *executing;
  uint64_t last_batch;
  bool keeps; /* the model has kept inputs that were lent: it gets copies from then on */
  /* Of readiness, with `asking`. */
  pthread_mutex_t asking;
  pthread_cond_t answered;
  uint64_t asked, known; /* the last question, and the last that was answered */
  bool ready;            /* the last answer */
  bool busy;             /* it executes */
  /* Starts that failed, one after the other, and when the next may be tried. Changed with `life`. */
  uint32_t failures;
  uint64_t next_start_ns;
  bool end_is_known; /* by those who waited for a response: it has been said how the process ended */
};

#define PY_SECOND UINT64_C(1000000000)

/* ---- times ---- */

/* The end of a time of `ms` milliseconds that begins now; of 0, never. */
static inline uint64_t py_deadline(int64_t ms)
{
  return ms == 0 ? UINT64_MAX : tb_now_ns() + (uint64_t)ms * 1000000u;
}

/* As py_channel_receive(), until a deadline. */
static inline py_wait py_receive_until(py_channel *channel, py_message *message, uint64_t until)
{
  if (until == UINT64_MAX) return py_channel_receive(channel, message, until);
  const uint64_t now = tb_now_ns();
  return now < until ? py_channel_receive(channel, message, until - now) : PY_NOTHING;
}

/* ---- start.c ---- */

/* Gives the instance a worker that has loaded the model; its last one is gone. Nobody listens to it yet. */
TRITONSERVER_Error *py_instance_start(py_instance *instance);

/* PY_STARTED and PY_START_FAILED. `started` is NULL where nothing starts. */
void py_started_take(py_started *started, const py_model *model, const py_channel *channel,
                     const py_message *message);

/* How a process ended, as the answer to those who waited for it; `doing` says what it was at. Ends it, if it
 * has not. */
TRITONSERVER_Error *py_process_ended(py_process *process, const char *name, const char *doing);

/* Frees the worker with all that it had asked for. Nobody may listen to it any more. */
void py_instance_drop_worker(py_instance *instance);

/* ---- said.c ---- */

/* What a message brings: a broken reader where it brings nothing. */
py_reader py_message_reader(const py_channel *channel, const py_message *message);

/* The first text that a message brings, "" without one. Lives as long as its block. */
const char *py_message_text(const py_channel *channel, const py_message *message);

/* A line for the server's log. */
void py_message_log(const py_channel *channel, const py_message *message);

/* All that a worker may say; gives the block back. With `reading`. */
void py_instance_hear(py_instance *instance, const py_message *message);

/* The same of a worker inside, on whatever thread of its own, without a lock. Its type is py_deliver. */
void py_instance_hear_inside(void *instance, const py_message *message);

/* ---- execute.c ---- */

/* PY_EXECUTED, PY_SETTLED, PY_LET_GO. With `reading`. */
void py_instance_take_executed(py_instance *instance, const py_message *message);
void py_instance_take_settled(py_instance *instance, uint64_t id);
void py_instance_let_go(py_instance *instance, uint64_t id);

/* A batch whose requests were released, and which waits for nothing: frees it. With `reading`. */
void py_instance_forget(py_instance *instance, py_batch *batch);

/* ---- instance.c ---- */

/* How long after an end the next start is: at once the first time, then after 1, 2, 4 ... 30 seconds, until
 * a batch has worked. With `life`. */
uint64_t py_instance_pause_ns(const py_instance *instance);

/* A worker that can take requests: the one that is there, or another in its place. Without `reading`. */
TRITONSERVER_Error *py_instance_have_worker(py_instance *instance);

#endif
