/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Tensors in GPU memory, as a worker has them. The CUDA runtime is looked for when the first one is used. */

#ifndef PY_WORKER_GPU_H
#define PY_WORKER_GPU_H

#include "bridge.h"
#include "common/cuda.h"

/* The runtime, or NULL with an exception that says what is missing. */
const tb_cuda *py_cuda(void);

/* The server's runtime, for where there is none of the model's own. */
void py_cuda_hint(const char *path);

/* Of a view in GPU memory: where another process finds it. */
struct py_gpu_memory {
  uint64_t loan; /* the backend's that it is of, and where in it; 0: it is the model's */
  uint32_t index;
  uint64_t offset;
  tb_cuda_handle handle;
  bool stays;  /* it may be kept open when nobody has a view of it */
  bool closed; /* it is the backend's, and was not opened yet */
  bool is_own; /* `handle` and `offset` are what the backend opens it with */
  bool is_known; /* ... or it can't be opened by another process */
};

/* What a block shows in GPU memory: is waited for, and closed, before the block is given back. */
typedef struct py_gpu_holds py_gpu_holds;

/* Ends all of it, NULL is none. Called without the GIL. With `take` what is on loan is freed: the backend is
 * gone, and has left it to this side. */
void py_gpu_settle(py_gpu_holds *holds);
void py_gpu_holds_delete(py_gpu_holds *holds, bool take);

/* Of the view's block (process.h), and the loan that it is about. */
py_gpu_holds **py_block_holds(PyObject *block);
uint64_t py_block_loan(PyObject *block);

/* A tensor of the backend's, at a `place` (messages.h): `data` is its address within this process, NULL where it is
 * to be opened by the handle. */
PyObject *py_gpu_view(PyObject *block, void *data, uint32_t place, uint64_t offset, const tb_cuda_handle *handle,
                      uint64_t size, uint32_t datatype, uint32_t rank, const int64_t *shape, int64_t device);

/* Its memory has an address from now on. */
bool py_gpu_open(py_view *view);

/* Whether another process can open it; its `gpu` says how then. */
bool py_gpu_export(py_view *view);

/* Work on it that was asked for on the default stream is done. */
bool py_gpu_wait(const py_view *view);

/* Its bytes, in CPU memory. */
bool py_gpu_copy(const py_view *view, void *to);

/* A capsule of an object with __dlpack__, whose producer gets ready for the default stream of the device. */
PyObject *py_gpu_produced(PyObject *object, int64_t device);

/* All work on the device is done: nothing tells on which stream a bare capsule was made. */
bool py_gpu_wait_for_all(int64_t device);

#endif
