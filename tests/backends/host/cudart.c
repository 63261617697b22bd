/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A CUDA runtime for tests, and of the driver what counts devices: two devices whose memory is the
 * CPU's. It is strict where a GPU would be: memory is given back as what it was allocated as, on the
 * device it was allocated on. Copying 13 bytes fails. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 2, OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101 };
enum { HOST = -1 };

/* In front of each allocation; as wide as the alignment that cudaMalloc promises. */
typedef struct {
  _Alignas(256) uint64_t magic;
  int device;
} header;

static const uint64_t magic = 0x6d656d6f72790a00u;
static _Thread_local int current;

static int allocate(void **pointer, size_t size, int device)
{
  if (size > (size_t)1 << 40) return OUT_OF_MEMORY;
  header *made = aligned_alloc(sizeof(header), (size / sizeof(header) + 2) * sizeof(header));
  if (made == NULL) return OUT_OF_MEMORY;
  *made = (header){.magic = magic, .device = device};
  *pointer = made + 1;
  return OK;
}

static int give_back(void *pointer, int device)
{
  if (pointer == NULL) return OK;
  header *made = (header *)pointer - 1;
  if (made->magic != magic || made->device != device) return INVALID_VALUE;
  made->magic = 0;
  free(made);
  return OK;
}

int cuInit(unsigned int flags) { return flags == 0 ? OK : INVALID_VALUE; }

int cuDeviceGetCount(int *count) { return *count = DEVICES, OK; }

int cudaGetDeviceCount(int *count) { return *count = DEVICES, OK; }

int cudaGetDevice(int *device) { return *device = current, OK; }

int cudaSetDevice(int device)
{
  if (device < 0 || device >= DEVICES) return INVALID_DEVICE;
  current = device;
  return OK;
}

int cudaMalloc(void **pointer, size_t size) { return allocate(pointer, size, current); }

int cudaFree(void *pointer) { return give_back(pointer, current); }

int cudaHostAlloc(void **pointer, size_t size, unsigned int flags)
{
  (void)flags;
  return allocate(pointer, size, HOST);
}

int cudaFreeHost(void *pointer) { return give_back(pointer, HOST); }

int cudaMemcpy(void *to, const void *from, size_t count, int kind)
{
  if (kind != 4 || count == 13) return INVALID_VALUE;
  memcpy(to, from, count);
  return OK;
}

const char *cudaGetErrorString(int error)
{
  switch (error) {
    case INVALID_VALUE: return "invalid argument";
    case OUT_OF_MEMORY: return "out of memory";
    case INVALID_DEVICE: return "invalid device ordinal";
    default: return "unknown";
  }
}
