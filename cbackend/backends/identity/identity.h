/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The identity backend: each output is a copy of one input.
 *
 * It is the example to start a backend of one's own from, and the subject of the server's tests.
 * backend.c holds the entry points that make and end backend, model and instance; model.c reads the
 * model's configuration; execute.c is the path of the requests; echo.c and controls.c are for
 * tests. README.md beside this file documents the parameters. */

#ifndef IDENTITY_H
#define IDENTITY_H

#include "../common/config.h"
#include "../common/request.h"

/* State of a model: written by ModelInitialize, only read afterwards, by all instances at once. */
typedef struct {
  tb_model_config *config;
  int *input_of_output;       /* for each output the index of the input it copies */
  int64_t execute_delay_ms;   /* parameter: every execution takes at least this long */
  int64_t execute_work;       /* parameter: steps of a computation in every execution */
  bool echo_parameters;       /* parameter: responses carry the request's properties */
  const char *instance_error; /* parameter: instances refuse to start; NULL without */
} identity_model;

TRITONSERVER_Error *identity_model_new(TRITONBACKEND_Model *model, identity_model **state);
void identity_model_delete(identity_model *state);

/* What a request's parameters ask of this backend; see README.md. Text is borrowed. */
typedef struct {
  int64_t delay_ms;
  const char *error;
  const char *execute_error;
  bool echo;
} identity_controls;

/* A request in the course of one execution. */
typedef struct {
  TRITONBACKEND_Request *request;
  TRITONBACKEND_Response *response; /* NULL when there is none to send any more */
  TRITONSERVER_Error *error;        /* what the response will say, NULL so far so good */
  identity_controls controls;
  uint64_t batch_size;
} identity_work;

/* State of an instance. One thread at a time executes an instance, so nothing here needs a lock. */
typedef struct {
  const identity_model *model;
  identity_work *work; /* grown to the largest batch seen */
  uint32_t capacity;
} identity_instance;

TRITONSERVER_Error *identity_controls_read(TRITONBACKEND_Request *request,
                                           identity_controls *controls);

/* Sets the request's id, correlation id, flags, timeout and parameters on the response. */
TRITONSERVER_Error *identity_echo(TRITONBACKEND_Request *request, TRITONBACKEND_Response *response);

#endif
