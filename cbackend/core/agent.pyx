# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repository agents (see agent.pxd), and TRITONREPOAGENT_State and SetState."""

import os

from libc.stdlib cimport calloc, free
from posix.dlfcn cimport dlclose, dlsym

from triton_py.abi.types cimport (
    TRITONREPOAGENT_Agent,
    TRITONREPOAGENT_Finalize_t,
    TRITONREPOAGENT_Initialize_t,
    TRITONREPOAGENT_ModelAction_t,
    TRITONREPOAGENT_ModelFinalize_t,
    TRITONREPOAGENT_ModelInitialize_t,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_Error,
)
from triton_py.core.counters cimport LIVE_AGENT, live
from triton_py.core.error cimport check, error_free, error_new, error_null
from triton_py.core.library cimport library_open
from triton_py.core.text cimport Text, text_add, text_copy, text_init, text_str

from triton_py.errors import InvalidArgumentError, NotFoundError


cdef void _free(Agent* agent) noexcept:
    agent.magic = 0
    if agent.library != NULL:
        dlclose(agent.library)
    free(agent.name)
    free(agent)
    live(LIVE_AGENT, -1)


cdef int _symbols(Agent* agent, str library) except -1:
    cdef void* handle = agent.library
    agent.initialize = <TRITONREPOAGENT_Initialize_t>dlsym(handle, b"TRITONREPOAGENT_Initialize")
    agent.finalize = <TRITONREPOAGENT_Finalize_t>dlsym(handle, b"TRITONREPOAGENT_Finalize")
    agent.model_initialize = <TRITONREPOAGENT_ModelInitialize_t>dlsym(
        handle, b"TRITONREPOAGENT_ModelInitialize")
    agent.model_finalize = <TRITONREPOAGENT_ModelFinalize_t>dlsym(
        handle, b"TRITONREPOAGENT_ModelFinalize")
    agent.model_action = <TRITONREPOAGENT_ModelAction_t>dlsym(
        handle, b"TRITONREPOAGENT_ModelAction")
    if agent.model_action == NULL:
        raise InvalidArgumentError(
            f"unable to find required entrypoint 'TRITONREPOAGENT_ModelAction' in shared library "
            f"'{library}': it is not a repository agent, or its symbols are hidden"
        )
    return 0


cdef Agent* agent_open(str name, str library) except NULL:
    cdef Agent* agent
    cdef TRITONSERVER_Error* error = NULL
    if not os.path.exists(library):
        raise NotFoundError(f"unable to load shared library '{library}': there is no such file")
    agent = <Agent*>calloc(1, sizeof(Agent))
    if agent == NULL:
        raise MemoryError("out of memory for a repository agent")
    agent.magic = AGENT_MAGIC
    live(LIVE_AGENT, 1)
    try:
        agent.name = text_copy(name)
        agent.library = library_open(library, "shared library")
        _symbols(agent, library)
        if agent.initialize != NULL:
            with nogil:
                error = agent.initialize(<TRITONREPOAGENT_Agent*>agent)
                if error != NULL and agent.state != NULL and agent.finalize != NULL:
                    # A state that was set before the failure is for Finalize to free.
                    error_free(agent.finalize(<TRITONREPOAGENT_Agent*>agent))
            check(error)
    except BaseException:
        _free(agent)
        raise
    return agent


cdef int agent_close(Agent* agent) except -1:
    cdef TRITONSERVER_Error* error = NULL
    if agent.finalize != NULL:
        with nogil:
            error = agent.finalize(<TRITONREPOAGENT_Agent*>agent)
    _free(agent)
    check(error)
    return 0


cdef Agent* agent_of(
    const char* function, TRITONREPOAGENT_Agent* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Text text
    if handle == NULL:
        error[0] = error_null(function, b"agent")
        return NULL
    if (<Agent*>handle).magic != AGENT_MAGIC:
        text_init(&text)
        text_add(&text, function)
        text_add(&text, b": not a live repository agent")
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
        return NULL
    error[0] = NULL
    return <Agent*>handle


cdef public TRITONSERVER_Error* TRITONREPOAGENT_State(
    TRITONREPOAGENT_Agent* agent, void** state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Agent* a = agent_of(b"TRITONREPOAGENT_State", agent, &error)
    if a == NULL:
        return error
    if state == NULL:
        return error_null(b"TRITONREPOAGENT_State", b"state")
    state[0] = a.state
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_SetState(
    TRITONREPOAGENT_Agent* agent, void* state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Agent* a = agent_of(b"TRITONREPOAGENT_SetState", agent, &error)
    if a == NULL:
        return error
    a.state = state
    return NULL
