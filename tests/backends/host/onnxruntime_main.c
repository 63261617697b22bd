/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The onnxruntime backend under the host. Arguments: the backend, the directory of the models (one
 * folder each, as tests/backends/onnx_models.py makes them), the backend's configuration, what to
 * test
 * ("all" or "allocations"), a library that is an old ONNX Runtime and one that is none. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static char problem[1024];
static const char *root;

static const char *location(const char *model)
{
  static char path[1024];
  snprintf(path, sizeof path, "%s/%s", root, model);
  return path;
}

static void load(host *h, const char *model, const char *config, bool complete, uint32_t instances)
{
  if (host_load(h, location(model), config, complete, instances, problem, sizeof problem)) return;
  host_die(__FILE__, __LINE__, problem);
}

static void refuses(host *h, const char *model, const char *config, const char *why)
{
  HOST_CHECK(!host_load(h, location(model), config, false, 1, problem, sizeof problem));
  printf("refused: %s\n", problem);
  if (strstr(problem, why) == NULL) host_die(__FILE__, __LINE__, why);
}

static const char add_config[] =
    "{\"name\":\"add\",\"max_batch_size\":8,"
    "\"input\":[{\"name\":\"A\",\"data_type\":\"TYPE_FP32\",\"dims\":[\"3\"]},"
    "{\"name\":\"B\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]}],"
    "\"output\":[{\"name\":\"SUM\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]},"
    "{\"name\":\"DIFF\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]}]}";

static void fill_add(host_request *request, const float *a, const float *b, int64_t rows)
{
  const int64_t shape[2] = {rows, 3};
  host_add_input(request, "A", TRITONSERVER_TYPE_FP32, shape, 2, a, (uint64_t)rows * 12);
  host_add_input(request, "B", TRITONSERVER_TYPE_FP32, shape, 2, b, (uint64_t)rows * 12);
  request->outputs[0] = "SUM";
  request->output_count = 1;
}

static void check_rows(const host_request *request, const char *name, const float *a,
                       const float *b, int64_t rows, float sign)
{
  const host_output *output = host_result(request, name);
  HOST_CHECK(output != NULL && output->rank == 2);
  HOST_CHECK(output->shape[0] == rows && output->shape[1] == 3);
  HOST_CHECK(output->byte_size == (uint64_t)rows * 12);
  for (int64_t i = 0; i < rows * 3; i++)
    HOST_CHECK(((const float *)output->buffer)[i] == a[i] + sign * b[i]);
}

/* One request, several, several with different outputs, a cancelled one among them. */
static void test_batches(host *h)
{
  static const float a[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, b[] = {10, 20, 30, 40, 50, 60, 70, 80, 90};
  load(h, "add", add_config, false, 2);

  host_request one = {0};
  fill_add(&one, a, b, 2);
  host_request *batch[3] = {&one};
  HOST_CHECK(host_execute(h, 0, batch, 1) == NULL && one.success);
  check_rows(&one, "SUM", a, b, 2, 1);
  HOST_CHECK(one.result_count == 1 && host_batched(h) == 2);
  host_clear(&one);

  host_request first = {0}, second = {0}, third = {0};
  fill_add(&first, a, b, 2);
  fill_add(&second, a + 6, b + 6, 1);
  second.cancelled = true;
  fill_add(&third, a + 3, b + 3, 1);
  third.outputs[1] = "DIFF";
  third.output_count = 2;
  batch[0] = &first;
  batch[1] = &second;
  batch[2] = &third;
  HOST_CHECK(host_execute(h, 1, batch, 3) == NULL);
  check_rows(&first, "SUM", a, b, 2, 1);
  check_rows(&third, "SUM", a + 3, b + 3, 1, 1);
  check_rows(&third, "DIFF", a + 3, b + 3, 1, -1);
  HOST_CHECK(first.result_count == 1 && third.result_count == 2);
  HOST_CHECK(second.code == TRITONSERVER_ERROR_CANCELLED);
  HOST_CHECK(host_batched(h) == 5 && host_executions(h) == 2);
  host_clear(&first);
  host_clear(&second);
  host_clear(&third);

  /* Several buffers, an odd address, and a request that the model can't take. */
  char odd[25];
  memcpy(odd + 1, a, 24);
  fill_add(&first, a, b, 2);
  first.inputs[0].buffers[0] = odd + 1;
  fill_add(&second, a, b, 1);
  second.inputs[1].buffer_count = 2;
  second.inputs[1].sizes[0] = 5;
  second.inputs[1].buffers[1] = (const char *)b + 5;
  second.inputs[1].sizes[1] = 7;
  fill_add(&third, a, b, 2);
  third.inputs[1].byte_size = third.inputs[1].sizes[0] = 12;
  HOST_CHECK(host_execute(h, 0, batch, 3) == NULL);
  check_rows(&first, "SUM", a, b, 2, 1);
  check_rows(&second, "SUM", a, b, 1, 1);
  HOST_CHECK(!third.success && strstr(third.message, "onnx runtime error") != NULL);
  printf("third: %s\n", third.message);
  host_clear(&first);
  host_clear(&second);
  host_clear(&third);
  host_unload(h);
}

/* BYTES with empty elements and NULs, through a model that copies them. */
static void test_strings(host *h)
{
  static const char config[] =
      "{\"name\":\"copy_string\",\"max_batch_size\":4,"
      "\"input\":[{\"name\":\"INPUT0\",\"data_type\":\"TYPE_STRING\",\"dims\":[-1]}],"
      "\"output\":[{\"name\":\"OUTPUT0\",\"data_type\":\"TYPE_STRING\",\"dims\":[-1]}]}";
  static const char bytes[] = "\3\0\0\0a\0b\0\0\0\0\5\0\0\0hello\1\0\0\0x";
  load(h, "copy_string", config, false, 1);
  host_request first = {0}, second = {0}, third = {0};
  host_request *batch[3] = {&first, &second, &third};
  const int64_t two[2] = {1, 2}, four[2] = {2, 2};
  host_add_input(&first, "INPUT0", TRITONSERVER_TYPE_BYTES, four, 2, bytes, 25);
  first.inputs[0].sizes[0] = 2;
  first.inputs[0].buffers[1] = bytes + 2;
  first.inputs[0].sizes[1] = 23;
  first.inputs[0].buffer_count = 2;
  host_add_input(&second, "INPUT0", TRITONSERVER_TYPE_BYTES, two, 2, bytes, 11);
  host_add_input(&third, "INPUT0", TRITONSERVER_TYPE_BYTES, two, 2, bytes, 10);
  for (int i = 0; i < 3; i++) {
    batch[i]->outputs[0] = "OUTPUT0";
    batch[i]->output_count = 1;
  }
  HOST_CHECK(host_execute(h, 0, batch, 3) == NULL);
  const host_output *output = host_result(&first, "OUTPUT0");
  HOST_CHECK(output != NULL && output->byte_size == 25 && memcmp(output->buffer, bytes, 25) == 0);
  HOST_CHECK(output->shape[0] == 2 && output->shape[1] == 2);
  output = host_result(&second, "OUTPUT0");
  HOST_CHECK(output != NULL && output->byte_size == 11 && memcmp(output->buffer, bytes, 11) == 0);
  HOST_CHECK(third.code == TRITONSERVER_ERROR_INVALID_ARG && third.result_count == 0);
  printf("third: %s\n", third.message);
  host_clear(&first);
  host_clear(&second);
  host_clear(&third);
  host_unload(h);
}

/* A model whose outputs aren't what its signature says: the prediction is dropped. */
static void test_wrong_signature(host *h)
{
  static const char config[] =
      "{\"name\":\"wrong_shape\",\"max_batch_size\":0,"
      "\"input\":[{\"name\":\"X\",\"data_type\":\"TYPE_INT64\",\"dims\":[-1]}],"
      "\"output\":[{\"name\":\"Y\",\"data_type\":\"TYPE_INT64\",\"dims\":[-1]}]}";
  static const int64_t x[] = {1, 0, 2, 0}, shape[] = {4};
  load(h, "wrong_shape", config, false, 1);
  for (int i = 0; i < 2; i++) {
    host_request request = {0};
    host_request *batch[1] = {&request};
    host_add_input(&request, "X", TRITONSERVER_TYPE_INT64, shape, 1, x, sizeof x);
    request.outputs[0] = "Y";
    request.output_count = 1;
    HOST_CHECK(host_execute(h, 0, batch, 1) == NULL);
    const host_output *output = host_result(&request, "Y");
    HOST_CHECK(output != NULL && output->shape[0] == 2 && output->byte_size == 16);
    HOST_CHECK(((const int64_t *)output->buffer)[0] == 1);
    HOST_CHECK(((const int64_t *)output->buffer)[1] == 2);
    host_clear(&request);
  }
  host_unload(h);
}

static void test_configurations(host *h)
{
  load(h, "add", "{\"name\":\"add\"}", true, 1);
  printf("completed: %s\n", host_config(h));
  HOST_CHECK(strcmp(host_config(h),
                    "{\"name\":\"add\",\"max_batch_size\":4,\"dynamic_batching\":{},"
                    "\"input\":[{\"name\":\"A\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]},"
                    "{\"name\":\"B\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]}],"
                    "\"output\":[{\"name\":\"SUM\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]},"
                    "{\"name\":\"DIFF\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]}]}") == 0);
  host_unload(h);
  refuses(h, "add", "{\"name\":\"add\",\"input\":[{\"name\":\"C\",\"data_type\":\"TYPE_FP32\"}]}",
          "unexpected inference input 'C', allowed inputs are: A, B");
  refuses(h, "add", "{\"name\":\"add\",\"input\":[{\"name\":\"A\",\"data_type\":\"TYPE_INT8\"}]}",
          "configuration expects datatype TYPE_INT8 for input 'A', model provides TYPE_FP32");
  refuses(h, "add",
          "{\"name\":\"add\",\"max_batch_size\":1,\"input\":[{\"name\":\"A\",\"data_type\":"
          "\"TYPE_FP32\",\"dims\":[4]}]}",
          "making complete shape [-1,4])");
  refuses(h, "nowhere", "{\"name\":\"nowhere\"}", "unable to find");
  refuses(h, "add", "{\"name\":\"add\",\"default_model_filename\":\"../1/model.onnx\"}", "leaves");
  refuses(h, "add",
          "{\"name\":\"add\",\"parameters\":{\"execution_mode\":{\"string_value\":\"2\"}}}",
          "execution_mode must be an integer from 0 to 1, got '2'");
  refuses(h, "add",
          "{\"name\":\"add\",\"optimization\":{\"execution_accelerators\":"
          "{\"cpu_execution_accelerator\":[{\"name\":\"openvino\"}]}}}",
          "needs the OpenVINOExecutionProvider");
  refuses(h, "broken", "{\"name\":\"broken\"}", "unable to load model");
}

/* What needs an execution provider that the installed package may not have. */
static void test_gpu_instances(host *h)
{
  static const char unknown[] =
      "{\"name\":\"add\",\"optimization\":{\"execution_accelerators\":"
      "{\"gpu_execution_accelerator\":[{\"name\":\"abacus\"}]}}}";
  host_instance_kind = TRITONSERVER_INSTANCEGROUPKIND_GPU;
  refuses(h, "add", unknown, "unknown Execution Accelerator 'abacus' is requested");
  /* Auto-complete loads the model for the CPU; the instance then asks for CUDA. */
  if (!host_load(h, location("add"), "{\"name\":\"add\"}", true, 1, problem, sizeof problem)) {
    printf("refused: %s\n", problem);
    HOST_CHECK(strstr(problem, "a KIND_GPU instance needs the CUDAExecutionProvider") != NULL ||
               strstr(problem, "onnx runtime error") != NULL);
  } else {
    host_unload(h);
  }
  host_instance_kind = TRITONSERVER_INSTANCEGROUPKIND_CPU;
}

/* A library that the backend can't work with. */
static void refuses_library(const char *backend, const char *library, const char *why)
{
  char config[1200];
  snprintf(config, sizeof config, "{\"cmdline\":{\"library\":\"%s\"}}", library);
  HOST_CHECK(host_open(backend, config, problem, sizeof problem) == NULL);
  printf("refused: %s\n", problem);
  if (strstr(problem, why) == NULL) host_die(__FILE__, __LINE__, why);
}

/* A model's life with allocation number n failing; false once n is beyond the last. */
static bool live_with_failure(host *h, unsigned n)
{
  static const float a[] = {1, 2, 3, 4, 5, 6};
  host_request first = {0}, second = {0};
  host_request *batch[2] = {&first, &second};
  host_fail_allocation(n);
  if (host_load(h, location("add"), "{\"name\":\"add\"}", true, 1, problem, sizeof problem)) {
    fill_add(&first, a, a, 1);
    fill_add(&second, a, a + 3, 1);
    const char *error = host_execute(h, 0, batch, 2);
    if (error == NULL && first.success) check_rows(&first, "SUM", a, a, 1, 1);
    if (error == NULL && second.success) check_rows(&second, "SUM", a, a + 3, 1, 1);
    HOST_CHECK(error == NULL || strstr(error, "out of memory") != NULL);
    host_clear(&first);
    host_clear(&second);
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
  HOST_CHECK(argc == 7);
  root = argv[2];
  refuses_library(argv[1], "/nowhere.so", "pip install onnxruntime");
  refuses_library(argv[1], argv[5], "works with ONNX Runtime 1.15 and later 1.x, found 1.14.1");
  refuses_library(argv[1], argv[6], "is no ONNX Runtime library");
  host *h = host_open(argv[1], argv[3], problem, sizeof problem);
  if (h == NULL) host_die(__FILE__, __LINE__, problem);
  if (strcmp(argv[4], "allocations") == 0) {
    test_allocations(h);
  } else {
    test_batches(h);
    test_strings(h);
    test_wrong_signature(h);
    test_configurations(h);
    test_gpu_instances(h);
  }
  host_close(h);
  puts("done");
  return 0;
}
