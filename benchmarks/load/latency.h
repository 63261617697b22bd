// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A histogram of latencies with buckets that grow by a factor, so that each is known to 1.1 %.

#ifndef TRITON_PY_BENCHMARKS_LATENCY_H
#define TRITON_PY_BENCHMARKS_LATENCY_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LATENCY_BUCKETS = 1536 };

// Bucket b holds (2^((b-1)/64), 2^(b/64)] tenths of a microsecond; the last one all above.
typedef struct {
  uint64_t counts[LATENCY_BUCKETS];
} Latencies;

static inline void latencies_clear(Latencies* l) { memset(l, 0, sizeof *l); }

static inline void latencies_add(Latencies* l, double microseconds)
{
  const double tenths = microseconds * 10;
  int bucket = tenths <= 1 ? 0 : (int)ceil(log2(tenths) * 64);
  if (bucket >= LATENCY_BUCKETS) bucket = LATENCY_BUCKETS - 1;
  ++l->counts[bucket];
}

// As JSON: [[upper bound in microseconds, count], ...] of the buckets that aren't empty.
static inline void latencies_print(const Latencies* l, FILE* file)
{
  const char* comma = "";
  fputc('[', file);
  for (int b = 0; b < LATENCY_BUCKETS; ++b) {
    if (l->counts[b] == 0) continue;
    fprintf(file, "%s[%.3f, %llu]", comma, exp2(b / 64.0) / 10, (unsigned long long)l->counts[b]);
    comma = ", ";
  }
  fputc(']', file);
}

#endif
