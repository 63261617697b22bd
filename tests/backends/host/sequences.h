/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What the programs about sequences share: pieces of configurations for the models of
 * tests/backends/sequence_models.py, and what is done with requests. */

#ifndef SEQUENCES_H
#define SEQUENCES_H

#include <stdio.h>
#include <string.h>

#include "host.h"

#define TENSOR(name, type, dims) \
  "{\"name\":\"" name "\",\"data_type\":\"" type "\",\"dims\":" dims "}"
#define CONTROL(name, kind, values) \
  "{\"name\":\"" name "\",\"control\":[{\"kind\":\"CONTROL_SEQUENCE_" kind "\"," values "}]}"
#define STATE(input, output, type, dims)                                               \
  "{\"input_name\":\"" input "\",\"output_name\":\"" output "\",\"data_type\":\"" type \
  "\","                                                                                \
  "\"dims\":" dims "}"
#define SEQUENCE(controls, states) \
  "\"sequence_batching\":{\"control_input\":[" controls "],\"state\":[" states "]}"
#define MODEL(name, batch, inputs, outputs, sequence)                      \
  "{\"name\":\"" name "\",\"max_batch_size\":" batch ",\"input\":[" inputs \
  "],"                                                                     \
  "\"output\":[" outputs "]," sequence "}"

/* As the server writes them: fields that are unset are there, too. */
#define START CONTROL("START", "START", "\"int32_false_true\":[0,1],\"fp32_false_true\":[]")
#define READY CONTROL("READY", "READY", "\"int32_false_true\":[],\"fp32_false_true\":[0,1]")
#define SUM STATE("SUM_IN", "SUM_OUT", "TYPE_FP32", "[2]")
#define X_FP32 TENSOR("X", "TYPE_FP32", "[2]")
#define SUM_OUTPUT TENSOR("SUM_OUT", "TYPE_FP32", "[2]")
#define Y_FP32 TENSOR("Y", "TYPE_FP32", "[2]")
#define ACCUMULATE(inputs, outputs, controls, states) \
  MODEL("accumulate", "4", inputs, outputs, SEQUENCE(controls, states))

/* Every kind of control in a type of its own; READY is FP32. */
#define ALL_BUT_READY                                                  \
  CONTROL("START", "START", "\"bool_false_true\":[false,true]")        \
  "," CONTROL("END", "END", "\"int32_false_true\":[0,1]") "," CONTROL( \
      "CORRID", "CORRID", "\"data_type\":\"TYPE_STRING\"")

static char problem[1024];
static const char *root; /* the directory of the models */

static inline const char *location(const char *model)
{
  static char path[1024];
  snprintf(path, sizeof path, "%s/%s", root, model);
  return path;
}

static inline void load(host *h, const char *model, const char *config, bool complete)
{
  if (host_load(h, location(model), config, complete, 1, problem, sizeof problem)) return;
  host_die(__FILE__, __LINE__, problem);
}

/* ---- what the sequence batcher would do ---- */

static const int64_t one_by_one[] = {1, 1}, one_by_two[] = {1, 2};
static const int32_t starts[] = {0, 1};
static const float readies[] = {0, 1}, zeros[2];

static inline void wants(host_request *request, const char *output)
{
  request->outputs[request->output_count++] = output;
}

/* ---- what came of it ---- */

static inline void execute(host *h, host_request *requests, uint32_t count)
{
  host_request *batch[HOST_LIMIT];
  for (uint32_t i = 0; i < count; i++) batch[i] = &requests[i];
  const char *error = host_execute(h, 0, batch, count);
  if (error != NULL) host_die(__FILE__, __LINE__, error);
}

static inline void clear(host_request *requests, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) host_clear(&requests[i]);
}

static inline void is_floats(const host_output *output, const int64_t *shape, uint32_t rank,
                             const float *values, size_t count)
{
  HOST_CHECK(output != NULL && output->datatype == TRITONSERVER_TYPE_FP32);
  HOST_CHECK(output->rank == rank && memcmp(output->shape, shape, rank * sizeof *shape) == 0);
  HOST_CHECK(output->byte_size == count * sizeof *values);
  HOST_CHECK(memcmp(output->buffer, values, count * sizeof *values) == 0);
}

#endif
