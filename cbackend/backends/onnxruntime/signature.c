/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "signature.h"

#include <stdlib.h>
#include <string.h>

static char *duplicate(const char *text)
{
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static TRITONSERVER_Error *read_shape(const OrtTensorInfo *info, ort_tensor *tensor)
{
  size_t rank;
  ORT_RETURN_IF_ERROR(ort.GetTensorElementType(info, &tensor->type));
  ORT_RETURN_IF_ERROR(ort.GetDimensionsCount(info, &rank));
  /* An older library says rank 0 both for a scalar and for a tensor of any shape. */
  tensor->has_shape =
      ort.TensorTypeAndShape_HasShape == NULL || ort.TensorTypeAndShape_HasShape(info);
  tensor->dims = calloc(rank + 1, sizeof *tensor->dims);
  tensor->symbols = calloc(rank + 1, sizeof *tensor->symbols);
  const char **symbols = calloc(rank + 1, sizeof *symbols);
  TRITONSERVER_Error *error = NULL;
  if (tensor->dims == NULL || tensor->symbols == NULL || symbols == NULL)
    error = tb_out_of_memory("a model's signature");
  if (error == NULL) error = ort_error(ort.GetDimensions(info, tensor->dims, rank));
  if (error == NULL) error = ort_error(ort.GetSymbolicDimensions(info, symbols, rank));
  if (error == NULL) {
    tensor->rank = rank;
    for (size_t i = 0; i < rank && error == NULL; i++) {
      if (tensor->dims[i] < 0) tensor->dims[i] = -1;
      tensor->symbols[i] = duplicate(symbols[i]);
      if (tensor->symbols[i] == NULL) error = tb_out_of_memory("a model's signature");
    }
  }
  free(symbols);
  return error;
}

static TRITONSERVER_Error *read_type(OrtTypeInfo *type, ort_tensor *tensor)
{
  OrtValueKind kind;
  const OrtTensorInfo *info;
  ORT_RETURN_IF_ERROR(ort.GetOnnxTypeFromTypeInfo(type, &kind));
  if (kind != ORT_KIND_TENSOR) return NULL;
  ORT_RETURN_IF_ERROR(ort.CastTypeInfoToTensorInfo(type, &info));
  return read_shape(info, tensor);
}

typedef struct {
  OrtStatus *(*name)(const OrtSession *, size_t, OrtAllocator *, char **);
  OrtStatus *(*type)(const OrtSession *, size_t, OrtTypeInfo **);
} accessors;

static TRITONSERVER_Error *read_tensors(const OrtSession *session, OrtAllocator *allocator,
                                        accessors get, ort_tensor *tensors, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    char *name;
    OrtTypeInfo *type;
    ORT_RETURN_IF_ERROR(get.name(session, i, allocator, &name));
    tensors[i].name = duplicate(name);
    ORT_RETURN_IF_ERROR(ort.AllocatorFree(allocator, name));
    if (tensors[i].name == NULL) return tb_out_of_memory("a model's signature");
    ORT_RETURN_IF_ERROR(get.type(session, i, &type));
    TRITONSERVER_Error *error = read_type(type, &tensors[i]);
    ort.ReleaseTypeInfo(type);
    if (error != NULL) return error;
  }
  return NULL;
}

static TRITONSERVER_Error *read_all(const OrtSession *session, OrtAllocator *allocator,
                                    ort_signature *signature)
{
  size_t required, overridable, outputs;
  ORT_RETURN_IF_ERROR(ort.SessionGetInputCount(session, &required));
  ORT_RETURN_IF_ERROR(ort.SessionGetOverridableInitializerCount(session, &overridable));
  ORT_RETURN_IF_ERROR(ort.SessionGetOutputCount(session, &outputs));
  signature->inputs = calloc(required + overridable + 1, sizeof *signature->inputs);
  signature->outputs = calloc(outputs + 1, sizeof *signature->outputs);
  if (signature->inputs == NULL || signature->outputs == NULL)
    return tb_out_of_memory("a model's signature");
  signature->required_count = required;
  signature->input_count = required + overridable;
  signature->output_count = outputs;
  TB_RETURN_IF_ERROR(read_tensors(session, allocator,
                                  (accessors){ort.SessionGetInputName, ort.SessionGetInputTypeInfo},
                                  signature->inputs, required));
  TB_RETURN_IF_ERROR(read_tensors(session, allocator,
                                  (accessors){ort.SessionGetOverridableInitializerName,
                                              ort.SessionGetOverridableInitializerTypeInfo},
                                  signature->inputs + required, overridable));
  return read_tensors(session, allocator,
                      (accessors){ort.SessionGetOutputName, ort.SessionGetOutputTypeInfo},
                      signature->outputs, outputs);
}

TRITONSERVER_Error *ort_signature_read(const OrtSession *session, OrtAllocator *allocator,
                                       ort_signature *signature)
{
  *signature = (ort_signature){0};
  TRITONSERVER_Error *error = read_all(session, allocator, signature);
  if (error != NULL) ort_signature_free(signature);
  return error;
}

static void free_tensors(ort_tensor *tensors, size_t count)
{
  for (size_t i = 0; tensors != NULL && i < count; i++) {
    for (size_t k = 0; k < tensors[i].rank; k++) free(tensors[i].symbols[k]);
    free(tensors[i].symbols);
    free(tensors[i].dims);
    free(tensors[i].name);
  }
  free(tensors);
}

void ort_signature_free(ort_signature *signature)
{
  free_tensors(signature->inputs, signature->input_count);
  free_tensors(signature->outputs, signature->output_count);
  *signature = (ort_signature){0};
}

int ort_find(const ort_tensor *tensors, size_t count, const char *name, size_t guess)
{
  if (guess < count && strcmp(tensors[guess].name, name) == 0) return (int)guess;
  for (size_t i = 0; i < count; i++)
    if (strcmp(tensors[i].name, name) == 0) return (int)i;
  return -1;
}
