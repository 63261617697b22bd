/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The identity backend under the host. Arguments: the backend and what to test, "all", "no cuda",
 * "cuda" or "allocations". */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static char problem[1024];

static void load(host *h, const char *config, bool complete)
{
  if (!host_load(h, "/nowhere", config, complete, 2, problem, sizeof problem))
    host_die(__FILE__, __LINE__, problem);
}

static void refuses(host *h, const char *config, const char *why)
{
  HOST_CHECK(!host_load(h, "/nowhere", config, false, 1, problem, sizeof problem));
  if (strstr(problem, why) == NULL) host_die(__FILE__, __LINE__, problem);
}

static const char two[] =
    "{\"name\":\"two\",\"max_batch_size\":4,\"input\":["
    "{\"name\":\"INPUT0\",\"data_type\":\"TYPE_INT16\",\"dims\":[-1]},"
    "{\"name\":\"INPUT1\",\"data_type\":\"TYPE_STRING\",\"dims\":[-1],\"optional\":true}],"
    "\"output\":[{\"name\":\"OUTPUT1\",\"data_type\":\"TYPE_STRING\",\"dims\":[-1]},"
    "{\"name\":\"OUTPUT0\",\"data_type\":\"TYPE_INT16\",\"dims\":[-1]},"
    "{\"name\":\"AGAIN\",\"data_type\":\"TYPE_INT16\",\"dims\":[-1]}],"
    "\"parameters\":{\"AGAIN\":{\"string_value\":\"INPUT0\"}}}";

static const int16_t numbers[] = {1, -2, 3, -4};
static const char text[] = "\2\0\0\0hi\0\0\0\0";

static void fill(host_request *request, int64_t rows)
{
  const int64_t shape[2] = {rows, 2};
  host_add_input(request, "INPUT0", TRITONSERVER_TYPE_INT16, shape, 2, numbers, (uint64_t)rows * 4);
  request->outputs[0] = "OUTPUT0";
  request->output_count = 1;
}

static void add_parameter(host_request *request, const char *name, TRITONSERVER_ParameterType type,
                          const void *value)
{
  request->parameters[request->parameter_count++] = (host_parameter){name, type, value};
}

static void check_numbers(const host_request *request, const char *name, int64_t rows)
{
  const host_output *output = host_result(request, name);
  HOST_CHECK(output != NULL && output->rank == 2 && output->shape[0] == rows);
  HOST_CHECK(output->datatype == TRITONSERVER_TYPE_INT16);
  HOST_CHECK(output->byte_size == (uint64_t)rows * 4);
  HOST_CHECK(memcmp(output->buffer, numbers, output->byte_size) == 0);
}

static void test_copies(host *h)
{
  load(h, two, false);
  host_request all = {0}, few = {0};
  host_request *batch[2] = {&all, &few};
  const int64_t shape[2] = {2, 1};
  fill(&all, 2);
  /* In two buffers, the cut in the middle of an element. */
  all.inputs[0].sizes[0] = 3;
  all.inputs[0].buffers[1] = (const char *)numbers + 3;
  all.inputs[0].sizes[1] = 5;
  all.inputs[0].buffer_count = 2;
  host_add_input(&all, "INPUT1", TRITONSERVER_TYPE_BYTES, shape, 2, text, 10);
  all.outputs[1] = "AGAIN";
  all.outputs[2] = "OUTPUT1";
  all.output_count = 3;
  fill(&few, 1);
  few.outputs[1] = "OUTPUT1"; /* its input is absent */
  few.output_count = 2;
  HOST_CHECK(host_execute(h, 0, batch, 2) == NULL);
  check_numbers(&all, "OUTPUT0", 2);
  check_numbers(&all, "AGAIN", 2);
  const host_output *output = host_result(&all, "OUTPUT1");
  HOST_CHECK(output != NULL && output->byte_size == 10 && memcmp(output->buffer, text, 10) == 0);
  check_numbers(&few, "OUTPUT0", 1);
  HOST_CHECK(few.result_count == 1 && host_batched(h) == 3 && host_executions(h) == 1);
  host_clear(&all);
  host_clear(&few);
  host_unload(h);
}

/* Rank 0 and empty tensors. */
static void test_shapes(host *h)
{
  load(h, "{\"name\":\"shapes\"}", true);
  HOST_CHECK(strcmp(host_config(h),
                    "{\"name\":\"shapes\",\"input\":[{\"name\":\"INPUT0\",\"data_type\":"
                    "\"TYPE_FP32\",\"dims\":[-1]}],\"output\":[{\"name\":\"OUTPUT0\",\"data_type\":"
                    "\"TYPE_FP32\",\"dims\":[-1]}]}") == 0);
  static const float one = 1;
  static const int64_t empty[3] = {2, 0, 3};
  host_request request = {0};
  host_request *batch[1] = {&request};
  for (int i = 0; i < 2; i++) {
    host_add_input(&request, "INPUT0", TRITONSERVER_TYPE_FP32, empty, i == 0 ? 0 : 3, &one,
                   i == 0 ? 4 : 0);
    request.outputs[0] = "OUTPUT0";
    request.output_count = 1;
    HOST_CHECK(host_execute(h, 1, batch, 1) == NULL && request.success);
    const host_output *output = host_result(&request, "OUTPUT0");
    HOST_CHECK(output->rank == (i == 0 ? 0 : 3) && output->byte_size == (i == 0 ? 4 : 0));
    if (i == 1) HOST_CHECK(memcmp(output->shape, empty, sizeof empty) == 0);
    host_clear(&request);
  }
  host_unload(h);
}

static void test_errors(host *h)
{
  load(h, two, false);
  host_request good = {0}, bad = {0}, cancelled = {0}, odd = {0};
  host_request *batch[4] = {&bad, &good, &cancelled, &odd};
  for (int i = 0; i < 4; i++) fill(batch[i], 1);
  add_parameter(&bad, "error", TRITONSERVER_PARAMETER_STRING, "as asked");
  cancelled.cancelled = true;
  add_parameter(&odd, "delay_ms", TRITONSERVER_PARAMETER_STRING, "soon");
  HOST_CHECK(host_execute(h, 0, batch, 4) == NULL);
  check_numbers(&good, "OUTPUT0", 1);
  HOST_CHECK(strcmp(bad.message, "as asked") == 0 && bad.code == TRITONSERVER_ERROR_INTERNAL);
  HOST_CHECK(cancelled.code == TRITONSERVER_ERROR_CANCELLED);
  HOST_CHECK(strstr(odd.message, "delay_ms") != NULL && odd.code == TRITONSERVER_ERROR_INVALID_ARG);
  HOST_CHECK(host_batched(h) == 1);
  for (int i = 0; i < 4; i++) host_clear(batch[i]);

  /* The whole batch stays with the host, the one with the bad parameter too. */
  fill(&odd, 1);
  add_parameter(&odd, "delay_ms", TRITONSERVER_PARAMETER_BOOL, &(bool){true});
  fill(&bad, 1);
  add_parameter(&bad, "execute_error", TRITONSERVER_PARAMETER_STRING, "not today");
  host_request *two_of_them[2] = {&odd, &bad};
  HOST_CHECK(strcmp(host_execute(h, 0, two_of_them, 2), "not today") == 0);
  host_clear(&odd);
  host_clear(&bad);

  /* No such output; buffers that don't add up. */
  fill(&odd, 1);
  odd.outputs[0] = "OUTPUT9";
  fill(&bad, 2);
  bad.inputs[0].sizes[0] = 7;
  HOST_CHECK(host_execute(h, 0, two_of_them, 2) == NULL);
  HOST_CHECK(strstr(odd.message, "has no output 'OUTPUT9'") != NULL);
  HOST_CHECK(strstr(bad.message, "don't add up") != NULL);
  host_clear(&odd);
  host_clear(&bad);
  host_unload(h);
}

static void test_echo_and_delay(host *h)
{
  load(h, two, false);
  host_request request = {0};
  host_request *batch[1] = {&request};
  fill(&request, 1);
  request.id = "seven";
  add_parameter(&request, "s", TRITONSERVER_PARAMETER_STRING, "text");
  add_parameter(&request, "i", TRITONSERVER_PARAMETER_INT, &(int64_t){-1});
  add_parameter(&request, "b", TRITONSERVER_PARAMETER_BOOL, &(bool){true});
  add_parameter(&request, "d", TRITONSERVER_PARAMETER_DOUBLE, &(double){0.5});
  add_parameter(&request, "delay_ms", TRITONSERVER_PARAMETER_DOUBLE, &(double){12.5});
  add_parameter(&request, "echo_parameters", TRITONSERVER_PARAMETER_BOOL, &(bool){true});
  HOST_CHECK(host_execute(h, 0, batch, 1) == NULL && request.success);
  HOST_CHECK(request.response_parameter_count == 6 + 4);
  host_clear(&request);
  host_unload(h);
}

static void test_configurations(host *h)
{
  refuses(h, "{\"name\":\"x\",\"model_transaction_policy\":{\"decoupled\":true}}", "decoupled");
  refuses(h, "{\"name\":\"x\",\"parameters\":{\"initialize_error\":{\"string_value\":\"no\"}}}",
          "no");
  refuses(h, "{\"name\":\"x\",\"parameters\":{\"instance_error\":{\"string_value\":\"nor here\"}}}",
          "nor here");
  refuses(h, "{\"name\":\"x\",\"parameters\":{\"execute_delay_ms\":{\"string_value\":\"-1\"}}}",
          "execute_delay_ms must be an integer from 0 to 3600000, got '-1'");
  refuses(h, "{\"name\":\"x\",\"output\":[{\"name\":\"O\",\"data_type\":\"TYPE_FP32\"}]}",
          "no input for output 'O'");
  refuses(h,
          "{\"name\":\"x\",\"input\":[{\"name\":\"I\",\"data_type\":\"TYPE_FP16\"}],"
          "\"output\":[{\"name\":\"O\",\"data_type\":\"TYPE_FP32\"}]}",
          "output 'O' has data type TYPE_FP32 and copies input 'I' of data type TYPE_FP16");
  static const char *const malformed[][2] = {
      {"{\"name\":\"x\"", "expected ',' or '}'"},
      {"{\"name\":\"x\",\"name\":\"y\"}", "a name that is there twice"},
      {"{\"name\":\"\\ud800\"}", "surrogate"},
      {"{\"name\":\"\\u0000\"}", "NUL"},
      {"{\"name\":01}", "not a JSON value"},
      {"{} x", "more text"},
      {"\"", "without an end"},
      {"\"\\", "without an end"},
      {"{\"max_batch_size\":1.5}", "max_batch_size must be an integer"},
      {"[1,]", "not a JSON value"},
      {"{\"a\":tru}", "not a JSON value"},
      {"{\"a\":1e}", "without an exponent"},
  };
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    refuses(h, malformed[i][0], malformed[i][1]);
  char deep[300];
  memset(deep, '[', 299);
  deep[299] = '\0';
  refuses(h, deep, "nested too deeply");
}

/* Inputs and outputs in a device's memory, with a CUDA runtime in reach or without. */
static void test_device_memory(host *h, bool has_cuda)
{
  load(h, two, false);
  host_request request = {0}, other = {0};
  host_request *batch[2] = {&request, &other};
  fill(&request, 2);
  request.inputs[0].memory_type = TRITONSERVER_MEMORY_GPU;
  fill(&other, 1);
  other.inputs[0].memory_type = TRITONSERVER_MEMORY_CPU_PINNED;
  HOST_CHECK(host_execute(h, 0, batch, 2) == NULL);
  check_numbers(&other, "OUTPUT0", 1);
  if (has_cuda) {
    check_numbers(&request, "OUTPUT0", 2);
  } else {
    HOST_CHECK(request.code == TRITONSERVER_ERROR_UNSUPPORTED);
    HOST_CHECK(strstr(request.message, "no CUDA runtime") != NULL);
  }
  host_clear(&request);
  host_clear(&other);
  if (has_cuda) {
    const int64_t shape[2] = {1, 13};
    host_output_memory = TRITONSERVER_MEMORY_GPU;
    fill(&request, 2);
    fill(&other, 1);
    host_add_input(&other, "INPUT1", TRITONSERVER_TYPE_BYTES, shape, 2, "thirteen ....", 13);
    other.outputs[0] = "OUTPUT1";
    HOST_CHECK(host_execute(h, 0, batch, 2) == NULL);
    check_numbers(&request, "OUTPUT0", 2);
    HOST_CHECK(other.code == TRITONSERVER_ERROR_INTERNAL);
    HOST_CHECK(strstr(other.message, "cudaMemcpy of 13 bytes from CPU to GPU memory: invalid") !=
               NULL);
    host_output_memory = TRITONSERVER_MEMORY_CPU;
    host_clear(&request);
    host_clear(&other);
  }
  host_unload(h);
}

/* A model's life with allocation number n failing; false once n is beyond the last. */
static bool live_with_failure(host *h, unsigned n)
{
  host_request request = {0}, other = {0};
  host_request *batch[2] = {&request, &other};
  host_fail_allocation(n);
  if (host_load(h, "/nowhere", n % 2 == 0 ? "{\"name\":\"shapes\"}" : two, true, 2, problem,
                sizeof problem)) {
    fill(&request, 1);
    fill(&other, 1);
    const char *error = host_execute(h, 0, batch, 2);
    HOST_CHECK(error == NULL || strstr(error, "out of memory") != NULL);
    host_clear(&request);
    host_clear(&other);
    host_unload(h);
  } else {
    HOST_CHECK(strstr(problem, "memory") != NULL);
  }
  return host_fail_allocation(0);
}

static void test_allocations(host *h)
{
  unsigned n = 1;
  while (live_with_failure(h, n) || live_with_failure(h, n + 1)) n++;
  printf("%u allocations failed in turn\n", n - 1);
  HOST_CHECK(n > 5);
}

int main(int argc, char **argv)
{
  HOST_CHECK(argc == 3);
  const char *what = argv[2];
  HOST_CHECK(host_open(argv[1], "{\"cmdline\":{\"initialize_error\":\"closed\"}}", problem,
                       sizeof problem) == NULL);
  HOST_CHECK(strcmp(problem, "closed") == 0);
  host *h = host_open(argv[1], "", problem, sizeof problem);
  if (h == NULL) host_die(__FILE__, __LINE__, problem);
  if (strcmp(what, "all") == 0) {
    test_copies(h);
    test_shapes(h);
    test_errors(h);
    test_echo_and_delay(h);
    test_configurations(h);
  } else if (strcmp(what, "allocations") == 0) {
    test_allocations(h);
  } else {
    test_device_memory(h, strcmp(what, "cuda") == 0);
  }
  host_close(h);
  puts("done");
  return 0;
}
