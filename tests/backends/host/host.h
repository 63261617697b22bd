/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A host for one backend, just large enough to run it under a memory checker: it defines the
 * server's functions that the shipped backends call, holds them to the ownership rules, and counts
 * what it gave out. Everything is plain memory; a broken rule ends the program with a sentence. */

#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "triton/core/tritonbackend.h"

#define HOST_LIMIT 16

typedef struct {
  const char *name;
  TRITONSERVER_DataType datatype;
  int64_t shape[8];
  uint32_t rank;
  uint64_t byte_size;
  const void *buffers[4];
  uint64_t sizes[4];
  uint32_t buffer_count;
  TRITONSERVER_MemoryType memory_type; /* what the buffers are said to lie in */
} host_input;

typedef struct {
  char name[64];
  TRITONSERVER_DataType datatype;
  int64_t shape[8];
  uint32_t rank;
  void *buffer;
  uint64_t byte_size;
  bool refused; /* has no buffer, and gets none */
} host_output;

typedef struct {
  const char *name;
  TRITONSERVER_ParameterType type;
  const void *value;
} host_parameter;

/* What a test fills in and finds filled in afterwards. */
typedef struct {
  host_input inputs[HOST_LIMIT];
  const char *outputs[HOST_LIMIT];
  host_parameter parameters[HOST_LIMIT];
  uint32_t input_count, output_count, parameter_count;
  const char *id;
  bool cancelled;
  /* the answer */
  bool released, reported, success, answered;
  TRITONSERVER_Error_Code code; /* with `message`, of the error; message is empty without one */
  char message[512];
  host_output results[HOST_LIMIT];
  uint32_t result_count, response_parameter_count;
  host_output states[HOST_LIMIT]; /* what the sequence would go on with */
  uint32_t state_count;
  /* Makes the backend's call number `n` of the State functions for this request fail, 0: none. */
  uint32_t fail_state_call, state_calls;
  bool fail_output;                       /* there are no buffers for its outputs */
  struct TRITONBACKEND_State *unfinished; /* made and not updated */
} host_request;

typedef struct host host;

/* Loads the library and initializes the backend. NULL: `problem` says why. */
host *host_open(const char *library, const char *backend_config, char *problem, size_t size);

/* Initializes a model and its instances. False: `problem` says why, and all is undone. */
bool host_load(host *h, const char *location, const char *config, bool auto_complete,
               uint32_t instances, char *problem, size_t size);

/* The configuration as auto-complete left it. */
const char *host_config(const host *h);

/* Executes a batch on an instance. The text of Execute's own error, or NULL. */
const char *host_execute(host *h, uint32_t instance, host_request **requests, uint32_t count);

/* The batch sizes that were reported, added up, and how often. */
uint64_t host_batched(const host *h);
uint32_t host_executions(const host *h);

void host_unload(host *h);

/* Finalizes the backend. Dies when an error, message or response is still alive. */
void host_close(host *h);

/* What instances are told they are; KIND_CPU unless set. */
extern TRITONSERVER_InstanceGroupKind host_instance_kind;

/* The kind of memory that buffers of outputs and states are said to be; the CPU's unless set. */
extern TRITONSERVER_MemoryType host_output_memory, host_state_memory;

/* Makes the backend's allocation number `n` from now on fail, 0: none. It must have been compiled
 * with its allocation functions renamed, see backend_builder.py. True when the last one set was
 * reached. */
bool host_fail_allocation(unsigned n);

/* For tests: sets up inputs and looks at results. */
host_input *host_add_input(host_request *request, const char *name, TRITONSERVER_DataType datatype,
                           const int64_t *shape, uint32_t rank, const void *data, uint64_t size);
const host_output *host_result(const host_request *request, const char *name);
/* The state that the request left, NULL where it left none of that name. */
const host_output *host_state(const host_request *request, const char *name);
/* The same as an input of the sequence's next request; `from` is to outlive that. */
host_input *host_add_state(host_request *request, const char *name, const host_request *from,
                           const char *state);
void host_clear(host_request *request);

#define HOST_CHECK(condition)                                              \
  do {                                                                     \
    if (!(condition)) host_die(__FILE__, __LINE__, "not so: " #condition); \
  } while (0)
void host_die(const char *file, int line, const char *text);

#endif
