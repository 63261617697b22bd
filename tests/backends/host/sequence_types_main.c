/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Controls and states of every type through the onnxruntime backend, with and without batching.
 * Arguments: the backend, the directory of the models, the backend's configuration, what to test
 * ("all", "cuda" or "no cuda"). */

#include "sequences.h"

/* ---- every type, through a model that answers with the input of the request before ---- */

static void delay(host *h, const char *name, TRITONSERVER_DataType datatype, const char *bytes,
                  uint64_t size, int64_t elements)
{
  char model[32], config[512];
  snprintf(model, sizeof model, "delay_%s", name);
  for (char *c = model; *c != '\0'; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
  snprintf(config, sizeof config,
           MODEL("delay", "2", TENSOR("NOW", "TYPE_%s", "[-1]"), TENSOR("OLD", "TYPE_%s", "[-1]"),
                 SEQUENCE("", STATE("PAST_IN", "PAST_OUT", "TYPE_%s", "[-1]"))),
           name, name, name);
  load(h, model, config, false);
  host_request r[4] = {0};
  const int64_t shape[] = {1, elements};
  for (int i = 0; i < 2; i++) {
    host_add_input(&r[i], "NOW", datatype, shape, 2, bytes, size);
    host_add_input(&r[i], "PAST_IN", datatype, shape, 2, bytes, size);
    wants(&r[i], "OLD");
  }
  execute(h, r, 2);
  for (int i = 2; i < 4; i++) {
    host_add_input(&r[i], "NOW", datatype, shape, 2, bytes, size);
    host_add_state(&r[i], "PAST_IN", &r[i - 2], "PAST_OUT");
    wants(&r[i], "OLD");
  }
  execute(h, r + 2, 2);
  for (int i = 2; i < 4; i++) {
    const host_output *old = host_result(&r[i], "OLD"), *state = host_state(&r[i], "PAST_OUT");
    HOST_CHECK(old != NULL && old->byte_size == size && memcmp(old->buffer, bytes, size) == 0);
    HOST_CHECK(state != NULL && state->datatype == datatype && state->rank == 2);
    HOST_CHECK(state->byte_size == size && memcmp(state->buffer, bytes, size) == 0);
  }
  clear(r, 4);
  host_unload(h);
}

static void test_types(host *h)
{
  static const char bytes[64] = "\1\0\1\1\0\1\0\0\1\0\1\1\0\1\0\0\1\0\1\1\0\1\0\0\1";
  static const char *const names[] = {"BOOL",  "UINT8", "UINT16", "UINT32", "UINT64", "INT8",
                                      "INT16", "INT32", "INT64",  "FP16",   "FP32",   "FP64"};
  for (int i = 0; i < 12; i++) {
    TRITONSERVER_DataType type = (TRITONSERVER_DataType)(TRITONSERVER_TYPE_BOOL + i);
    HOST_CHECK(strcmp(TRITONSERVER_DataTypeString(type), names[i]) == 0);
    delay(h, names[i], type, bytes, 3 * TRITONSERVER_DataTypeByteSize(type), 3);
  }
  delay(h, "BF16", TRITONSERVER_TYPE_BF16, bytes, 6, 3);
  delay(h, "STRING", TRITONSERVER_TYPE_BYTES, "\3\0\0\0a\0b\0\0\0\0\5\0\0\0hello", 20, 3);
}

/* ---- without batching ---- */

static void test_unbatched(host *h)
{
  static const char config[] =
      MODEL("unbatched", "0", TENSOR("X", "TYPE_FP32", "[4]"), TENSOR("LAST", "TYPE_BOOL", "[1]"),
            SEQUENCE(CONTROL("END", "END", "\"bool_false_true\":[false,true]"),
                     STATE("S_IN", "S_OUT", "TYPE_FP32", "[2,1,4]")));
  static const float x[] = {1, 2, 3, 4}, none[8], sum[] = {2, 4, 6, 8, 2, 4, 6, 8};
  static const int64_t four[] = {4}, one[] = {1}, shape[] = {2, 1, 4};
  static const bool flags[] = {false, true};
  host_request r[2] = {0};
  load(h, "unbatched", config, false);
  for (int i = 0; i < 2; i++) {
    host_add_input(&r[i], "X", TRITONSERVER_TYPE_FP32, four, 1, x, sizeof x);
    host_add_input(&r[i], "END", TRITONSERVER_TYPE_BOOL, one, 1, &flags[i], 1);
    if (i == 0)
      host_add_input(&r[i], "S_IN", TRITONSERVER_TYPE_FP32, shape, 3, none, sizeof none);
    else
      host_add_state(&r[i], "S_IN", &r[0], "S_OUT");
    wants(&r[i], "LAST");
    execute(h, &r[i], 1);
    HOST_CHECK(*(const bool *)host_result(&r[i], "LAST")->buffer == flags[i]);
  }
  is_floats(host_state(&r[1], "S_OUT"), shape, 3, sum, 8);
  clear(r, 2);
  host_unload(h);

  /* A model's scalar is [1] for everybody else, also where output and state say so differently. */
  load(h, "delay_scalar",
       MODEL("delay", "0", TENSOR("NOW", "TYPE_FP32", "[1]"),
             TENSOR("OLD", "TYPE_FP32", "[1]") "," TENSOR("PAST_OUT", "TYPE_FP32", "[1]"),
             SEQUENCE("", STATE("PAST_IN", "PAST_OUT", "TYPE_FP32", "[1,1]"))),
       false);
  host_add_input(&r[0], "NOW", TRITONSERVER_TYPE_FP32, one, 1, x + 2, 4);
  host_add_input(&r[0], "PAST_IN", TRITONSERVER_TYPE_FP32, one_by_one, 2, x, 4);
  wants(&r[0], "OLD");
  wants(&r[0], "PAST_OUT");
  execute(h, r, 1);
  is_floats(host_result(&r[0], "OLD"), one, 1, x, 1);
  is_floats(host_result(&r[0], "PAST_OUT"), one, 1, x + 2, 1);
  is_floats(host_state(&r[0], "PAST_OUT"), one_by_one, 2, x + 2, 1);
  host_clear(&r[0]);
  host_unload(h);
}

/* Every kind of control, seen by the model. It has no states, so a run of nothing but null requests
 * has no output at all. */
static void test_controls(host *h)
{
  static const char config[] =
      MODEL("controls", "4", TENSOR("X", "TYPE_FP32", "[1]"),
            TENSOR("SEEN_START", "TYPE_BOOL", "[1]") "," TENSOR(
                "SEEN_END", "TYPE_INT32", "[1]") "," TENSOR("SEEN_READY", "TYPE_FP32",
                                                            "[1]") "," TENSOR("SEEN_CORRID",
                                                                              "TYPE_STRING", "[1]"),
            SEQUENCE(ALL_BUT_READY "," READY, ""));
  static const bool flags[] = {false, true};
  static const char id[] = "\5\0\0\0seven", no_id[4];
  host_request r[3] = {0};
  load(h, "controls", config, false);
  for (int i = 0; i < 3; i++) {
    host_add_input(&r[i], "X", TRITONSERVER_TYPE_FP32, one_by_one, 2, zeros, 4);
    host_add_input(&r[i], "START", TRITONSERVER_TYPE_BOOL, one_by_one, 2, &flags[i == 1], 1);
    host_add_input(&r[i], "END", TRITONSERVER_TYPE_INT32, one_by_one, 2, &starts[i == 1], 4);
    host_add_input(&r[i], "READY", TRITONSERVER_TYPE_FP32, one_by_one, 2, &readies[i == 1], 4);
    host_add_input(&r[i], "CORRID", TRITONSERVER_TYPE_BYTES, one_by_one, 2, i == 1 ? id : no_id,
                   i == 1 ? 9 : 4);
  }
  wants(&r[1], "SEEN_START");
  wants(&r[1], "SEEN_END");
  wants(&r[1], "SEEN_READY");
  wants(&r[1], "SEEN_CORRID");
  execute(h, r, 2);
  HOST_CHECK(*(const bool *)host_result(&r[1], "SEEN_START")->buffer);
  HOST_CHECK(*(const int32_t *)host_result(&r[1], "SEEN_END")->buffer == 1);
  HOST_CHECK(*(const float *)host_result(&r[1], "SEEN_READY")->buffer == 1);
  HOST_CHECK(memcmp(host_result(&r[1], "SEEN_CORRID")->buffer, id, 9) == 0);
  HOST_CHECK(r[0].success && r[0].result_count == 0 && r[0].state_count == 0);
  execute(h, &r[2], 1);
  HOST_CHECK(r[2].success && r[2].result_count == 0);
  /* A control of another type than the model's is refused by name. */
  host_clear(&r[2]);
  host_add_input(&r[2], "READY", TRITONSERVER_TYPE_INT32, one_by_one, 2, starts, 4);
  execute(h, &r[2], 1);
  HOST_CHECK(strcmp(r[2].message, "input 'READY' has data type INT32, the model takes FP32") == 0);
  clear(r, 3);
  host_unload(h);
}

/* ---- state in device memory ---- */

static void test_device_memory(host *h, bool cuda)
{
  static const char strings[] = "\3\0\0\0a\0b\0\0\0\0\5\0\0\0hello";
  host_request r[1] = {0};
  host_state_memory = TRITONSERVER_MEMORY_GPU;
  if (cuda) {
    delay(h, "UINT8", TRITONSERVER_TYPE_UINT8, strings, 20, 20);
    delay(h, "STRING", TRITONSERVER_TYPE_BYTES, strings, 20, 3);
  } else {
    load(h, "delay_fp32",
         MODEL("delay", "2", TENSOR("NOW", "TYPE_FP32", "[-1]"), "",
               SEQUENCE("", STATE("PAST_IN", "PAST_OUT", "TYPE_FP32", "[-1]"))),
         false);
    host_add_input(r, "NOW", TRITONSERVER_TYPE_FP32, one_by_two, 2, zeros, 8);
    host_add_input(r, "PAST_IN", TRITONSERVER_TYPE_FP32, one_by_two, 2, zeros, 8);
    execute(h, r, 1);
    HOST_CHECK(strstr(r->message, "cannot copy 8 bytes from CPU to GPU memory") != NULL);
    host_clear(r);
    host_unload(h);
  }
  host_state_memory = TRITONSERVER_MEMORY_CPU;
}

int main(int argc, char **argv)
{
  HOST_CHECK(argc == 5);
  root = argv[2];
  host *h = host_open(argv[1], argv[3], problem, sizeof problem);
  if (h == NULL) host_die(__FILE__, __LINE__, problem);
  if (strstr(argv[4], "cuda") != NULL) {
    test_device_memory(h, strcmp(argv[4], "cuda") == 0);
  } else {
    test_types(h);
    test_unbatched(h);
    test_controls(h);
  }
  host_close(h);
  puts("done");
  return 0;
}
