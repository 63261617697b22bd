/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The allocation functions of a backend that was compiled with -Dmalloc=host_malloc and so on. */

#include <stdlib.h>

#include "host.h"

static unsigned count, fail_at;

bool host_fail_allocation(unsigned n)
{
  bool reached = fail_at != 0 && count >= fail_at;
  count = 0;
  fail_at = n;
  return reached;
}

static bool fails(void) { return ++count == fail_at; }

void *host_malloc(size_t size) { return fails() ? NULL : malloc(size); }
void *host_calloc(size_t number, size_t size) { return fails() ? NULL : calloc(number, size); }
void *host_realloc(void *old, size_t size) { return fails() ? NULL : realloc(old, size); }
void *host_aligned_alloc(size_t alignment, size_t size)
{
  return fails() ? NULL : aligned_alloc(alignment, size);
}
