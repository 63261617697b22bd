/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Memory of GPUs, by the CUDA runtime if the process has one: nothing here needs CUDA to be built. */

#include <dlfcn.h>

#include "specimen.h"

typedef int (*Copy)(void *, const void *, size_t, int);

static Copy find_copy(void)
{
  static const char *const names[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0",
                                      "libcudart.so"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) return (Copy)dlsym(library, "cudaMemcpy");
  }
  return NULL;
}

TRITONSERVER_Error *copy_device(void *to, const void *from, size_t size)
{
  enum { BY_ADDRESS = 4 }; /* cudaMemcpyDefault */
  Copy copy = find_copy();
  if (copy == NULL)
    return problem(TRITONSERVER_ERROR_UNSUPPORTED, "there is no CUDA runtime to reach the GPU with");
  if (copy(to, from, size, BY_ADDRESS) != 0)
    return problem(TRITONSERVER_ERROR_INTERNAL, "a copy to or from the GPU failed");
  return NULL;
}
