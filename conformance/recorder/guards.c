/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Output buffers that end at a page nobody may touch (see recorder.h).
 *
 * A backend gets memory of ours, so that its last byte lies right before a page without access:
 * writing beyond it is a segmentation fault at that very instruction. Before it lies a pattern, and
 * another one in the few bytes that alignment leaves. When the response is sent the content is copied
 * to the real buffer, and the memory is closed: a write after that is a segmentation fault, too. */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recorder.h"
#include "recorder_table.h"

enum {
  PATTERN = 0xC5,
  BEFORE = 64,        /* bytes of pattern before the buffer, at least */
  ALIGNMENT = 16,     /* what malloc promises, and so what a backend may rely on */
  SHORTEST_GAP = 16   /* of bytes that look unwritten: fewer may be chance */
};

typedef struct Guard {
  struct Guard *next;
  TRITONBACKEND_Response *response;
  TRITONBACKEND_Output *output;
  char *mapping; /* owned; null: the output has no buffer yet */
  size_t mapping_size;
  char *buffer;
  uint64_t size;
  unsigned char fill; /* what the buffer held before it was written */
  void *device; /* owned, in a GPU's memory; null: the buffer is `mapping` */
  void *real; /* borrowed from the core until the response is sent */
  bool done;
} Guard;

static Guard *guards;
static int (*gpu_malloc)(void **, size_t);
static int (*gpu_free)(void *);
static int (*gpu_copy)(void *, const void *, size_t, int);

void recorder_set_gpu(void *allocate, void *release, void *copy)
{
  gpu_malloc = (int (*)(void **, size_t))allocate;
  gpu_free = (int (*)(void *))release;
  gpu_copy = (int (*)(void *, const void *, size_t, int))copy;
}
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void guard_output_of(TRITONBACKEND_Response *response, TRITONBACKEND_Output *output)
{
  Guard *guard = calloc(1, sizeof *guard);
  if (guard == NULL) return;
  guard->response = response;
  guard->output = output;
  pthread_mutex_lock(&lock);
  guard->next = guards;
  guards = guard;
  pthread_mutex_unlock(&lock);
}

static Guard *find(TRITONBACKEND_Output *output)
{
  for (Guard *guard = guards; guard != NULL; guard = guard->next)
    if (guard->output == output && !guard->done) return guard;
  return NULL;
}

static bool map(Guard *guard, uint64_t size)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t room = ((size_t)size + BEFORE + ALIGNMENT + page - 1) / page * page;
  guard->mapping_size = room + page;
  char *mapping = mmap(NULL, guard->mapping_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return false;
  if (mprotect(mapping + room, page, PROT_NONE) != 0) {
    munmap(mapping, guard->mapping_size);
    return false;
  }
  size_t offset = (room - (size_t)size) / ALIGNMENT * ALIGNMENT;
  memset(mapping, PATTERN, room);
  guard->fill = (unsigned char)recorder_control->fill;
  memset(mapping + offset, guard->fill, (size_t)size);
  guard->mapping = mapping;
  guard->buffer = mapping + offset;
  guard->size = size;
  return true;
}

TRITONSERVER_Error *guard_output(TRITONBACKEND_Output *output, void **buffer, uint64_t size,
                                 TRITONSERVER_MemoryType *type, int64_t *type_id)
{
  TRITONSERVER_Error *(*real)(TRITONBACKEND_Output *, void **, uint64_t,
                              TRITONSERVER_MemoryType *, int64_t *) =
      (TRITONSERVER_Error * (*)(TRITONBACKEND_Output *, void **, uint64_t,
                                TRITONSERVER_MemoryType *, int64_t *))
          recorder_real[FUNCTION_TRITONBACKEND_OutputBuffer];
  TRITONSERVER_Error *error = real(output, buffer, size, type, type_id);
  if (error != NULL || !recorder_control->guard_outputs || *type == TRITONSERVER_MEMORY_GPU)
    return error;
  pthread_mutex_lock(&lock);
  Guard *guard = find(output);
  if (guard != NULL && guard->mapping == NULL && guard->device == NULL && gpu_malloc != NULL &&
      recorder_control->output_memory == TRITONSERVER_MEMORY_GPU) {
    if (gpu_malloc(&guard->device, (size_t)size + 1) == 0) {
      guard->size = size;
      guard->real = *buffer;
      *buffer = guard->device;
      *type = TRITONSERVER_MEMORY_GPU;
      *type_id = 0;
    }
  } else if (guard != NULL && guard->mapping == NULL && map(guard, size)) {
    guard->real = *buffer;
    *buffer = guard->buffer;
    if (recorder_control->output_memory >= 0) {
      *type = (TRITONSERVER_MemoryType)recorder_control->output_memory;
      *type_id = 0;
    }
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

static const char *untouched(const char *from, const char *to)
{
  for (; from < to; from++)
    if ((unsigned char)*from != PATTERN) return from;
  return NULL;
}

/* A run of bytes that hold what was there before, too long to be chance. */
static uint64_t longest_gap(const Guard *guard)
{
  uint64_t longest = 0, run = 0;
  for (uint64_t i = 0; i < guard->size; i++) {
    run = (unsigned char)guard->buffer[i] == guard->fill ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

static void check(Guard *guard)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const char *end = guard->mapping + guard->mapping_size - page;
  const char *at = untouched(guard->mapping, guard->buffer);
  if (at != NULL)
    recorder_note(NOTE_BEFORE_BUFFER, (uint64_t)(uintptr_t)guard->output,
                  (uint64_t)(guard->buffer - at), NULL);
  at = untouched(guard->buffer + guard->size, end);
  if (at != NULL)
    recorder_note(NOTE_AFTER_BUFFER, (uint64_t)(uintptr_t)guard->output,
                  (uint64_t)(at - guard->buffer - (ptrdiff_t)guard->size), NULL);
  uint64_t gap = longest_gap(guard);
  if (gap >= SHORTEST_GAP || (gap != 0 && gap == guard->size))
    recorder_note(NOTE_UNWRITTEN, (uint64_t)(uintptr_t)guard->output, gap, NULL);
}

void guard_done(TRITONBACKEND_Response *response, bool sent)
{
  pthread_mutex_lock(&lock);
  for (Guard *guard = guards; guard != NULL; guard = guard->next) {
    if (guard->response != response || guard->done) continue;
    guard->done = true;
    /* 4: cudaMemcpyDefault. It waits for what the device does, as the answer's reader would. */
    if (guard->device != NULL && sent)
      gpu_copy(guard->real, guard->device, (size_t)guard->size, 4);
    if (guard->mapping == NULL) continue;
    if (sent) {
      check(guard);
      memcpy(guard->real, guard->buffer, (size_t)guard->size);
    }
    mprotect(guard->mapping, guard->mapping_size, PROT_NONE);
  }
  pthread_mutex_unlock(&lock);
}

uint16_t guard_kind_of(uintptr_t address, uint64_t *beyond)
{
  /* Without the lock: the thread that crashed may hold it, and the list only grows meanwhile. */
  for (const Guard *guard = guards; guard != NULL; guard = guard->next) {
    uintptr_t begin = (uintptr_t)guard->mapping;
    if (begin == 0 || address < begin || address >= begin + guard->mapping_size) continue;
    *beyond = address - (uintptr_t)guard->buffer - guard->size;
    return guard->done ? NOTE_CRASH_SENT : NOTE_CRASH_OUTPUT;
  }
  return 0;
}

void guard_reset(void)
{
  pthread_mutex_lock(&lock);
  Guard **link = &guards;
  while (*link != NULL) {
    Guard *guard = *link;
    if (!guard->done) {
      link = &guard->next;
      continue;
    }
    *link = guard->next;
    if (guard->mapping != NULL) munmap(guard->mapping, guard->mapping_size);
    if (guard->device != NULL) gpu_free(guard->device);
    free(guard);
  }
  pthread_mutex_unlock(&lock);
}
