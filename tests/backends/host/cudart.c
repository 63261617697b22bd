/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A CUDA runtime for tests, and of the driver what counts devices and knows allocations: two devices. It is
 * strict where a GPU would be: the CPU can't touch a device's memory; it is given back as what it was allocated
 * as, on the device it was allocated on; another process opens it by a handle, of what cudaMalloc gave, and never
 * the one that gave the handle; copies within a device are done when somebody waits for them. Copying 13 bytes
 * fails.
 *
 * libcuda.so.1 is to be the same file, by a link: it knows the allocations then. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEVICES = 2, OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_CONTEXT = 201 };
enum { PAGE = 4096, HOST = -1 };

/* ---- memory of devices ---- */

typedef enum { PLAIN, ASYNCHRONOUS, OPENED } kind;

/* A file that is mapped twice: where nobody may look, which is the device's address of it, and for copies. */
typedef struct memory {
  struct memory *next;
  char *address, *content;
  size_t size, mapped;
  int device, fd, opens;
  kind how;
  uint64_t file; /* its inode */
} memory;

/* What crosses processes: 64 bytes. */
typedef struct {
  uint64_t size, file;
  int32_t pid, fd, device, unused[7];
  uint64_t magic;
} handle;

/* A copy that nobody has waited for. */
typedef struct copy {
  struct copy *next;
  char *to;
  const char *from;
  size_t count;
} copy;

static const uint64_t MAGIC = 0x6d656d6f72790a00u;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static memory *all;
static copy *first, **last = &first;
static _Thread_local int current, last_error;

static int wrong(int error)
{
  if (error != OK) last_error = error;
  return error;
}

/* With `lock`. */
static memory *find(const void *address)
{
  for (memory *one = all; one != NULL; one = one->next)
    if ((const char *)address >= one->address && (const char *)address < one->address + one->size) return one;
  return NULL;
}

/* With `lock`. */
static void finish(void)
{
  while (first != NULL) {
    copy *next = first->next;
    memmove(first->to, first->from, first->count);
    free(first);
    first = next;
  }
  last = &first;
}

static int map(int fd, size_t size, int device, kind how, void **pointer)
{
  struct stat status;
  memory *made = malloc(sizeof *made);
  if (made == NULL || fstat(fd, &status) != 0) return free(made), OUT_OF_MEMORY;
  *made = (memory){.size = size, .mapped = (size / PAGE + 1) * PAGE, .device = device, .fd = fd, .opens = 1,
                   .how = how, .file = (uint64_t)status.st_ino};
  made->address = mmap(NULL, made->mapped, PROT_NONE, MAP_SHARED, fd, 0);
  made->content = mmap(NULL, made->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (made->address == MAP_FAILED || made->content == MAP_FAILED) return free(made), OUT_OF_MEMORY;
  pthread_mutex_lock(&lock);
  made->next = all;
  all = made;
  pthread_mutex_unlock(&lock);
  *pointer = made->address;
  return OK;
}

static int allocate(void **pointer, size_t size, kind how)
{
  if (size > (size_t)1 << 40) return OUT_OF_MEMORY;
  const int fd = memfd_create("a device's memory", MFD_CLOEXEC);
  if (fd < 0) return OUT_OF_MEMORY;
  int error = ftruncate(fd, (off_t)((size / PAGE + 1) * PAGE)) == 0 ? map(fd, size, current, how, pointer)
                                                                   : OUT_OF_MEMORY;
  if (error != OK) close(fd);
  return error;
}

/* Unmaps what begins at the address, of one kind or another. */
static int give_back(void *pointer, kind one_kind, kind other_kind)
{
  if (pointer == NULL) return OK;
  pthread_mutex_lock(&lock);
  finish();
  memory **place = &all;
  while (*place != NULL && (*place)->address != pointer) place = &(*place)->next;
  memory *found = *place;
  int error = found == NULL || (found->how != one_kind && found->how != other_kind) || found->device != current
                  ? INVALID_VALUE
                  : OK;
  if (error == OK && --found->opens == 0) {
    *place = found->next;
    munmap(found->address, found->mapped);
    munmap(found->content, found->mapped);
    close(found->fd);
    free(found);
  }
  pthread_mutex_unlock(&lock);
  return error;
}

int cudaMalloc(void **pointer, size_t size) { return wrong(allocate(pointer, size, PLAIN)); }

int cudaMallocAsync(void **pointer, size_t size, void *stream)
{
  (void)stream;
  return wrong(allocate(pointer, size, ASYNCHRONOUS));
}

int cudaFree(void *pointer) { return wrong(give_back(pointer, PLAIN, ASYNCHRONOUS)); }

int cuMemGetAddressRange_v2(uintptr_t *base, size_t *size, uintptr_t address)
{
  pthread_mutex_lock(&lock);
  const memory *found = find((void *)address);
  if (found != NULL) {
    *base = (uintptr_t)found->address;
    *size = found->size;
  }
  pthread_mutex_unlock(&lock);
  return found == NULL ? INVALID_VALUE : OK;
}

/* For tests: how much there is of the calling process's: (0) allocations of devices, (1) opened memory. */
int stand_in_count(int what)
{
  int count = 0;
  pthread_mutex_lock(&lock);
  for (const memory *one = all; one != NULL; one = one->next) count += (one->how == OPENED) == (what == 1);
  pthread_mutex_unlock(&lock);
  return count;
}

/* ---- other processes ---- */

int cudaIpcGetMemHandle(handle *to, void *pointer)
{
  pthread_mutex_lock(&lock);
  const memory *found = find(pointer);
  const int good = found != NULL && found->how == PLAIN && found->address == pointer;
  if (good)
    *to = (handle){found->size, found->file, (int32_t)getpid(), found->fd, found->device, {0}, MAGIC};
  pthread_mutex_unlock(&lock);
  return wrong(good ? OK : INVALID_VALUE);
}

/* One that this process has opened is opened once more. With `lock`. */
static memory *find_opened(const handle *one)
{
  for (memory *found = all; found != NULL; found = found->next)
    if (found->how == OPENED && found->file == one->file) return found;
  return NULL;
}

int cudaIpcOpenMemHandle(void **pointer, handle one, unsigned flags)
{
  char path[64];
  struct stat status;
  if (one.magic != MAGIC || flags != 1) return wrong(INVALID_VALUE);
  if (one.pid == getpid()) return wrong(INVALID_CONTEXT);
  if (one.device != current) return wrong(INVALID_DEVICE);
  snprintf(path, sizeof path, "/proc/%d/fd/%d", one.pid, one.fd);
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  /* Freed meanwhile, and the number may be that of another file. */
  if (fd < 0 || fstat(fd, &status) != 0 || (uint64_t)status.st_ino != one.file) {
    if (fd >= 0) close(fd);
    return wrong(INVALID_VALUE);
  }
  pthread_mutex_lock(&lock);
  memory *found = find_opened(&one);
  if (found != NULL) {
    found->opens++;
    *pointer = found->address;
  }
  pthread_mutex_unlock(&lock);
  const int error = found != NULL ? OK : map(fd, one.size, one.device, OPENED, pointer);
  if (found != NULL || error != OK) close(fd);
  return wrong(error);
}

int cudaIpcCloseMemHandle(void *pointer) { return wrong(give_back(pointer, OPENED, OPENED)); }

/* ---- memory of the CPU ---- */

/* In front of each allocation; as wide as the alignment that cudaHostAlloc promises. */
typedef struct {
  _Alignas(256) uint64_t magic;
  int device;
} header;

int cudaHostAlloc(void **pointer, size_t size, unsigned int flags)
{
  (void)flags;
  if (size > (size_t)1 << 40) return wrong(OUT_OF_MEMORY);
  header *made = aligned_alloc(sizeof(header), (size / sizeof(header) + 2) * sizeof(header));
  if (made == NULL) return wrong(OUT_OF_MEMORY);
  *made = (header){.magic = MAGIC, .device = HOST};
  *pointer = made + 1;
  return OK;
}

int cudaFreeHost(void *pointer)
{
  if (pointer == NULL) return OK;
  header *made = (header *)pointer - 1;
  if (made->magic != MAGIC || made->device != HOST) return wrong(INVALID_VALUE);
  made->magic = 0;
  free(made);
  return OK;
}

/* ---- copies ---- */

/* Where a copy reads or writes; NULL beyond an allocation. With `lock`. */
static char *content(const void *address, size_t count, int *is_device)
{
  const memory *found = find(address);
  *is_device = found != NULL;
  if (found == NULL) return (char *)(uintptr_t)address;
  const size_t offset = (size_t)((const char *)address - found->address);
  return count > found->size - offset ? NULL : found->content + offset;
}

int cudaMemcpy(void *to, const void *from, size_t count, int direction)
{
  int to_device, from_device, error = OK;
  if (direction != 4 || count == 13) return wrong(INVALID_VALUE);
  pthread_mutex_lock(&lock);
  char *target = content(to, count, &to_device);
  const char *source = content(from, count, &from_device);
  copy *later = to_device && from_device ? malloc(sizeof *later) : NULL;
  if (target == NULL || source == NULL) {
    error = INVALID_VALUE;
    free(later);
  } else if (later != NULL) {
    *later = (copy){NULL, target, source, count};
    *last = later;
    last = &later->next;
  } else {
    finish();
    memmove(target, source, count);
  }
  pthread_mutex_unlock(&lock);
  return wrong(error);
}

int cudaDeviceSynchronize(void)
{
  pthread_mutex_lock(&lock);
  finish();
  pthread_mutex_unlock(&lock);
  return OK;
}

int cudaStreamSynchronize(void *stream)
{
  (void)stream;
  return cudaDeviceSynchronize();
}

/* ---- devices ---- */

int cuInit(unsigned int flags) { return flags == 0 ? OK : INVALID_VALUE; }

int cuDeviceGetCount(int *count) { return *count = DEVICES, OK; }

int cudaGetDeviceCount(int *count) { return *count = DEVICES, OK; }

int cudaGetDevice(int *device) { return *device = current, OK; }

int cudaSetDevice(int device)
{
  if (device < 0 || device >= DEVICES) return wrong(INVALID_DEVICE);
  current = device;
  return OK;
}

int cudaGetLastError(void)
{
  const int error = last_error;
  last_error = OK;
  return error;
}

const char *cudaGetErrorString(int error)
{
  switch (error) {
    case INVALID_VALUE: return "invalid argument";
    case OUT_OF_MEMORY: return "out of memory";
    case INVALID_DEVICE: return "invalid device ordinal";
    case INVALID_CONTEXT: return "invalid device context";
    default: return "unknown";
  }
}
