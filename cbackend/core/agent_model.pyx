# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A model in the hands of an agent (see agent_model.pxd), and TRITONREPOAGENT_Model*."""

import os
import shutil
import tempfile

from libc.stdint cimport uint32_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport strcmp, strdup, strlen

from triton_py.abi.types cimport (
    TRITONREPOAGENT_ACTION_LOAD,
    TRITONREPOAGENT_ARTIFACT_FILESYSTEM,
    TRITONREPOAGENT_ARTIFACT_REMOTE_FILESYSTEM,
    TRITONREPOAGENT_ActionType,
    TRITONREPOAGENT_Agent,
    TRITONREPOAGENT_AgentModel,
    TRITONREPOAGENT_ArtifactType,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_Error,
    TRITONSERVER_Message,
)
from triton_py.core.agent cimport Agent, agent_of
from triton_py.core.counters cimport LIVE_AGENT_LOCATION, LIVE_AGENT_MODEL, live
from triton_py.core.error cimport error_from_exception, error_new, error_null
from triton_py.core.message cimport message_new
from triton_py.core.text cimport Text, text_add, text_copy, text_init, text_str, text_uint

from triton_py.errors import InternalError


# --- life ------------------------------------------------------------------------------------


cdef void _free(AgentModel* model) noexcept:
    cdef uint32_t i
    model.magic = 0
    for i in range(model.former_count):
        free(model.former[i])
    for i in range(model.parameter_count):
        free(model.names[i])
        free(model.values[i])
    free(model.former)
    free(model.names)
    free(model.values)
    free(model.location)
    free(model.config)
    free(model.acquired)
    free(model)
    live(LIVE_AGENT_MODEL, -1)


cdef AgentModel* agent_model_new(
    Agent* agent, int artifact_type, str location, str config, list parameters
) except NULL:
    cdef AgentModel* model = <AgentModel*>calloc(1, sizeof(AgentModel))
    if model == NULL:
        raise MemoryError("out of memory for a repository agent's model")
    model.magic = AGENT_MODEL_MAGIC
    model.agent = agent
    model.type = <TRITONREPOAGENT_ArtifactType>artifact_type
    live(LIVE_AGENT_MODEL, 1)
    try:
        model.location = text_copy(location)
        if config is not None:
            model.config = text_copy(config)
        model.names = <char**>calloc(len(parameters) + 1, sizeof(char*))
        model.values = <char**>calloc(len(parameters) + 1, sizeof(char*))
        if model.names == NULL or model.values == NULL:
            raise MemoryError("out of memory for the parameters of a repository agent")
        for name, value in parameters:
            model.parameter_count += 1  # first: _free passes over a null pointer
            model.names[model.parameter_count - 1] = text_copy(name)
            model.values[model.parameter_count - 1] = text_copy(value)
    except BaseException:
        _free(model)
        raise
    return model


cdef TRITONSERVER_Error* agent_model_initialize(AgentModel* model) noexcept nogil:
    if model.agent.model_initialize == NULL:
        return NULL
    return model.agent.model_initialize(
        <TRITONREPOAGENT_Agent*>model.agent, <TRITONREPOAGENT_AgentModel*>model)


cdef TRITONSERVER_Error* agent_model_action(
    AgentModel* model, TRITONREPOAGENT_ActionType action
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    model.loading = action == TRITONREPOAGENT_ACTION_LOAD
    error = model.agent.model_action(
        <TRITONREPOAGENT_Agent*>model.agent, <TRITONREPOAGENT_AgentModel*>model, action)
    model.loading = False
    return error


cdef TRITONSERVER_Error* agent_model_finalize(AgentModel* model) noexcept nogil:
    if model.agent.model_finalize == NULL:
        return NULL
    return model.agent.model_finalize(
        <TRITONREPOAGENT_Agent*>model.agent, <TRITONREPOAGENT_AgentModel*>model)


cdef TRITONSERVER_Error* agent_model_free(AgentModel* model) noexcept:
    cdef TRITONSERVER_Error* error = NULL
    if model.acquired != NULL:
        error = _remove_acquired(model)
        if error != NULL:
            live(LIVE_AGENT_LOCATION, -1)  # the server gives the folder up, and says so
    _free(model)
    return error


# --- the acquired location -------------------------------------------------------------------


cdef TRITONSERVER_Error* _acquire(AgentModel* model) noexcept with gil:
    try:
        try:
            path = tempfile.mkdtemp(prefix="triton-py-agent-")
        except OSError as problem:
            raise InternalError(
                f"can't make a temporary folder for a model: {problem.strerror}"
            ) from problem
        try:
            model.acquired = text_copy(path)
        except BaseException:
            os.rmdir(path)
            raise
    except BaseException as problem:
        return error_from_exception(problem)
    live(LIVE_AGENT_LOCATION, 1)
    return NULL


cdef TRITONSERVER_Error* _remove_acquired(AgentModel* model) noexcept with gil:
    try:
        path = model.acquired.decode("utf-8", "surrogateescape")
        # The agent may have removed it itself.
        if os.path.lexists(path):
            try:
                shutil.rmtree(path)
            except OSError as problem:
                raise InternalError(
                    f"can't remove the acquired location '{path}': '{problem.filename}': "
                    f"{problem.strerror}"
                ) from problem
    except BaseException as problem:
        return error_from_exception(problem)
    free(model.acquired)
    model.acquired = NULL
    live(LIVE_AGENT_LOCATION, -1)
    return NULL


# --- TRITONREPOAGENT_Model* ------------------------------------------------------------------


cdef AgentModel* _model(
    const char* function, TRITONREPOAGENT_AgentModel* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Text text
    if handle == NULL:
        error[0] = error_null(function, b"model")
        return NULL
    if (<AgentModel*>handle).magic != AGENT_MODEL_MAGIC:
        text_init(&text)
        text_add(&text, function)
        text_add(&text, b": not a live model of a repository agent")
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
        return NULL
    error[0] = NULL
    return <AgentModel*>handle


cdef AgentModel* _pair(
    const char* function, TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* handle,
    TRITONSERVER_Error** error
) noexcept nogil:
    """The model of a call that has both handles, which must belong together."""
    cdef AgentModel* model
    cdef Agent* a = agent_of(function, agent, error)
    cdef Text text
    if a == NULL:
        return NULL
    model = _model(function, handle, error)
    if model != NULL and model.agent != a:
        text_init(&text)
        text_add(&text, function)
        text_add(&text, b": the model is not one of repository agent '")
        text_add(&text, a.name)
        text_add(&text, b"'")
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
        return NULL
    return model


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryLocation(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model,
    TRITONREPOAGENT_ArtifactType* artifact_type, const char** location
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(b"TRITONREPOAGENT_ModelRepositoryLocation", agent, model, &error)
    if m == NULL:
        return error
    if artifact_type == NULL or location == NULL:
        return error_null(b"TRITONREPOAGENT_ModelRepositoryLocation",
                          b"artifact_type and location")
    artifact_type[0] = m.type
    location[0] = m.location
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryLocationAcquire(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model,
    const TRITONREPOAGENT_ArtifactType artifact_type, const char** location
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(
        b"TRITONREPOAGENT_ModelRepositoryLocationAcquire", agent, model, &error)
    if m == NULL:
        return error
    if location == NULL:
        return error_null(b"TRITONREPOAGENT_ModelRepositoryLocationAcquire", b"location")
    if artifact_type != TRITONREPOAGENT_ARTIFACT_FILESYSTEM:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"a location can be acquired in the local file system only "
                         b"(TRITONREPOAGENT_ARTIFACT_FILESYSTEM)")
    if m.acquired == NULL:
        error = _acquire(m)
        if error != NULL:
            return error
    location[0] = m.acquired
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryLocationRelease(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model, const char* location
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(
        b"TRITONREPOAGENT_ModelRepositoryLocationRelease", agent, model, &error)
    cdef Text text
    if m == NULL:
        return error
    if location == NULL:
        return error_null(b"TRITONREPOAGENT_ModelRepositoryLocationRelease", b"location")
    if m.acquired == NULL:
        return error_new(TRITONSERVER_ERROR_UNAVAILABLE,
                         b"no location has been acquired for this model, or it has been released")
    if strcmp(location, m.acquired) != 0:
        text_init(&text)
        text_add(&text, b"'")
        text_add(&text, location)
        text_add(&text, b"' is not the location that was acquired for this model, which is '")
        text_add(&text, m.acquired)
        text_add(&text, b"'")
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    return _remove_acquired(m)


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelRepositoryUpdate(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model,
    const TRITONREPOAGENT_ArtifactType artifact_type, const char* location
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(b"TRITONREPOAGENT_ModelRepositoryUpdate", agent, model, &error)
    cdef char* copy
    cdef void* fresh
    if m == NULL:
        return error
    if location == NULL:
        return error_null(b"TRITONREPOAGENT_ModelRepositoryUpdate", b"location")
    if (artifact_type != TRITONREPOAGENT_ARTIFACT_FILESYSTEM
            and artifact_type != TRITONREPOAGENT_ARTIFACT_REMOTE_FILESYSTEM):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONREPOAGENT_ModelRepositoryUpdate: unknown artifact type")
    if location[0] == 0:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONREPOAGENT_ModelRepositoryUpdate: the location must not be empty")
    if not m.loading:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"the location of a model can be updated during "
                         b"TRITONREPOAGENT_ACTION_LOAD only")
    copy = strdup(location)
    fresh = realloc(m.former, sizeof(char*) * (m.former_count + 1))
    if fresh != NULL:
        m.former = <char**>fresh
    if copy == NULL or fresh == NULL:
        free(copy)
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for the location of a model")
    m.former[m.former_count] = m.location
    m.former_count += 1
    m.location = copy
    m.type = artifact_type
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelParameterCount(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(b"TRITONREPOAGENT_ModelParameterCount", agent, model, &error)
    if m == NULL:
        return error
    if count == NULL:
        return error_null(b"TRITONREPOAGENT_ModelParameterCount", b"count")
    count[0] = m.parameter_count
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelParameter(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model, const uint32_t index,
    const char** parameter_name, const char** parameter_value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(b"TRITONREPOAGENT_ModelParameter", agent, model, &error)
    cdef Text text
    if m == NULL:
        return error
    if parameter_name == NULL or parameter_value == NULL:
        return error_null(b"TRITONREPOAGENT_ModelParameter",
                          b"parameter_name and parameter_value")
    if index >= m.parameter_count:
        text_init(&text)
        text_add(&text, b"index out of range for model parameters: ")
        text_uint(&text, index)
        text_add(&text, b" of ")
        text_uint(&text, m.parameter_count)
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    parameter_name[0] = m.names[index]
    parameter_value[0] = m.values[index]
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelConfig(
    TRITONREPOAGENT_Agent* agent, TRITONREPOAGENT_AgentModel* model, const uint32_t config_version,
    TRITONSERVER_Message** model_config
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _pair(b"TRITONREPOAGENT_ModelConfig", agent, model, &error)
    if m == NULL:
        return error
    if model_config == NULL:
        return error_null(b"TRITONREPOAGENT_ModelConfig", b"model_config")
    if config_version != 1:
        return error_new(TRITONSERVER_ERROR_UNSUPPORTED,
                         b"model configuration version is not supported: supported versions: 1")
    if m.config == NULL:
        model_config[0] = NULL
        return NULL
    return message_new(model_config, m.config, strlen(m.config))


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelState(
    TRITONREPOAGENT_AgentModel* model, void** state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _model(b"TRITONREPOAGENT_ModelState", model, &error)
    if m == NULL:
        return error
    if state == NULL:
        return error_null(b"TRITONREPOAGENT_ModelState", b"state")
    state[0] = m.state
    return NULL


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ModelSetState(
    TRITONREPOAGENT_AgentModel* model, void* state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef AgentModel* m = _model(b"TRITONREPOAGENT_ModelSetState", model, &error)
    if m == NULL:
        return error
    m.state = state
    return NULL
