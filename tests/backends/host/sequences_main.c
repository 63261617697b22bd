/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Sequences through the onnxruntime backend under the host, which plays the server's sequence
 * batcher: it adds controls and states to the requests. Arguments: the backend, the directory of
 * the models, the backend's configuration, what to test ("all" or "allocations"). */

#include "sequences.h"

static const char accumulate[] = ACCUMULATE(X_FP32, Y_FP32, START "," READY, SUM);

/* ---- what the sequence batcher would do ---- */

/* A request of the sequence that `before` was the last one of; NULL: a new one. */
static void add(host_request *request, const float *x, const host_request *before)
{
  host_add_input(request, "X", TRITONSERVER_TYPE_FP32, one_by_two, 2, x, 8);
  host_add_input(request, "START", TRITONSERVER_TYPE_INT32, one_by_one, 2, &starts[before == NULL],
                 4);
  host_add_input(request, "READY", TRITONSERVER_TYPE_FP32, one_by_one, 2, &readies[1], 4);
  if (before != NULL)
    host_add_state(request, "SUM_IN", before, "SUM_OUT");
  else
    host_add_input(request, "SUM_IN", TRITONSERVER_TYPE_FP32, one_by_two, 2, zeros, 8);
  wants(request, "Y");
}

/* What stands in a place of the batch whose sequence has nothing to run. */
static void add_null(host_request *request)
{
  host_add_input(request, "X", TRITONSERVER_TYPE_FP32, one_by_two, 2, zeros, 8);
  host_add_input(request, "START", TRITONSERVER_TYPE_INT32, one_by_one, 2, &starts[0], 4);
  host_add_input(request, "READY", TRITONSERVER_TYPE_FP32, one_by_one, 2, &readies[0], 4);
  host_add_input(request, "SUM_IN", TRITONSERVER_TYPE_FP32, one_by_two, 2, zeros, 8);
}

static void is_pair(const host_output *output, float first, float second)
{
  const float values[] = {first, second};
  is_floats(output, one_by_two, 2, values, 2);
}

/* ---- batches ---- */

/* One sequence after another, then three and a null request side by side. */
static void test_accumulate(host *h)
{
  static const float x[][2] = {{1, 2}, {10, 20}, {100, 200}, {5, 6}};
  host_request r[12] = {0};
  load(h, "accumulate", accumulate, false);
  for (int i = 0; i < 3; i++) {
    add(&r[i], x[i], i > 0 ? &r[i - 1] : NULL);
    execute(h, &r[i], 1);
    HOST_CHECK(r[i].success && r[i].result_count == 1 && r[i].state_count == 1);
  }
  is_pair(host_result(&r[0], "Y"), 1, 2);
  is_pair(host_result(&r[2], "Y"), 111, 222);
  is_pair(host_state(&r[2], "SUM_OUT"), 111, 222);
  /* START makes the model forget whatever state comes with it. */
  add(&r[3], x[3], NULL);
  r[3].inputs[3].buffers[0] = x[2];
  execute(h, &r[3], 1);
  is_pair(host_state(&r[3], "SUM_OUT"), 5, 6);

  const uint32_t before = host_executions(h);
  add(&r[4], x[1], &r[2]);
  add_null(&r[5]);
  add(&r[6], x[2], NULL);
  add(&r[7], x[0], &r[3]);
  execute(h, &r[4], 4);
  HOST_CHECK(host_executions(h) == before + 1);
  is_pair(host_result(&r[4], "Y"), 121, 242);
  is_pair(host_result(&r[6], "Y"), 100, 200);
  is_pair(host_result(&r[7], "Y"), 6, 8);
  is_pair(host_state(&r[4], "SUM_OUT"), 121, 242);
  is_pair(host_state(&r[6], "SUM_OUT"), 100, 200);
  is_pair(host_state(&r[7], "SUM_OUT"), 6, 8);
  HOST_CHECK(r[5].success && r[5].result_count == 0);
  is_pair(host_state(&r[5], "SUM_OUT"), 0, 0);

  add_null(&r[8]); /* alone, too */
  execute(h, &r[8], 1);
  HOST_CHECK(r[8].success && r[8].result_count == 0 && r[8].state_count == 1);
  clear(r, 12);
  host_unload(h);
}

/* The state's output is in responses that ask for it, and the state all the same. */
static void test_state_as_output(host *h)
{
  static const float x[][2] = {{1, 2}, {10, 20}};
  host_request r[2] = {0};
  load(h, "accumulate", ACCUMULATE(X_FP32, Y_FP32 "," SUM_OUTPUT, START "," READY, SUM), false);
  add(&r[0], x[0], NULL);
  wants(&r[0], "SUM_OUT");
  execute(h, &r[0], 1);
  is_pair(host_result(&r[0], "SUM_OUT"), 1, 2);
  is_pair(host_state(&r[0], "SUM_OUT"), 1, 2);
  host_clear(&r[0]);
  add(&r[0], x[0], NULL);
  add(&r[1], x[1], NULL);
  wants(&r[1], "SUM_OUT");
  execute(h, r, 2);
  HOST_CHECK(host_result(&r[0], "SUM_OUT") == NULL);
  is_pair(host_state(&r[0], "SUM_OUT"), 1, 2);
  is_pair(host_result(&r[1], "SUM_OUT"), 10, 20);
  is_pair(host_state(&r[1], "SUM_OUT"), 10, 20);
  clear(r, 2);
  host_unload(h);
}

/* New, Buffer and Update fail in turn: the request says so and leaves no state; its neighbours
 * are none the wiser. */
static void test_failing_states(host *h)
{
  static const char *const messages[] = {"no new state", "no buffer for a state",
                                         "no update of a state"};
  static const float x[][2] = {{1, 2}, {10, 20}, {100, 200}};
  host_request r[3] = {0};
  load(h, "accumulate", accumulate, false);
  for (uint32_t call = 1; call <= 3; call++) {
    for (int i = 0; i < 3; i++) add(&r[i], x[i], NULL);
    r[1].fail_state_call = call;
    execute(h, r, 3);
    is_pair(host_result(&r[0], "Y"), 1, 2);
    is_pair(host_state(&r[0], "SUM_OUT"), 1, 2);
    HOST_CHECK(!r[1].success && strcmp(r[1].message, messages[call - 1]) == 0);
    HOST_CHECK(r[1].result_count == 0 && r[1].state_count == 0);
    is_pair(host_state(&r[2], "SUM_OUT"), 100, 200);
    clear(r, 3);
  }
  /* A request that fails for another reason leaves its sequence where it was. */
  for (int i = 0; i < 2; i++) add(&r[i], x[i], NULL);
  r[0].fail_output = true;
  execute(h, r, 2);
  HOST_CHECK(strcmp(r[0].message, "no buffer for an output") == 0 && r[0].state_calls == 0);
  is_pair(host_state(&r[1], "SUM_OUT"), 10, 20);
  clear(r, 2);
  host_unload(h);
}

static void add_trace(host_request *request, const int64_t *x, int64_t size,
                      const host_request *before)
{
  const int64_t shape[] = {1, size}, nothing[] = {1, 0};
  host_add_input(request, "X", TRITONSERVER_TYPE_INT64, shape, 2, x, (uint64_t)size * 8);
  if (before != NULL)
    host_add_state(request, "TRACE_IN", before, "TRACE_OUT");
  else
    host_add_input(request, "TRACE_IN", TRITONSERVER_TYPE_INT64, nothing, 2, NULL, 0);
  wants(request, "TOTAL");
}

/* A state that grows: requests whose states differ in size make runs of their own. */
static void test_variable_dims(host *h)
{
#define TRACE(dims)                                                                            \
  MODEL("trace", "4", TENSOR("X", "TYPE_INT64", "[-1]"), TENSOR("TOTAL", "TYPE_INT64", "[1]"), \
        SEQUENCE("", STATE("TRACE_IN", "TRACE_OUT", "TYPE_INT64", dims)))
  static const int64_t x[] = {1, 2, 3, 4, 5};
  host_request r[6] = {0};
  load(h, "trace", TRACE("[-1]"), false);
  add_trace(&r[0], x, 2, NULL);
  add_trace(&r[1], x + 1, 2, NULL);
  execute(h, r, 2);
  HOST_CHECK(host_executions(h) == 1);
  add_trace(&r[2], x + 2, 2, &r[0]); /* two and two */
  add_trace(&r[3], x, 3, NULL);      /* none and three */
  add_trace(&r[4], x + 3, 2, &r[1]); /* two and two */
  execute(h, &r[2], 3);
  HOST_CHECK(host_executions(h) == 3);
  const host_output *state = host_state(&r[2], "TRACE_OUT");
  HOST_CHECK(state != NULL && state->rank == 2 && state->shape[0] == 1 && state->shape[1] == 4);
  HOST_CHECK(state->byte_size == 32 && memcmp(state->buffer, x, 32) == 0);
  HOST_CHECK(*(const int64_t *)host_result(&r[2], "TOTAL")->buffer == 10);
  HOST_CHECK(host_state(&r[3], "TRACE_OUT")->shape[1] == 3);
  state = host_state(&r[4], "TRACE_OUT");
  HOST_CHECK(memcmp(state->buffer, (const int64_t[]){2, 3, 4, 5}, 32) == 0);
  clear(r, 6);
  /* An empty state is one, too. */
  const int64_t nothing[] = {1, 0};
  add_trace(&r[0], x, 0, NULL);
  memcpy(r[0].inputs[0].shape, nothing, sizeof nothing);
  execute(h, r, 1);
  state = host_state(&r[0], "TRACE_OUT");
  HOST_CHECK(state != NULL && state->byte_size == 0 && state->shape[1] == 0);
  host_clear(&r[0]);
  host_unload(h);

  /* A state that comes in any size and leaves in one. */
  load(h, "trace",
       MODEL("trace", "4", TENSOR("X", "TYPE_INT64", "[-1]"), "",
             SEQUENCE("", STATE("TRACE_IN", "TOTAL", "TYPE_INT64", "[-1]"))),
       false);
  add_trace(&r[0], x, 3, NULL);
  r[0].output_count = 0;
  execute(h, r, 1);
  HOST_CHECK(*(const int64_t *)host_state(&r[0], "TOTAL")->buffer == 6);
  host_clear(&r[0]);
  host_unload(h);

  /* One that isn't what the configuration says. */
  load(h, "trace", TRACE("[2]"), false);
  add_trace(&r[0], x, 3, NULL);
  execute(h, r, 1);
  printf("grown: %s\n", r[0].message);
  HOST_CHECK(strstr(r[0].message,
                    "the model made state 'TRACE_OUT' of shape [1,3], the "
                    "configuration has a batch dimension and [2] for it") != NULL);
  HOST_CHECK(r[0].state_count == 0);
  host_clear(&r[0]);
  host_unload(h);
}

/* ---- allocations ---- */

/* A model's life with allocation number n failing; false once n is beyond the last. */
static bool live_with_failure(host *h, unsigned n)
{
  static const char config[] = "{\"name\":\"accumulate\"," SEQUENCE(START "," READY, SUM) "}";
  static const float x[][2] = {{1, 2}, {10, 20}};
  host_request r[2] = {0};
  host_request *batch[2] = {&r[0], &r[1]};
  host_fail_allocation(n);
  if (host_load(h, location("accumulate"), config, true, 1, problem, sizeof problem)) {
    for (int i = 0; i < 2; i++) add(&r[i], x[i], NULL);
    const char *error = host_execute(h, 0, batch, 2);
    HOST_CHECK(error == NULL || strstr(error, "out of memory") != NULL);
    for (int i = 0; error == NULL && i < 2; i++) {
      HOST_CHECK(r[i].success || strstr(r[i].message, "memory") != NULL);
      HOST_CHECK(r[i].success == (r[i].state_count == 1));
      if (r[i].success) is_pair(host_state(&r[i], "SUM_OUT"), x[i][0], x[i][1]);
    }
    clear(r, 2);
    host_unload(h);
  } else {
    HOST_CHECK(strstr(problem, "memory") != NULL);
  }
  return host_fail_allocation(0);
}

static void test_allocations(host *h)
{
  unsigned n = 1;
  while (live_with_failure(h, n)) n++;
  printf("%u allocations failed in turn\n", n - 1);
  HOST_CHECK(n > 30);
}

int main(int argc, char **argv)
{
  HOST_CHECK(argc == 5);
  root = argv[2];
  host *h = host_open(argv[1], argv[3], problem, sizeof problem);
  if (h == NULL) host_die(__FILE__, __LINE__, problem);
  if (strcmp(argv[4], "allocations") == 0) {
    test_allocations(h);
  } else {
    test_accumulate(h);
    test_state_as_output(h);
    test_failing_states(h);
    test_variable_dims(h);
  }
  host_close(h);
  puts("done");
  return 0;
}
