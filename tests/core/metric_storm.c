/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Threads that create the same family and the same few metrics again and again, change their values
 * and delete them. storm() returns how many calls failed that should not have. */

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "triton/core/tritonserver.h"

enum { THREADS = 8, SERIES = 4 };

typedef struct {
  int rounds;
  int number;
} Storm;

static atomic_int failures;

static void expect(TRITONSERVER_Error *error)
{
  if (error == NULL) return;
  atomic_fetch_add(&failures, 1);
  TRITONSERVER_ErrorDelete(error);
}

static void expect_refused(TRITONSERVER_Error *error)
{
  if (error == NULL)
    atomic_fetch_add(&failures, 1);
  else
    TRITONSERVER_ErrorDelete(error);
}

static void one_round(TRITONSERVER_MetricArgs *args, const TRITONSERVER_Parameter **label, int round)
{
  TRITONSERVER_MetricFamily *counters, *histograms;
  TRITONSERVER_Metric *counter, *histogram;
  expect(TRITONSERVER_MetricFamilyNew(&counters, TRITONSERVER_METRIC_KIND_COUNTER,
                                      "storm_total", "how often"));
  expect(TRITONSERVER_MetricFamilyNew(&histograms, TRITONSERVER_METRIC_KIND_HISTOGRAM,
                                      "storm_rounds", "how far"));
  expect(TRITONSERVER_MetricNew(&counter, counters, label, 1));
  expect(TRITONSERVER_MetricNewWithArgs(&histogram, histograms, label, 1, args));
  expect_refused(TRITONSERVER_MetricFamilyDelete(counters));
  expect(TRITONSERVER_MetricIncrement(counter, 1));
  expect(TRITONSERVER_MetricObserve(histogram, round % 4));
  expect(TRITONSERVER_MetricDelete(counter));
  expect(TRITONSERVER_MetricDelete(histogram));
  expect(TRITONSERVER_MetricFamilyDelete(counters));
  expect(TRITONSERVER_MetricFamilyDelete(histograms));
}

static void *run(void *argument)
{
  static const char *const names[SERIES] = {"a", "b", "c", "d"};
  const double bounds[3] = {0, 1, 2};
  const Storm *storm = argument;
  TRITONSERVER_MetricArgs *args;
  expect(TRITONSERVER_MetricArgsNew(&args));
  expect(TRITONSERVER_MetricArgsSetHistogram(args, bounds, 3));
  for (int round = 0; round < storm->rounds; round++) {
    TRITONSERVER_Parameter *label = TRITONSERVER_ParameterNew(
        "series", TRITONSERVER_PARAMETER_STRING, names[(round + storm->number) % SERIES]);
    const TRITONSERVER_Parameter *labels[1] = {label};
    one_round(args, labels, round);
    TRITONSERVER_ParameterDelete(label);
  }
  expect(TRITONSERVER_MetricArgsDelete(args));
  return NULL;
}

int storm(int rounds)
{
  pthread_t threads[THREADS];
  Storm storms[THREADS];
  for (int i = 0; i < THREADS; i++) {
    storms[i] = (Storm){rounds, i};
    pthread_create(&threads[i], NULL, run, &storms[i]);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  return atomic_load(&failures);
}
