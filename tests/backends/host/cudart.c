/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A CUDA runtime for tests, whose device memory is the CPU's. Fails for 13 bytes. */

#include <stddef.h>
#include <string.h>

int cudaMemcpy(void *to, const void *from, size_t count, int kind)
{
  if (kind != 4 || count == 13) return 1;
  memcpy(to, from, count);
  return 0;
}

const char *cudaGetErrorString(int error) { return error == 1 ? "invalid argument" : "unknown"; }
