/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The recorder stands between a server's core and a backend: it defines the functions of the API,
 * is loaded into the global scope ahead of the core so that the backend binds to it, notes each call,
 * can make it fail on purpose, and forwards it. The proxy (proxy.c) does the same for the functions
 * that the backend implements.
 *
 * Everything it notes goes to memory that is shared with the process that watches (log.py): what was
 * noted last is there also when this process is not any more. */

#ifndef TRITON_PY_RECORDER_H
#define TRITON_PY_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "triton/core/tritonbackend.h"
#include "triton/core/tritonrepoagent.h"

#define RECORDER_API __attribute__((visibility("default")))

enum {
  RECORDER_MAGIC = 0x31636572, /* "rec1": the layout below; log.py has it too */
  RECORDER_ARGUMENTS = 8,
  RECORDER_OUTS = 3,
  RECORDER_TEXT = 72,
  RECORDER_FAULTS = 16,
  RECORDER_CONTROL_BYTES = 4096
};

/* What an event is about. */
enum {
  EVENT_CALL = 1, /* the backend calls the server */
  EVENT_RETURN,   /* and the server answers */
  EVENT_ENTER,    /* the server calls the backend */
  EVENT_LEAVE,    /* and the backend answers */
  EVENT_REQUEST,  /* one request of the batch that Execute was entered with */
  EVENT_NOTE      /* what the recorder itself found; `function` is one of NOTE_* */
};

enum {
  NOTE_BEFORE_BUFFER = 1, /* bytes before an output's buffer were written */
  NOTE_AFTER_BUFFER,      /* bytes after it were */
  NOTE_UNWRITTEN,         /* an output's buffer was sent with bytes that were never written */
  /* An access that ends the process, at the address of the event's first argument: */
  NOTE_CRASH,             /* somewhere */
  NOTE_CRASH_OUTPUT,      /* beyond an output's buffer */
  NOTE_CRASH_SENT,        /* in the buffer of an output whose response was sent or deleted */
  NOTE_CRASH_INPUT        /* beyond an input's buffer */
};

typedef struct {
  uint64_t seq; /* from 1 on; written last: 0 or an old number means that it is being written */
  uint64_t ns;  /* monotonic */
  uint64_t args[RECORDER_ARGUMENTS]; /* pointers and numbers as they were passed */
  uint64_t outs[RECORDER_OUTS];      /* what the out parameters hold after a success */
  uint64_t partner;                  /* RETURN and LEAVE: the CALL's or ENTER's seq */
  uint64_t result;                   /* RETURN and LEAVE: the error's address, or the value */
  uint32_t thread;
  uint16_t function; /* its place in abi.json */
  uint8_t kind;
  uint8_t status;            /* RETURN and LEAVE: 0, or the error's code and 1 */
  char text[RECORDER_TEXT];  /* the first text argument; of an error, its message */
} Event;

typedef struct {
  uint16_t function;
  uint16_t enabled;
  uint32_t nth;    /* the call that fails, from 1 on */
  uint32_t onward; /* all that follow fail, too */
  uint32_t code;   /* TRITONSERVER_Error_Code */
  uint32_t seen;   /* calls so far */
  uint32_t fired;  /* calls that failed */
} Fault;

typedef struct {
  uint32_t magic;
  uint32_t capacity; /* events in the ring */
  uint64_t head;     /* the last seq that was given out */
  uint32_t guard_outputs;
  int32_t output_memory; /* the memory type that output buffers claim to be of; -1: what they are */
  uint32_t api_major;    /* 0: what the server says */
  uint32_t api_minor;
  uint32_t recording;
  uint32_t fill; /* what output buffers hold before they are written: one byte */
  Fault faults[RECORDER_FAULTS];
} Control;

/* One call of the backend's, from its CALL to its RETURN. */
typedef struct {
  uint64_t seq;
  uint16_t function;
  uint32_t argument_count;
  uint64_t args[RECORDER_ARGUMENTS];
} Call;

/* --- for the harness, by ctypes; each returns 0 or -1 ------------------------------------------- */

/* `memory` is borrowed until the process ends: RECORDER_CONTROL_BYTES, then `capacity` events. */
RECORDER_API int recorder_attach(const char *core, const char *host_folder, void *memory,
                                 uint32_t capacity);
/* The library under test; its path is copied. What was loaded before stays loaded. */
RECORDER_API int recorder_target(const char *library);
/* A mapping of an input's buffer, whose bytes end at `data_end`: to tell what a crash was about. */
RECORDER_API void recorder_watch_input(uintptr_t begin, uintptr_t end, uintptr_t data_end);
RECORDER_API void recorder_forget_inputs(void);
/* cudaMalloc, cudaFree and cudaMemcpy, for outputs that are to lie in a GPU's memory. */
RECORDER_API void recorder_set_gpu(void *allocate, void *release, void *copy);
/* Forgets faults' counts and frees the memory of outputs that were sent. No backend may run. */
RECORDER_API void recorder_reset(void);

/* --- for the wrappers and the proxy ------------------------------------------------------------- */

/* The server's functions, by their place in abi.json. */
extern void *recorder_real[];
extern Control *recorder_control;

/* Whether a call from this address is a backend's. */
bool recorder_records(const void *caller);
void recorder_call(Call *call, uint16_t function, uint32_t count, const uint64_t *args,
                   const char *text);
/* The error of a fault that is due now, owned by the caller, or null. */
TRITONSERVER_Error *recorder_fault(const Call *call);
void recorder_return(const Call *call, uint64_t result, uint32_t out_count, const uint64_t *outs);
void recorder_return_error(const Call *call, TRITONSERVER_Error *error, uint32_t out_count,
                           const uint64_t *outs);
void recorder_note(uint16_t what, uint64_t subject, uint64_t detail, const char *text);

RECORDER_API uint64_t recorder_enter(uint16_t function, uint32_t count, const uint64_t *args);
RECORDER_API void recorder_leave(uint16_t function, uint64_t enter, TRITONSERVER_Error *error);
RECORDER_API void recorder_request(TRITONBACKEND_Request *request, uint32_t index, void *instance);
/* The library under test, loaded at the first call; null and *error, owned by the caller. */
RECORDER_API void *recorder_open_target(TRITONSERVER_Error **error);

/* --- guards.c: output buffers with a page that must not be touched on either side --------------- */

TRITONSERVER_Error *guard_output(TRITONBACKEND_Output *output, void **buffer, uint64_t size,
                                 TRITONSERVER_MemoryType *type, int64_t *type_id);
/* The response is about to be sent, or deleted: checks the guards and copies the content to where it
 * belongs if it is sent; closes the buffers. */
void guard_done(TRITONBACKEND_Response *response, bool sent);
void guard_output_of(TRITONBACKEND_Response *response, TRITONBACKEND_Output *output);
void guard_reset(void);
/* The NOTE_* of an access to a guarded mapping, and by how many bytes it is beyond the buffer; 0: it is
 * in none. Safe in a signal handler. */
uint16_t guard_kind_of(uintptr_t address, uint64_t *beyond);

/* --- crash.c ------------------------------------------------------------------------------------ */

/* From now on a crash is noted before it ends the process. */
void crash_watch(void);

#endif
