/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The host's side of the opaque types. */

#ifndef HOST_OBJECTS_H
#define HOST_OBJECTS_H

#include "host.h"

struct TRITONSERVER_Error {
  TRITONSERVER_Error_Code code;
  char *message;
};

struct TRITONSERVER_Message {
  char *text;
  size_t size;
};

struct TRITONBACKEND_Backend {
  void *state;
  struct TRITONSERVER_Message *config;
};

struct TRITONBACKEND_Model {
  struct TRITONBACKEND_Backend *backend;
  const char *location;
  char *config;
  bool auto_complete;
  void *state;
};

struct TRITONBACKEND_ModelInstance {
  struct TRITONBACKEND_Model *model;
  void *state;
  uint64_t batched;
  uint32_t executions;
};

struct TRITONBACKEND_Response {
  host_request *request;
  host_output outputs[HOST_LIMIT];
  uint32_t output_count, parameter_count;
};

struct TRITONBACKEND_State {
  host_request *request;
  host_output value;
  struct TRITONBACKEND_State *next;
};

/* Ends the states of a request that were never given to TRITONBACKEND_StateUpdate. */
void states_free(host_request *request);

struct TRITONSERVER_Message *message_new(const char *text, size_t size);
void message_free(struct TRITONSERVER_Message *message);

/* Errors, messages and responses that were made and not ended. */
int live_objects(void);
void count_object(int change);

#endif
