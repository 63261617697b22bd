// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What libcounts.so counts, in a process that it was preloaded into.

#ifndef TRITON_PY_BENCH_COUNTS_H
#define TRITON_PY_BENCH_COUNTS_H

#include <stdint.h>

// Also the layout of the file that TRITON_PY_COUNTS names: two numbers of the machine's own order.
typedef struct {
  // Calls of malloc, calloc, realloc and their aligned kin, by anything in the process but libc.
  uint64_t allocations;
  // Bytes that memcpy, memmove and mempcpy were asked to copy. What a compiler copies without a call,
  // a few bytes of a size that it knows, is not in it; nor is what the kernel copies.
  uint64_t copied;
} Counts;

// The counts so far; the library's, never NULL. Absent (a weak symbol) where it was not preloaded.
extern const Counts* triton_py_counts(void) __attribute__((weak));

#endif
