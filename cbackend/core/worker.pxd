# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Worker threads: each initialises, runs and finalises the instances it was given.

All calls into a backend for an instance come from that instance's one thread, so a backend may
keep thread-bound things (a CUDA context, an interpreter).
"""

from libc.stdint cimport uint32_t

from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.core.objects cimport Instance, Model, Worker

# A running thread that waits for commands; NULL: no thread or no memory.
cdef Worker* worker_new(Model* model) noexcept nogil
# Runs TRITONBACKEND_ModelInstanceInitialize on the worker's thread and waits for it. On success
# the instance is the worker's; on error it stays the caller's, and so does the error.
cdef TRITONSERVER_Error* worker_adopt(Worker* worker, Instance* instance) noexcept nogil
# Executes the first `count` requests of the worker's batch on that instance, on the worker's
# thread, and waits for Execute to return. Before the worker runs.
cdef void worker_warm(Worker* worker, Instance* instance, uint32_t count) noexcept nogil
# Starts pulling batches.
cdef void worker_run(Worker* worker) noexcept nogil
# Tells a worker of a model that serves to take no more; at once. Sequences that are in its slots go
# on until they end.
cdef void worker_leave(Worker* worker) noexcept nogil
# Waits until a worker that was told to leave pulls no more, and none of its instances has a request
# or is asked whether it is ready.
cdef void worker_wait(Worker* worker) noexcept nogil
# Finalises the instances in reverse order, ends the thread, frees all. The queue must be closing,
# or the worker have been waited for.
# Returns the first error of a ModelInstanceFinalize, owned by the caller, or NULL.
cdef TRITONSERVER_Error* worker_end(Worker* worker) noexcept nogil
