/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Shapes, data types and the bytes of tensors. */

#ifndef TB_TENSOR_H
#define TB_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* TRITONSERVER_TYPE_INVALID when `name` is no model-configuration type ("TYPE_FP32",
 * "TYPE_STRING"). */
TRITONSERVER_DataType tb_datatype_from_config(const char *name);

/* The model configuration's name of a type: "TYPE_FP32"; BYTES is "TYPE_STRING" there. Static. */
const char *tb_datatype_config_name(TRITONSERVER_DataType datatype);

/* Number of elements, 1 for rank 0. False for a negative dimension or a product beyond int64. */
bool tb_element_count(const int64_t *shape, size_t rank, int64_t *count);

/* Writes "[2,-1,3]" into `text`, cut off with "..." where `size` is too small. Returns `text`. */
const char *tb_shape_text(const int64_t *shape, size_t rank, char *text, size_t size);
#define TB_SHAPE_TEXT(shape, rank) tb_shape_text((shape), (rank), (char[128]){0}, 128)

/* Can the CPU read and write this memory? */
bool tb_is_cpu(TRITONSERVER_MemoryType type);

/* Copies between any two kinds of memory; done when it returns. Device memory goes through the CUDA runtime,
 * which is looked for when first needed; UNSUPPORTED when the process can't find one. */
TRITONSERVER_Error *tb_copy(void *to, TRITONSERVER_MemoryType to_type, const void *from,
                            TRITONSERVER_MemoryType from_type, size_t byte_size);

#endif
