/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The ONNX Runtime library of this process: found, checked, opened and told where to log. */

#ifndef ORT_LIBRARY_H
#define ORT_LIBRARY_H

#include "../common/config.h"
#include "ort_api.h"

/* The library's functions. Filled by ort_library_open(), constant afterwards. */
extern OrtFunctions ort;

/* Settings that hold for the whole backend, from --backend-config=onnxruntime,<key>=<value>. */
typedef struct {
  OrtEnv *env;
  OrtAllocator *allocator; /* the library's own, for the CPU */
  const char *version;     /* "1.20.1" */
  bool global_thread_pool; /* sessions share one pool instead of having one each */
  int64_t default_max_batch_size;
} ort_library;

/* Opens the library that `cmdline` names, or libonnxruntime.so.1, and makes its environment. */
TRITONSERVER_Error *ort_library_open(const tb_json *cmdline, ort_library *library);

/* Ends the environment; the library itself stays in the process, its threads may still be in it. */
void ort_library_close(ort_library *library);

/* Does this build of the library have the execution provider, "CUDAExecutionProvider" say? */
bool ort_has_provider(const char *name);

/* The names of the execution providers, "A, B", for messages. Returns `text`. */
const char *ort_provider_names(char *text, size_t size);

/* The server's error for a status, which it takes, with ONNX Runtime's text; NULL for NULL. */
TRITONSERVER_Error *ort_error(OrtStatus *status);

#define ORT_RETURN_IF_ERROR(expression) TB_RETURN_IF_ERROR(ort_error(expression))

/* ONNX_TYPE <-> data type; UNDEFINED and INVALID for those without a counterpart. */
OrtElementType ort_type_of(TRITONSERVER_DataType datatype);
TRITONSERVER_DataType ort_datatype_of(OrtElementType type);

#endif
