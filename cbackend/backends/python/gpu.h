/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Tensors in GPU memory, between the backend and a worker.
 *
 * A worker is shown memory of the server's where it lies: within this process by its address, in another one
 * by a handle of the allocation. What can't be shown so, or must outlive a request, is copied into a buffer of
 * the backend's own, on the same device. Buffers that a message is about are a loan, which the worker returns
 * as a whole when it looks at none of them any more. Until then it may hand them on by their place in the loan.
 *
 * What a worker shows is opened, copied, and closed at once: a worker may end at any time, and its memory
 * with it.
 *
 * Threads: any. */

#ifndef PY_GPU_H
#define PY_GPU_H

#include "common/cuda.h"
#include "common/request.h"
#include "messages.h"
#include "wire.h"

/* The buffers that an instance shares with its worker. */
typedef struct py_gpu py_gpu;
typedef struct py_gpu_buffer py_gpu_buffer;

/* `name` is borrowed, for the log. `direct`: the worker lies in this process. */
py_gpu *py_gpu_new(const char *name, bool direct);

/* When the worker is gone; within this process its side of the channel may still have buffers of loans, and
 * frees them itself. All buffers that are not on loan must have been given back. */
void py_gpu_delete(py_gpu *gpu);

/* Whether this server has GPUs. Looks for the CUDA runtime the first time. */
bool py_gpu_is_there(void);

/* The file of its CUDA runtime, which a worker that finds none of its own uses; "" without GPUs. */
const char *py_gpu_runtime(void);

/* ---- buffers ---- */

/* A buffer of at least `size` bytes, for one owner. UNSUPPORTED without a GPU, UNAVAILABLE without memory. */
TRITONSERVER_Error *py_gpu_take(py_gpu *gpu, int64_t device, uint64_t size, py_gpu_buffer **buffer);
void *py_gpu_address(const py_gpu_buffer *buffer);

/* One owner less; NULL is none. */
void py_gpu_give(py_gpu_buffer *buffer);

/* How a worker gets to a tensor in GPU memory. */
typedef struct {
  uint32_t place;
  int64_t device;
  uint64_t offset;
  tb_cuda_handle handle;
  bool shown; /* false: it goes by way of the CPU, and the rest means nothing */
} py_gpu_place;

/* ---- loans ---- */

typedef struct py_loan py_loan;

/* One more owner of the buffer. *loan is NULL at first; false without memory. With `place`, that says where in the
 * loan it is. */
bool py_loan_add(py_loan **loan, py_gpu_buffer *buffer, py_gpu_place *place);

/* The loan is under way: its number, 0 of NULL. */
uint64_t py_loan_open(py_gpu *gpu, py_loan *loan);

/* Gives its buffers back: one that was opened, or that was not. */
void py_loan_return(py_gpu *gpu, uint64_t number);
void py_loan_drop(py_loan *loan);

/* ---- to the worker ---- */

/* Where a worker finds an input. It is not shown where it is not in GPU memory, is of strings, or can't be
 * shown. Where it is its request's own memory, *lent becomes true; with `lends` that may be. */
TRITONSERVER_Error *py_gpu_show(py_gpu *gpu, const tb_input *input, bool lends, py_loan **loan, bool *lent,
                                py_gpu_place *place);

/* The same of a buffer. */
void py_gpu_show_buffer(const py_gpu_buffer *buffer, py_gpu_place *place);

/* What follows a tensor's dimensions. */
void py_gpu_put(py_writer *to, const py_gpu_place *place, uint64_t size);

/* ---- from the worker ---- */

/* A tensor's memory as a worker shows it. */
typedef struct {
  const void *data;
  TRITONSERVER_MemoryType type;
  TRITONSERVER_MemoryType home; /* where the model has it: a short one comes by way of the CPU */
  int64_t device;
  uint64_t size;
  void *opened; /* the allocation, where it was opened by a handle */
} py_shown;

/* Reads what follows a tensor's dimensions, all of it, also where it can't be opened. NULL data with a broken
 * reader where it makes no sense. */
TRITONSERVER_Error *py_shown_open(py_gpu *gpu, const py_channel *channel, py_reader *reader, py_shown *shown);
void py_shown_close(py_shown *shown);

#endif
