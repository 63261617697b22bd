# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model instances: building, executing a batch."""

from libc.stdint cimport uint32_t

from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.core.objects cimport Instance, Model, Request, Worker
from triton_py.core.statistics cimport CloseReason

# With the GIL; owns copies of its arguments.
cdef Instance* instance_new(
    Model* model, str name, int kind, int device_id, str host_policy, dict settings,
    list profiles, bint passive, list secondary_devices
) except NULL
cdef void instance_free(Instance* instance) noexcept nogil
# Runs the `count` requests in worker.batch, which are PENDING, on the instance.
cdef void instance_execute(
    Instance* instance, Worker* worker, uint32_t count, CloseReason reason
) noexcept nogil
