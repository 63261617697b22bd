/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr */
#endif
#include "cuda.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BY_ADDRESS = 4 /* cudaMemcpyDefault: the direction follows from the two addresses */ };

static tb_cuda cuda;
static bool known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* POSIX promises that a function pointer survives the way through void *; ISO C does not. */
static bool find(void *library, const char *name, void *function)
{
  void *place = dlsym(library, name);
  memcpy(function, &place, sizeof place);
  return place != NULL;
}

/* With `lock`. */
static bool load(const char *name)
{
  int (*count)(int *) = NULL;
  tb_cuda made = {0};
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return false;
  if (!find(library, "cudaMemcpy", &made.memcpy) || !find(library, "cudaGetErrorString", &made.error_string) ||
      !find(library, "cudaGetLastError", &made.last_error) || !find(library, "cudaSetDevice", &made.set_device) ||
      !find(library, "cudaGetDevice", &made.get_device) || !find(library, "cudaMalloc", &made.malloc) ||
      !find(library, "cudaFree", &made.free) ||
      !find(library, "cudaStreamSynchronize", &made.stream_synchronize) ||
      !find(library, "cudaDeviceSynchronize", &made.device_synchronize) ||
      !find(library, "cudaIpcGetMemHandle", &made.ipc_get) ||
      !find(library, "cudaIpcOpenMemHandle", &made.ipc_open) ||
      !find(library, "cudaIpcCloseMemHandle", &made.ipc_close) ||
      !find(library, "cudaGetDeviceCount", &count)) {
    /* Something of that name which is no CUDA runtime. */
    dlclose(library);
    return false;
  }
  if (count(&made.devices) != 0) {
    made.devices = 0;
    (void)made.last_error();
  }
  Dl_info file;
  char path[PATH_MAX];
  if (dladdr(*(void **)&made.memcpy, &file) != 0 && realpath(file.dli_fname, path) != NULL &&
      strlen(path) < sizeof made.path)
    strcpy(made.path, path);
  /* The runtime has loaded it by then, if there is one. */
  void *driver = made.devices > 0 ? dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) : NULL;
  if (driver != NULL) (void)find(driver, "cuMemGetAddressRange_v2", &made.range);
  cuda = made;
  known = true;
  return true;
}

bool tb_cuda_load(const char *name)
{
  pthread_mutex_lock(&lock);
  const bool loaded = known || load(name);
  pthread_mutex_unlock(&lock);
  return loaded;
}

static void search(void)
{
  static const char *const NAMES[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0",
                                      "libcudart.so"};
  const char *told = getenv("TRITON_PY_CUDART");
  if (told != NULL && *told != '\0') {
    (void)tb_cuda_load(told);
    return;
  }
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && !tb_cuda_load(NAMES[i]); i++) {
  }
}

const tb_cuda *tb_cuda_find(void)
{
  pthread_once(&once, search);
  return known ? &cuda : NULL;
}

int tb_cuda_enter(const tb_cuda *one, int64_t device, int *before)
{
  const int error = one->get_device(before);
  return error != 0 || *before == device ? error : one->set_device((int)device);
}

void tb_cuda_leave(const tb_cuda *one, int before)
{
  int now;
  if (one->get_device(&now) == 0 && now != before) (void)one->set_device(before);
}

int tb_cuda_wait(const tb_cuda *one, int64_t device, bool all)
{
  int before;
  int error = tb_cuda_enter(one, device, &before);
  if (error != 0) return error;
  error = all ? one->device_synchronize() : one->stream_synchronize(NULL);
  tb_cuda_leave(one, before);
  return error;
}

int tb_cuda_export(const tb_cuda *one, int64_t device, const void *address, tb_cuda_handle *handle,
                   uint64_t *offset)
{
  uintptr_t base = 0;
  size_t size = 0;
  int before;
  if (one->range == NULL) return -1;
  int error = tb_cuda_enter(one, device, &before);
  if (error != 0) return error;
  error = one->range(&base, &size, (uintptr_t)address);
  if (error == 0) error = one->ipc_get(handle, (void *)base);
  /* Whoever asks the runtime for its last error next is not to hear of this one. */
  if (error != 0) (void)one->last_error();
  tb_cuda_leave(one, before);
  *offset = (uintptr_t)address - base;
  return error;
}

int tb_cuda_copy(const tb_cuda *one, void *to, const void *from, size_t size)
{
  const int error = one->memcpy(to, from, size, BY_ADDRESS);
  return error != 0 ? error : one->stream_synchronize(NULL);
}
