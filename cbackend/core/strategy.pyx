# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Batching strategies (see strategy.pxd)."""

from libc.stdlib cimport calloc, free
from libcpp cimport bool as cbool
from posix.dlfcn cimport dlclose, dlsym

from triton_py.abi.types cimport *
from triton_py.core.error cimport check, error_free, error_message
from triton_py.core.library cimport library_open
from triton_py.core.log cimport log_write

from triton_py.errors import InvalidArgumentError

_NAMES = (
    "TRITONBACKEND_ModelBatcherInitialize", "TRITONBACKEND_ModelBatcherFinalize",
    "TRITONBACKEND_ModelBatchInitialize", "TRITONBACKEND_ModelBatchIncludeRequest",
    "TRITONBACKEND_ModelBatchFinalize",
)


cdef int _symbols(Strategy* strategy, str path) except -1:
    strategy.initialize = <TRITONBACKEND_ModelBatcherInitialize_t>dlsym(
        strategy.library, b"TRITONBACKEND_ModelBatcherInitialize")
    strategy.finalize = <TRITONBACKEND_ModelBatcherFinalize_t>dlsym(
        strategy.library, b"TRITONBACKEND_ModelBatcherFinalize")
    strategy.begin = <TRITONBACKEND_ModelBatchInitialize_t>dlsym(
        strategy.library, b"TRITONBACKEND_ModelBatchInitialize")
    strategy.joins = <TRITONBACKEND_ModelBatchIncludeRequest_t>dlsym(
        strategy.library, b"TRITONBACKEND_ModelBatchIncludeRequest")
    strategy.end = <TRITONBACKEND_ModelBatchFinalize_t>dlsym(
        strategy.library, b"TRITONBACKEND_ModelBatchFinalize")
    there = (strategy.initialize != NULL, strategy.finalize != NULL, strategy.begin != NULL,
             strategy.joins != NULL, strategy.end != NULL)
    missing = [name for name, found in zip(_NAMES, there) if not found]
    if missing:
        raise InvalidArgumentError(
            f"batching library '{path}' must define all five functions of a batching strategy; "
            f"it lacks {', '.join(missing)}"
        )
    return 0


cdef Strategy* strategy_open(str path, TRITONBACKEND_Model* model) except NULL:
    cdef Strategy* strategy = <Strategy*>calloc(1, sizeof(Strategy))
    cdef TRITONSERVER_Error* error
    if strategy == NULL:
        raise MemoryError("out of memory for a batching strategy")
    try:
        strategy.library = library_open(path, "batching library")
        _symbols(strategy, path)
        with nogil:
            error = strategy.initialize(&strategy.batcher, model)
        check(error)
    except BaseException:
        if strategy.library != NULL:
            dlclose(strategy.library)
        free(strategy)
        raise
    return strategy


cdef void _log(TRITONSERVER_Error* error) noexcept nogil:
    if error != NULL:
        log_write(TRITONSERVER_LOG_ERROR, b"strategy", 0, error_message(error))
        error_free(error)


cdef void strategy_close(Strategy* strategy) noexcept nogil:
    _log(strategy.finalize(strategy.batcher))
    dlclose(strategy.library)
    free(strategy)


cdef void strategy_begin(Strategy* strategy, void** userp) noexcept nogil:
    userp[0] = NULL
    _log(strategy.begin(strategy.batcher, userp))


cdef bint strategy_include(
    Strategy* strategy, TRITONBACKEND_Request* request, void* userp
) noexcept nogil:
    cdef cbool included = False
    _log(strategy.joins(request, userp, &included))
    return included


cdef void strategy_end(Strategy* strategy, void* userp) noexcept nogil:
    _log(strategy.end(userp))
