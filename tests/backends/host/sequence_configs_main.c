/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Configurations with sequence batching, as the onnxruntime backend refuses and completes them.
 * Arguments: the backend, the directory of the models, the backend's configuration, "all". */

#include "sequences.h"

static void refuses(host *h, const char *model, const char *config, const char *why)
{
  HOST_CHECK(!host_load(h, location(model), config, false, 1, problem, sizeof problem));
  printf("refused: %s\n", problem);
  if (strstr(problem, why) == NULL) host_die(__FILE__, __LINE__, why);
}

static void test_refusals(host *h)
{
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32, Y_FP32,
                     START "," READY "," CONTROL("STOP", "END", "\"int32_false_true\":[0,1]"), SUM),
          "has a control input that the model lacks: unexpected inference input 'STOP', allowed "
          "inputs are: START, X, SUM_IN, READY");
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32, Y_FP32, CONTROL("START", "START", "\"fp32_false_true\":[0,1]"), SUM),
          "expects datatype TYPE_FP32 for control input 'START', model provides TYPE_INT32");
  refuses(
      h, "accumulate",
      ACCUMULATE(X_FP32, Y_FP32, CONTROL("SUM_IN", "START", "\"fp32_false_true\":[0,1]"), ""),
      "tensor 'SUM_IN': the model expects 2 dimensions (shape [-1,2]) but the model "
      "configuration specifies 2 dimensions (an initial batch dimension because "
      "max_batch_size > 0 followed by the explicit tensor shape, making complete shape [-1,1])");
  refuses(h, "line",
          MODEL("line", "0", TENSOR("X", "TYPE_FP32", "[-1]"), "",
                SEQUENCE("", STATE("S_IN", "S_OUT", "TYPE_FP32", "[1,-1]"))),
          "tensor 'S_IN': the model expects 1 dimensions (shape [-1]) but the model configuration "
          "specifies 2 dimensions (shape [1,-1])");
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32 "," TENSOR("START", "TYPE_INT32", "[1]"), Y_FP32, START "," READY, SUM),
          "'START' is both an input and a control input of sequence_batching");
  refuses(h, "accumulate", ACCUMULATE(X_FP32, Y_FP32, START, SUM),
          "configuration expects 3 inputs, model provides 4");
  refuses(h, "accumulate", ACCUMULATE(X_FP32, Y_FP32, "{\"name\":\"START\"}", SUM),
          "control input 'START' of sequence_batching needs a name and a control");
  refuses(
      h, "accumulate",
      ACCUMULATE(X_FP32, Y_FP32, CONTROL("START", "CORRID", "\"data_type\":\"TYPE_INVALID\""), SUM),
      "control input 'START' of sequence_batching has neither values nor a data type");
  refuses(
      h, "accumulate",
      ACCUMULATE(X_FP32, Y_FP32,
                 START "," READY "," CONTROL("START", "END", "\"int32_false_true\":[0,1]"), SUM),
      "control input 'START' of sequence_batching carries several controls");

  refuses(
      h, "accumulate",
      ACCUMULATE(X_FP32, Y_FP32, START "," READY, SUM "," STATE("OTHER", "Y", "TYPE_FP32", "[2]")),
      "has a state input that the model lacks: unexpected inference input 'OTHER'");
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32, Y_FP32, START "," READY, STATE("SUM_IN", "OTHER", "TYPE_FP32", "[2]")),
          "has a state output that the model lacks: unexpected inference output 'OTHER', allowed "
          "outputs are: SUM_OUT, Y");
  refuses(
      h, "accumulate",
      ACCUMULATE(X_FP32, Y_FP32, START "," READY, STATE("SUM_IN", "SUM_OUT", "TYPE_INT32", "[2]")),
      "expects datatype TYPE_INT32 for state input 'SUM_IN', model provides TYPE_FP32");
  refuses(h, "controls",
          MODEL("controls", "4", TENSOR("X", "TYPE_FP32", "[1]"), "",
                SEQUENCE(ALL_BUT_READY, STATE("READY", "SEEN_END", "TYPE_FP32", "[1]"))),
          "expects datatype TYPE_FP32 for state output 'SEEN_END', model provides TYPE_INT32");
  refuses(
      h, "accumulate",
      ACCUMULATE(X_FP32, Y_FP32, START "," READY, STATE("SUM_IN", "SUM_OUT", "TYPE_FP32", "[3]")),
      "tensor 'SUM_IN': the model expects 2 dimensions (shape [-1,2])");
  refuses(h, "unbatched",
          MODEL("unbatched", "0", "", "", SEQUENCE("", STATE("X", "S_OUT", "TYPE_FP32", "[4]"))),
          "tensor 'S_OUT': the model expects 3 dimensions (shape [2,1,4])");
  refuses(h, "trace",
          MODEL("trace", "4", TENSOR("X", "TYPE_INT64", "[-1]"), "",
                SEQUENCE("", STATE("TRACE_IN", "TOTAL", "TYPE_INT64", "[2]"))),
          "tensor 'TOTAL': the model expects 2 dimensions (shape [-1,1])");
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32 "," TENSOR("SUM_IN", "TYPE_FP32", "[2]"), Y_FP32, START "," READY, SUM),
          "'SUM_IN' is both an input and a state input of sequence_batching");
  refuses(h, "accumulate", ACCUMULATE(X_FP32, Y_FP32, START "," READY, SUM "," SUM),
          "the state 'SUM_IN' to 'SUM_OUT' of sequence_batching shares one of these");
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32, Y_FP32, START "," READY, STATE("READY", "Y", "TYPE_FP32", "[1]")),
          "the state 'READY' to 'Y' of sequence_batching shares one of these with another state or "
          "control");
  refuses(h, "accumulate",
          ACCUMULATE(X_FP32, Y_FP32, START "," READY, STATE("", "SUM_OUT", "TYPE_FP32", "[2]")),
          "state 0 of sequence_batching ('' to 'SUM_OUT') needs two names and a data type");
  refuses(h, "accumulate",
          "{\"name\":\"accumulate\",\"sequence_batching\":{\"iterative_sequence\":true}}",
          "the onnxruntime backend doesn't support sequence_batching.iterative_sequence");
}

static void completes(host *h, const char *model, const char *config, const char *expected)
{
  load(h, model, config, true);
  printf("completed: %s\n", host_config(h));
  if (strcmp(host_config(h), expected) != 0) host_die(__FILE__, __LINE__, expected);
  host_unload(h);
}

/* Controls and states stay where they are. */
static void test_auto_complete(host *h)
{
  completes(h, "accumulate", "{\"name\":\"accumulate\"," SEQUENCE(START "," READY, SUM) "}",
            "{\"name\":\"accumulate\"," SEQUENCE(START "," READY, SUM) ",\"max_batch_size\":4,"
            "\"input\":[" X_FP32 "],\"output\":[" Y_FP32 "]}");
  /* An output that is listed stays listed. */
  completes(h, "accumulate",
            "{\"name\":\"accumulate\",\"max_batch_size\":2,\"output\":[" SUM_OUTPUT
            "]," SEQUENCE(START "," READY, SUM) "}",
            "{\"name\":\"accumulate\",\"max_batch_size\":2,\"output\":[" SUM_OUTPUT
            "]," SEQUENCE(START "," READY, SUM) ",\"input\":[" X_FP32 "]}");
#define LINE_STATE SEQUENCE("", STATE("S_IN", "S_OUT", "TYPE_FP32", "[-1]"))
  /* The state's dims say that the one dimension is no batch. */
  completes(h, "line", "{\"name\":\"line\"," LINE_STATE "}",
            "{\"name\":\"line\"," LINE_STATE ",\"input\":[" TENSOR(
                "X", "TYPE_FP32", "[-1]") "],\"output\":[" TENSOR("Y", "TYPE_FP32", "[-1]") "]}");
}

int main(int argc, char **argv)
{
  HOST_CHECK(argc == 5);
  root = argv[2];
  host *h = host_open(argv[1], argv[3], problem, sizeof problem);
  if (h == NULL) host_die(__FILE__, __LINE__, problem);
  test_refusals(h);
  test_auto_complete(h);
  host_close(h);
  puts("done");
  return 0;
}
