/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What a model says of its inputs and outputs. */

#ifndef ORT_SIGNATURE_H
#define ORT_SIGNATURE_H

#include "library.h"

typedef struct {
  char *name;
  OrtElementType type; /* UNDEFINED for what is no tensor: a sequence, a map, an optional */
  bool has_shape;      /* false: any rank; rank is 0 then */
  size_t rank;
  int64_t *dims;  /* -1 where it varies */
  char **symbols; /* the name of a dimension that varies, "" where the model gives none */
} ort_tensor;

/* `inputs` holds the required inputs first, then the initializers that a request may override. */
typedef struct {
  ort_tensor *inputs, *outputs;
  size_t required_count, input_count, output_count;
} ort_signature;

TRITONSERVER_Error *ort_signature_read(const OrtSession *session, OrtAllocator *allocator,
                                       ort_signature *signature);
void ort_signature_free(ort_signature *signature);

/* Index of the tensor of that name, or -1; `guess` is tried first. */
int ort_find(const ort_tensor *tensors, size_t count, const char *name, size_t guess);

#endif
