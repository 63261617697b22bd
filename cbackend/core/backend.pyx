# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backend libraries (see backend.pxd) and TRITONBACKEND_Backend*."""

import os

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp cimport bool as cbool
from libcpp.vector cimport vector
from posix.dlfcn cimport dlclose, dlsym

from triton_py.abi.types cimport *
from triton_py.core.counters cimport LIVE_BACKEND, live
from triton_py.core.error cimport check, error_free, error_new, error_null
from triton_py.core.library cimport library_open
from triton_py.core.memory cimport memory_manager
from triton_py.core.message cimport message_free, message_new
from triton_py.core.objects cimport BACKEND_MAGIC, Backend
from triton_py.core.text cimport text_copy

from triton_py.errors import InvalidArgumentError, NotFoundError


cdef void _free(Backend* backend) noexcept:
    backend.magic = 0
    message_free(backend.config)
    if backend.library != NULL:
        dlclose(backend.library)
    free(backend.name)
    free(backend.directory)
    free(backend)
    live(LIVE_BACKEND, -1)


cdef int _symbols(Backend* backend, str library) except -1:
    cdef void* handle = backend.library
    backend.initialize = <TRITONBACKEND_Initialize_t>dlsym(handle, b"TRITONBACKEND_Initialize")
    backend.finalize = <TRITONBACKEND_Finalize_t>dlsym(handle, b"TRITONBACKEND_Finalize")
    backend.get_attribute = <TRITONBACKEND_GetBackendAttribute_t>dlsym(
        handle, b"TRITONBACKEND_GetBackendAttribute")
    backend.model_initialize = <TRITONBACKEND_ModelInitialize_t>dlsym(
        handle, b"TRITONBACKEND_ModelInitialize")
    backend.model_finalize = <TRITONBACKEND_ModelFinalize_t>dlsym(
        handle, b"TRITONBACKEND_ModelFinalize")
    backend.instance_initialize = <TRITONBACKEND_ModelInstanceInitialize_t>dlsym(
        handle, b"TRITONBACKEND_ModelInstanceInitialize")
    backend.instance_finalize = <TRITONBACKEND_ModelInstanceFinalize_t>dlsym(
        handle, b"TRITONBACKEND_ModelInstanceFinalize")
    backend.instance_ready = <TRITONBACKEND_ModelInstanceReady_t>dlsym(
        handle, b"TRITONBACKEND_ModelInstanceReady")
    backend.execute = <TRITONBACKEND_ModelInstanceExecute_t>dlsym(
        handle, b"TRITONBACKEND_ModelInstanceExecute")
    if backend.execute == NULL:
        raise InvalidArgumentError(
            f"unable to find required entrypoint 'TRITONBACKEND_ModelInstanceExecute' in shared "
            f"library '{library}': it is not a Triton backend, or its symbols are hidden"
        )
    return 0


cdef Backend* backend_open(str name, str library, str directory, str config) except NULL:
    cdef Backend* backend
    cdef bytes text = config.encode()
    cdef const char* text_ptr = text
    cdef TRITONSERVER_Error* error = NULL
    if not os.path.exists(library):
        raise NotFoundError(f"unable to load shared library '{library}': there is no such file")
    backend = <Backend*>calloc(1, sizeof(Backend))
    if backend == NULL:
        raise MemoryError("out of memory for a backend")
    backend.magic = BACKEND_MAGIC
    live(LIVE_BACKEND, 1)
    try:
        backend.name = text_copy(name)
        backend.directory = text_copy(directory)
        check(message_new(&backend.config, text_ptr, len(text)))
        backend.library = library_open(library, "shared library")
        _symbols(backend, library)
        if backend.initialize != NULL:
            with nogil:
                error = backend.initialize(<TRITONBACKEND_Backend*>backend)
                if error != NULL and backend.state != NULL and backend.finalize != NULL:
                    # As with a model: a state that was set is for Finalize to free.
                    error_free(backend.finalize(<TRITONBACKEND_Backend*>backend))
            check(error)
    except BaseException:
        _free(backend)
        raise
    return backend


cdef int backend_close(Backend* backend) except -1:
    cdef TRITONSERVER_Error* error = NULL
    if backend.finalize != NULL:
        with nogil:
            error = backend.finalize(<TRITONBACKEND_Backend*>backend)
    _free(backend)
    check(error)
    return 0


# --- attributes ----------------------------------------------------------------------------


cdef struct Group:
    TRITONSERVER_InstanceGroupKind kind
    uint64_t count
    vector[int64_t]* devices

cdef struct Attributes:
    vector[Group]* groups
    cbool parallel


cdef tuple backend_attributes(Backend* backend):
    cdef Attributes attributes
    cdef TRITONSERVER_Error* error = NULL
    cdef size_t i, j
    if backend.get_attribute == NULL:
        return [], False
    attributes.groups = new vector[Group]()
    attributes.parallel = False
    try:
        with nogil:
            error = backend.get_attribute(
                <TRITONBACKEND_Backend*>backend, <TRITONBACKEND_BackendAttribute*>&attributes)
        check(error)
        groups = []
        for i in range(attributes.groups.size()):
            devices = [
                attributes.groups.at(i).devices.at(j)
                for j in range(attributes.groups.at(i).devices.size())
            ]
            groups.append((<int>attributes.groups.at(i).kind, attributes.groups.at(i).count,
                           devices))
        return groups, True if attributes.parallel else False
    finally:
        for i in range(attributes.groups.size()):
            del attributes.groups.at(i).devices
        del attributes.groups


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup(
    TRITONBACKEND_BackendAttribute* backend_attributes, const TRITONSERVER_InstanceGroupKind kind,
    const uint64_t count, const uint64_t* device_ids, const uint64_t id_count
) noexcept nogil:
    cdef Attributes* attributes = <Attributes*>backend_attributes
    cdef Group group
    cdef uint64_t i
    if attributes == NULL or (device_ids == NULL and id_count):
        return error_null(b"TRITONBACKEND_BackendAttributeAddPreferredInstanceGroup",
                          b"backend_attributes and device_ids")
    group.kind = kind
    group.count = count
    group.devices = new vector[int64_t]()
    for i in range(id_count):
        group.devices.push_back(<int64_t>device_ids[i])
    attributes.groups.push_back(group)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading(
    TRITONBACKEND_BackendAttribute* backend_attributes, cbool enabled
) noexcept nogil:
    if backend_attributes == NULL:
        return error_null(b"TRITONBACKEND_BackendAttributeSetParallelModelInstanceLoading",
                          b"backend_attributes")
    (<Attributes*>backend_attributes).parallel = enabled
    return NULL


# --- TRITONBACKEND_Backend* ----------------------------------------------------------------


cdef Backend* _backend(
    const char* function, TRITONBACKEND_Backend* handle, const void* out,
    TRITONSERVER_Error** error
) noexcept nogil:
    if handle == NULL or out == NULL:
        error[0] = error_null(function, b"backend and every out parameter")
        return NULL
    if (<Backend*>handle).magic != BACKEND_MAGIC:
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, b"not a live backend")
        return NULL
    error[0] = NULL
    return <Backend*>handle


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendName(
    TRITONBACKEND_Backend* backend, const char** name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendName", backend, name, &error)
    if b == NULL:
        return error
    name[0] = b.name
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendConfig(
    TRITONBACKEND_Backend* backend, TRITONSERVER_Message** backend_config
) noexcept nogil:
    """The message is the backend's own copy of the handle, borrowed: it lives until Finalize."""
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendConfig", backend, backend_config, &error)
    if b == NULL:
        return error
    backend_config[0] = b.config
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendExecutionPolicy(
    TRITONBACKEND_Backend* backend, TRITONBACKEND_ExecutionPolicy* policy
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendExecutionPolicy", backend, policy, &error)
    if b == NULL:
        return error
    policy[0] = b.policy
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendSetExecutionPolicy(
    TRITONBACKEND_Backend* backend, TRITONBACKEND_ExecutionPolicy policy
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(
        b"TRITONBACKEND_BackendSetExecutionPolicy", backend, backend, &error)
    if b == NULL:
        return error
    if (policy != TRITONBACKEND_EXECUTION_BLOCKING
            and policy != TRITONBACKEND_EXECUTION_DEVICE_BLOCKING):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_BackendSetExecutionPolicy: unknown execution policy")
    b.policy = policy
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendArtifacts(
    TRITONBACKEND_Backend* backend, TRITONBACKEND_ArtifactType* artifact_type,
    const char** location
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendArtifacts", backend, location, &error)
    if b == NULL:
        return error
    if artifact_type == NULL:
        return error_null(b"TRITONBACKEND_BackendArtifacts", b"artifact_type")
    artifact_type[0] = TRITONBACKEND_ARTIFACT_FILESYSTEM
    location[0] = b.directory
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendMemoryManager(
    TRITONBACKEND_Backend* backend, TRITONBACKEND_MemoryManager** manager
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendMemoryManager", backend, manager, &error)
    if b == NULL:
        return error
    manager[0] = memory_manager()
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendState(
    TRITONBACKEND_Backend* backend, void** state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendState", backend, state, &error)
    if b == NULL:
        return error
    state[0] = b.state
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_BackendSetState(
    TRITONBACKEND_Backend* backend, void* state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Backend* b = _backend(b"TRITONBACKEND_BackendSetState", backend, backend, &error)
    if b == NULL:
        return error
    b.state = state
    return NULL
