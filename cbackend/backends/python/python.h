/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The python backend: models that are a class TritonPythonModel in a file. Each instance has a worker that
 * runs it: a process of its own, or this process's Python. The backend holds no Python: it starts
 * interpreters, or asks the one that is there. */

#ifndef PY_PYTHON_H
#define PY_PYTHON_H

#include <pthread.h>
#include <sys/types.h>

#include "channel.h"
#include "common/config.h"
#include "common/request.h"
#include "gpu.h"
#include "messages.h"
#include "wire.h"

/* ---- settings (settings.c) ---- */

/* Where packed environments are unpacked (environment.c). */
typedef struct py_environments py_environments;

typedef struct {
  char *folder;      /* where this library and worker/ lie */
  char *script;      /* the model.py of a Python-based backend, NULL of the python backend itself */
  char *packed;      /* the environment that lies beside it, packed, or NULL */
  char *interpreter; /* for models that name none */
  char *own;         /* the interpreter that this process runs in, NULL where it runs in none */
  int64_t shm_bytes; /* of each arena */
  bool inside;       /* models run in this process's Python unless they say otherwise */
  py_environments *environments;
  int64_t memory_limit_bytes; /* of each worker; 0: none */
} py_backend;

/* "process" or "inprocess"; INVALID_ARG, with what was set, for all else. */
TRITONSERVER_Error *py_parse_isolation(const char *what, const char *text, bool *inside);

TRITONSERVER_Error *py_backend_new(TRITONBACKEND_Backend *handle, py_backend **backend);
void py_backend_delete(py_backend *backend);

/* ---- models (model.c) ---- */

typedef struct {
  const py_backend *backend;
  tb_model_config *config;
  char *repository;  /* the model's folder */
  char *version_folder;
  char *file;        /* model.py */
  char *interpreter;
  char **variables;  /* of its processes: environ's form */
  int environment;   /* of a packed one: a descriptor that keeps it from being removed; else -1 */
  uint64_t version;
  int64_t shm_bytes;
  int64_t memory_limit_bytes;
  int64_t initialize_timeout_ms, execute_timeout_ms; /* 0: none */
  int64_t finalize_timeout_ms;
  bool inside; /* its instances run in this process's Python */
  bool gpu_inputs; /* inputs in GPU memory stay there */
} py_model;

TRITONSERVER_Error *py_model_new(TRITONBACKEND_Model *handle, py_model **model);
void py_model_delete(py_model *model);

/* ---- environments (environment.c) ---- */

/* `folder` is where archives are unpacked, NULL for a temporary one, made when first needed. */
TRITONSERVER_Error *py_environments_new(const char *folder, py_environments **environments);

/* Removes the temporary folder. */
void py_environments_delete(py_environments *environments);

/* Whether a file is a packed environment, by its name. */
bool py_environment_is_packed(const char *path);

/* Unpacks an archive unless that was done before. The caller owns *folder, which has a bin/python, and
 * closes *keep when no process needs it any more. */
TRITONSERVER_Error *py_environment_unpack(const py_backend *backend, const char *archive, char **folder,
                                          int *keep);

/* Variables for a program that an interpreter runs: those of this process, with what activating the
 * interpreter's environment sets. `foreign`: without what is meant for the server's interpreter. NULL where
 * memory runs out. */
char **py_environment_variables(const char *interpreter, bool foreign);
void py_environment_free_variables(char **variables);

/* An error unless the interpreter runs, and is new enough. */
TRITONSERVER_Error *py_environment_check(const char *interpreter, char **variables);

/* ---- processes (process.c) ---- */

/* Starts arguments[0] in a process group of its own, with signals as a program expects them. Descriptor
 * fds[i] becomes number numbers[i]. 0, or errno's number. */
int py_spawn(char *const arguments[], char *const variables[], const int *fds, const int *numbers,
             size_t count, pid_t *pid);

/* A worker's process, from its start to its end. */
typedef struct py_process py_process;

/* Starts the interpreter with the worker's script. NULL error does not mean that the model is loaded:
 * that is what the worker says through the channel. The caller owns *process. */
TRITONSERVER_Error *py_process_start(const py_model *model, const char *instance,
                                     py_process **process);

py_channel *py_process_channel(py_process *process);

/* Ends it at once, with all that it has started in its group. */
void py_process_kill(py_process *process);

/* Waits `timeout_ns` for its end. True when it has ended. */
bool py_process_wait(py_process *process, uint64_t timeout_ns);

/* How it ended, as a sentence's end: "was killed by signal 11 (Segmentation fault)". For after its end. */
void py_process_end_text(py_process *process, char *text, size_t size);

/* When it ended; now where it has not. */
uint64_t py_process_ended_ns(py_process *process);

/* Kills it unless it has ended, and frees it with its channel. */
void py_process_delete(py_process *process);

/* ---- memory (memory.c) ---- */

/* From now on the process, and each that it starts, may have so much of its own. False with errno set. */
bool py_limit_memory(pid_t pid, int64_t bytes);

/* Where memory runs out, the system is to end this one, not the server. */
void py_offer_to_the_system(pid_t pid);

/* Processes that the system has ended because memory ran out: of the server's group of processes, and of
 * all. -1 where that can't be read. */
typedef struct {
  int64_t group, system;
} py_oom_count;

py_oom_count py_count_oom_kills(void);

/* Who sent a SIGKILL that this process did not send, as a sentence's end. `before`: when the process that
 * got it began. */
const char *py_killer_text(const py_oom_count *before);

/* ---- workers within this process (inside.c) ---- */

typedef struct py_inside py_inside;

/* A worker that has loaded nothing yet. What it says goes to `said`, on any thread, until its channel is
 * closed. The caller owns *inside. */
TRITONSERVER_Error *py_inside_start(const py_model *model, py_deliver said, void *to, py_inside **inside);

py_channel *py_inside_channel(py_inside *inside);

/* Closes the channel, and frees it with the worker. */
void py_inside_delete(py_inside *inside);

/* ---- instances (instance.h) ---- */

typedef struct py_instance py_instance;

TRITONSERVER_Error *py_instance_new(TRITONBACKEND_ModelInstance *handle, py_instance **instance);
void py_instance_delete(py_instance *instance);
TRITONSERVER_Error *py_instance_execute(py_instance *instance, TRITONBACKEND_Request **requests,
                                        uint32_t count);
TRITONSERVER_Error *py_instance_ready(py_instance *instance);

/* What loads and completes a model without an instance: the configuration that the worker's class makes of
 * it. The caller frees *completed. */
TRITONSERVER_Error *py_auto_complete(const py_model *model, char **completed);

/* ---- batches (batch.c): requests that a worker has ---- */

typedef struct {
  TRITONBACKEND_Request *request;           /* until it is released */
  TRITONBACKEND_Response *response;         /* of a model that is not decoupled, until it is sent */
  TRITONBACKEND_ResponseFactory *factory;   /* of one that is, until the last was sent */
  uint32_t release; /* how it is to be released */
  bool success;
} py_item;

typedef struct py_batch {
  struct py_batch *next;
  uint64_t id;
  uint32_t count, open; /* items that wait for a response */
  bool lent;            /* the worker may look at the requests' inputs where they lie */
  uint64_t loan;        /* ... and at these, as long; or 0 */
  bool executed, released;
  py_item items[];
} py_batch;

/* Responses or factories for all, before anything is done for any; on an error all requests are the
 * server's still. */
TRITONSERVER_Error *py_batch_new(TRITONBACKEND_Request **requests, uint32_t count, bool decoupled,
                                 uint64_t id, py_batch **batch);

/* Frees it with what was not sent: nobody gets an answer by that. */
void py_batch_delete(py_batch *batch);

/* Answers an item with what the worker wrote, final or not. Errors are the client's by then; false where
 * the worker wrote nonsense. */
bool py_batch_answer(py_batch *batch, uint32_t index, py_gpu *gpu, const py_channel *channel,
                     py_reader *reader, bool *success);

/* Whether its client has given up, as far as that can still be known. */
TRITONSERVER_Error *py_batch_is_cancelled(const py_batch *batch, uint32_t index, bool *cancelled);

/* Answers an item with an error, the last it gets. Takes nothing. */
void py_batch_fail(py_batch *batch, uint32_t index, TRITONSERVER_Error *error);

/* ---- metrics of a model's own (metrics.c) ---- */

typedef struct py_metrics py_metrics;

py_metrics *py_metrics_new(void);
void py_metrics_delete(py_metrics *metrics);

/* PY_METRIC_...: what it is answered with. */
TRITONSERVER_Error *py_metrics_answer(py_metrics *metrics, const py_channel *channel,
                                      const py_message *message, uint64_t *value);

/* ---- requests of a model's to other models (calls.c) ---- */

typedef struct py_calls py_calls;

TRITONSERVER_Error *py_calls_new(TRITONSERVER_Server *server, py_channel *channel, py_gpu *gpu,
                                 py_calls **calls);

/* Cancels what is under way, and waits for its end. The channel must still be there. */
void py_calls_delete(py_calls *calls);

/* PY_INFER: takes the message's block, and the trace that the request is to have, which may be NULL. */
void py_calls_infer(py_calls *calls, const py_message *message, TRITONSERVER_InferenceTrace *trace);

/* PY_NEXT, PY_CANCEL and PY_DROP. */
void py_calls_next(py_calls *calls, uint64_t number, uint64_t place);
void py_calls_cancel(py_calls *calls, uint64_t number);
void py_calls_drop(py_calls *calls, uint64_t number);

/* Answers any question with an error, which stays the caller's. */
void py_calls_answer_error(py_calls *calls, uint64_t place, TRITONSERVER_Error *error);

/* ---- parameters (parameters.c): JSON of an object ---- */

/* As tb_json_parse(), for a text that the worker may change while it is read. */
TRITONSERVER_Error *py_parse_json(const char *text, uint64_t size, tb_json_document **document);

/* *text is NULL where there are none; the caller frees it. */
TRITONSERVER_Error *py_request_parameters(TRITONBACKEND_Request *request, char **text);
TRITONSERVER_Error *py_response_parameters(TRITONSERVER_InferenceResponse *response, char **text);

TRITONSERVER_Error *py_set_response_parameters(TRITONBACKEND_Response *response, const char *text,
                                               uint64_t size);
TRITONSERVER_Error *py_set_request_parameters(TRITONSERVER_InferenceRequest *request, const char *text,
                                              uint64_t size);

/* ---- requests on their way to the worker (encode.c) ---- */

/* Writes all requests into one block of the channel, which the message gets. With `lends`, inputs may stay where
 * they are, and the message gets the flag PY_LENT: long ones of a worker within this process, and those in GPU
 * memory of a model that wants them there. */
TRITONSERVER_Error *py_encode_requests(TRITONBACKEND_Request **requests, uint32_t count,
                                       const py_model *model, py_channel *channel, py_gpu *gpu, bool lends,
                                       py_message *message);

#endif
