# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A batching strategy: a library with rules of its own for which requests form a batch.

It implements TRITONBACKEND_ModelBatcher* and TRITONBACKEND_ModelBatch*, all five.
"""

from triton_py.abi.types cimport (
    TRITONBACKEND_Batcher,
    TRITONBACKEND_Model,
    TRITONBACKEND_ModelBatcherFinalize_t,
    TRITONBACKEND_ModelBatcherInitialize_t,
    TRITONBACKEND_ModelBatchFinalize_t,
    TRITONBACKEND_ModelBatchIncludeRequest_t,
    TRITONBACKEND_ModelBatchInitialize_t,
    TRITONBACKEND_Request,
)

cdef struct Strategy:
    void* library              # dlopen's handle
    TRITONBACKEND_Batcher* batcher  # the library's own
    TRITONBACKEND_ModelBatcherInitialize_t initialize
    TRITONBACKEND_ModelBatcherFinalize_t finalize
    TRITONBACKEND_ModelBatchInitialize_t begin
    TRITONBACKEND_ModelBatchIncludeRequest_t joins
    TRITONBACKEND_ModelBatchFinalize_t end

# With the GIL: loads the library and runs TRITONBACKEND_ModelBatcherInitialize. Raises where it
# can't be loaded, has none or only some of the functions, or refuses the model.
cdef Strategy* strategy_open(str path, TRITONBACKEND_Model* model) except NULL
# TRITONBACKEND_ModelBatcherFinalize, and the library goes.
cdef void strategy_close(Strategy* strategy) noexcept nogil
# The next three need the queue's mutex. `userp` is the library's for one batch.
cdef void strategy_begin(Strategy* strategy, void** userp) noexcept nogil
cdef bint strategy_include(
    Strategy* strategy, TRITONBACKEND_Request* request, void* userp
) noexcept nogil
cdef void strategy_end(Strategy* strategy, void* userp) noexcept nogil
