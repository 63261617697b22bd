/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The log and the faults (see recorder.h). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "recorder.h"
#include "recorder_table.h"

void *recorder_real[FUNCTION_COUNT];
Control *recorder_control;

static Event *ring;
static char *host_folder;
static char *target;
static void *target_library;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int recorder_attach(const char *core, const char *folder, void *memory, uint32_t capacity)
{
  void *library = dlopen(core, RTLD_NOW | RTLD_NOLOAD);
  if (library == NULL || sizeof(Control) > RECORDER_CONTROL_BYTES) return -1;
  for (int i = 0; i < FUNCTION_COUNT; i++) {
    if (!recorder_by_server[i]) continue;
    /* dlsym with a handle looks into that library, not into the global scope where we are. */
    recorder_real[i] = dlsym(library, recorder_names[i]);
    if (recorder_real[i] == NULL) return -1;
  }
  host_folder = strdup(folder);
  recorder_control = memory;
  ring = (Event *)((char *)memory + RECORDER_CONTROL_BYTES);
  memset(recorder_control, 0, sizeof *recorder_control);
  recorder_control->capacity = capacity;
  recorder_control->output_memory = -1;
  recorder_control->recording = 1;
  recorder_control->magic = RECORDER_MAGIC;
  crash_watch();
  return host_folder != NULL ? 0 : -1;
}

int recorder_target(const char *library)
{
  free(target);
  target = strdup(library);
  target_library = NULL;
  return target != NULL ? 0 : -1;
}

void *recorder_open_target(TRITONSERVER_Error **error)
{
  TRITONSERVER_Error *(*error_new)(TRITONSERVER_Error_Code, const char *) =
      (TRITONSERVER_Error * (*)(TRITONSERVER_Error_Code, const char *))
          recorder_real[FUNCTION_TRITONSERVER_ErrorNew];
  *error = NULL;
  pthread_mutex_lock(&lock);
  if (target_library == NULL) {
    target_library = dlopen(target, RTLD_NOW | RTLD_LOCAL);
    if (target_library == NULL) *error = error_new(TRITONSERVER_ERROR_INVALID_ARG, dlerror());
  }
  void *found = target_library;
  pthread_mutex_unlock(&lock);
  return found;
}

/* Whether a file belongs to the server: it lies in the package, and is not a backend of its. */
static bool is_host(const char *path)
{
  size_t length = strlen(host_folder);
  if (strncmp(path, host_folder, length) != 0) return false;
  return strncmp(path + length, "/backends/", 10) != 0;
}

bool recorder_records(const void *caller)
{
  /* Calls come from few places; a thread remembers where its last one came from. */
  static __thread const void *known_base;
  static __thread bool known;
  static __thread const void *last_caller;
  Dl_info info;
  if (recorder_control == NULL || !recorder_control->recording) return false;
  if (caller == last_caller) return known;
  if (dladdr(caller, &info) == 0 || info.dli_fname == NULL) return true;
  if (info.dli_fbase != known_base) {
    known_base = info.dli_fbase;
    known = !is_host(info.dli_fname);
  }
  last_caller = caller;
  return known;
}

static Event *event_begin(uint64_t *seq)
{
  *seq = __atomic_add_fetch(&recorder_control->head, 1, __ATOMIC_SEQ_CST);
  Event *event = &ring[(*seq - 1) % recorder_control->capacity];
  __atomic_store_n(&event->seq, 0, __ATOMIC_SEQ_CST);
  memset((char *)event + sizeof event->seq, 0, sizeof *event - sizeof event->seq);
  event->ns = now_ns();
  event->thread = (uint32_t)syscall(SYS_gettid);
  return event;
}

static void event_end(Event *event, uint64_t seq)
{
  __atomic_store_n(&event->seq, seq, __ATOMIC_SEQ_CST);
}

static void set_text(Event *event, const char *text)
{
  if (text != NULL) snprintf(event->text, sizeof event->text, "%s", text);
}

void recorder_call(Call *call, uint16_t function, uint32_t count, const uint64_t *args,
                   const char *text)
{
  Event *event = event_begin(&call->seq);
  event->kind = EVENT_CALL;
  event->function = call->function = function;
  call->argument_count = count < RECORDER_ARGUMENTS ? count : RECORDER_ARGUMENTS;
  memcpy(call->args, args, sizeof(uint64_t) * call->argument_count);
  memcpy(event->args, args, sizeof(uint64_t) * call->argument_count);
  set_text(event, text);
  event_end(event, call->seq);
}

TRITONSERVER_Error *recorder_fault(const Call *call)
{
  TRITONSERVER_Error *(*error_new)(TRITONSERVER_Error_Code, const char *) =
      (TRITONSERVER_Error * (*)(TRITONSERVER_Error_Code, const char *))
          recorder_real[FUNCTION_TRITONSERVER_ErrorNew];
  for (int i = 0; i < RECORDER_FAULTS; i++) {
    Fault *fault = &recorder_control->faults[i];
    if (!fault->enabled || fault->function != call->function) continue;
    uint32_t seen = __atomic_add_fetch(&fault->seen, 1, __ATOMIC_SEQ_CST);
    if (seen == fault->nth || (fault->onward && seen > fault->nth)) {
      __atomic_add_fetch(&fault->fired, 1, __ATOMIC_SEQ_CST);
      return error_new((TRITONSERVER_Error_Code)fault->code, "this call fails on purpose");
    }
  }
  return NULL;
}

static void finish(uint8_t kind, uint16_t function, uint64_t partner, uint32_t count,
                   const uint64_t *args, uint64_t result, TRITONSERVER_Error *error,
                   uint32_t out_count, const uint64_t *outs)
{
  uint64_t seq;
  Event *event = event_begin(&seq);
  event->kind = kind;
  event->function = function;
  event->partner = partner;
  event->result = result;
  if (args != NULL) memcpy(event->args, args, sizeof(uint64_t) * count);
  if (error != NULL) {
    TRITONSERVER_Error_Code (*code)(TRITONSERVER_Error *) =
        (TRITONSERVER_Error_Code(*)(TRITONSERVER_Error *))
            recorder_real[FUNCTION_TRITONSERVER_ErrorCode];
    const char *(*message)(TRITONSERVER_Error *) =
        (const char *(*)(TRITONSERVER_Error *))recorder_real[FUNCTION_TRITONSERVER_ErrorMessage];
    event->status = (uint8_t)(code(error) + 1);
    set_text(event, message(error));
  } else if (out_count != 0) {
    memcpy(event->outs, outs,
           sizeof(uint64_t) * (out_count < RECORDER_OUTS ? out_count : RECORDER_OUTS));
  }
  event_end(event, seq);
}

void recorder_return(const Call *call, uint64_t result, uint32_t out_count, const uint64_t *outs)
{
  finish(EVENT_RETURN, call->function, call->seq, call->argument_count, call->args, result, NULL,
         out_count, outs);
}

void recorder_return_error(const Call *call, TRITONSERVER_Error *error, uint32_t out_count,
                           const uint64_t *outs)
{
  finish(EVENT_RETURN, call->function, call->seq, call->argument_count, call->args,
         (uint64_t)(uintptr_t)error, error, out_count, outs);
}

uint64_t recorder_enter(uint16_t function, uint32_t count, const uint64_t *args)
{
  uint64_t seq;
  Event *event = event_begin(&seq);
  event->kind = EVENT_ENTER;
  event->function = function;
  memcpy(event->args, args,
         sizeof(uint64_t) * (count < RECORDER_ARGUMENTS ? count : RECORDER_ARGUMENTS));
  event_end(event, seq);
  return seq;
}

void recorder_leave(uint16_t function, uint64_t enter, TRITONSERVER_Error *error)
{
  finish(EVENT_LEAVE, function, enter, 0, NULL, (uint64_t)(uintptr_t)error, error, 0, NULL);
}

void recorder_request(TRITONBACKEND_Request *request, uint32_t index, void *instance)
{
  uint64_t seq;
  const char *id = NULL;
  TRITONSERVER_Error *(*request_id)(TRITONBACKEND_Request *, const char **) =
      (TRITONSERVER_Error * (*)(TRITONBACKEND_Request *, const char **))
          recorder_real[FUNCTION_TRITONBACKEND_RequestId];
  if (request_id(request, &id) != NULL) id = NULL;
  Event *event = event_begin(&seq);
  event->kind = EVENT_REQUEST;
  event->args[0] = (uint64_t)(uintptr_t)request;
  event->args[1] = index;
  event->args[2] = (uint64_t)(uintptr_t)instance;
  set_text(event, id);
  event_end(event, seq);
}

void recorder_note(uint16_t what, uint64_t subject, uint64_t detail, const char *text)
{
  uint64_t seq;
  Event *event = event_begin(&seq);
  event->kind = EVENT_NOTE;
  event->function = what;
  event->args[0] = subject;
  event->args[1] = detail;
  set_text(event, text);
  event_end(event, seq);
}

void recorder_reset(void)
{
  for (int i = 0; i < RECORDER_FAULTS; i++)
    memset(&recorder_control->faults[i], 0, sizeof(Fault));
  guard_reset();
}
