/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The CUDA runtime, found at run time. Nothing here needs CUDA to build, and without device memory nothing
 * looks for it. Needs no function of the server's: Python workers are built with it, too. */

#ifndef TB_CUDA_H
#define TB_CUDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* cudaIpcMemHandle_t: what another process opens an allocation with. */
typedef struct {
  char bytes[64];
} tb_cuda_handle;

/* Functions of the runtime return 0, or an error that error_string() has a text for. */
typedef struct {
  int devices;
  char path[4096]; /* of its file, for other processes */
  int (*memcpy)(void *to, const void *from, size_t count, int kind);
  const char *(*error_string)(int error);
  int (*last_error)(void); /* and forgets it */
  int (*set_device)(int device);
  int (*get_device)(int *device);
  int (*malloc)(void **pointer, size_t size);
  int (*free)(void *pointer);
  int (*stream_synchronize)(void *stream);
  int (*device_synchronize)(void);
  int (*ipc_get)(tb_cuda_handle *handle, void *pointer);
  int (*ipc_open)(void **pointer, tb_cuda_handle handle, unsigned flags);
  int (*ipc_close)(void *pointer);
  /* Of the driver's: the allocation that an address lies in. NULL where it can't be asked. */
  int (*range)(uintptr_t *base, size_t *size, uintptr_t address);
} tb_cuda;

/* Takes the file or name for the runtime, unless one is known. Before anybody asks for it. */
bool tb_cuda_load(const char *name);

/* The runtime: that which the environment variable TRITON_PY_CUDART names, the one that is loaded, or one on the
 * loader's path. NULL without one; one without a driver has no devices. Threads: any. */
const tb_cuda *tb_cuda_find(void);

/* Makes a device the current one of the thread, and says in *before which was; tb_cuda_leave() makes it so
 * again. 0, or the runtime's error. */
int tb_cuda_enter(const tb_cuda *cuda, int64_t device, int *before);
void tb_cuda_leave(const tb_cuda *cuda, int before);

/* Waits for what was asked of the device's default stream: copies within a device are not done when
 * cudaMemcpy returns, and with `all` for all streams. 0, or the runtime's error. */
int tb_cuda_wait(const tb_cuda *cuda, int64_t device, bool all);

/* A handle of the allocation that an address of the device lies in, and the address's offset there. 0; the
 * runtime's error where other processes can't open it: memory of an asynchronous allocator, or another
 * process's; -1 without the driver's functions. */
int tb_cuda_export(const tb_cuda *cuda, int64_t device, const void *address, tb_cuda_handle *handle,
                   uint64_t *offset);

/* Copies between addresses of the CPU's or a device's; done when it returns. 0, or the runtime's error. */
int tb_cuda_copy(const tb_cuda *cuda, void *to, const void *from, size_t size);

#endif
