/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Says that it is ONNX Runtime 1.14.1, and has no table to give for that. */

#include <stddef.h>
#include <stdint.h>

static const void *get_api(uint32_t version)
{
  (void)version;
  return NULL;
}

static const char *get_version(void) { return "1.14.1"; }

static const struct {
  const void *(*get_api)(uint32_t);
  const char *(*get_version)(void);
} base = {get_api, get_version};

const void *OrtGetApiBase(void) { return &base; }
