# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python handles of repository agents and their models (see agent_host.pxd).

Each method that runs an agent's code releases the GIL.
"""

from triton_py.abi.types cimport TRITONREPOAGENT_ActionType, TRITONSERVER_Error
from triton_py.core.agent cimport Agent, agent_close, agent_open
from triton_py.core.agent_model cimport (
    AgentModel,
    agent_model_action,
    agent_model_finalize,
    agent_model_free,
    agent_model_initialize,
    agent_model_new,
)
from triton_py.core.error cimport check, error_free, error_message

from triton_py.core import log

_LOG_ERROR = 2


cdef class AgentHandle:
    """An initialised agent; ``close`` ends it."""

    cdef int _check_open(self) except -1:
        if self.agent == NULL:
            raise RuntimeError(f"repository agent '{self.name}' is closed")
        return 0

    def close(self) -> None:
        """TRITONREPOAGENT_Finalize and dlclose; what Finalize returned is raised after both."""
        cdef Agent* agent = self.agent
        if agent != NULL:
            self.agent = NULL
            agent_close(agent)


cdef class AgentModelHandle:
    """A model in the hands of an agent, from TRITONREPOAGENT_ModelInitialize to ``close``."""

    cdef int _check_open(self) except -1:
        if self.model == NULL:
            raise RuntimeError("the model of a repository agent is closed")
        return 0

    @property
    def location(self) -> tuple:
        """(TRITONREPOAGENT_ArtifactType, path or address): where the agent left the model."""
        self._check_open()
        return <int>self.model.type, self.model.location.decode("utf-8", "surrogateescape")

    def action(self, int action) -> None:
        """TRITONREPOAGENT_ModelAction; raises what the agent returns. One at a time."""
        cdef TRITONSERVER_Error* error
        self._check_open()
        with nogil:
            error = agent_model_action(self.model, <TRITONREPOAGENT_ActionType>action)
        check(error)

    def close(self) -> None:
        """TRITONREPOAGENT_ModelFinalize, then the acquired folder goes.

        What Finalize returned is raised after both; a folder that can't be removed is logged.
        """
        cdef AgentModel* model = self.model
        cdef TRITONSERVER_Error* error
        if model == NULL:
            return
        self.model = NULL
        with nogil:
            error = agent_model_finalize(model)
        _free(model)
        self.agent = None
        check(error)


cdef int _free(AgentModel* model) except -1:
    cdef TRITONSERVER_Error* error = agent_model_free(model)
    if error != NULL:
        message = error_message(error).decode("utf-8", "replace")
        error_free(error)
        log.log(_LOG_ERROR, message, "control")
    return 0


def load_agent(str name, str library) -> AgentHandle:
    """dlopen and TRITONREPOAGENT_Initialize."""
    cdef AgentHandle handle = AgentHandle.__new__(AgentHandle)
    handle.name = name
    handle.library = library
    handle.agent = agent_open(name, library)
    return handle


def create_agent_model(
    AgentHandle agent, int artifact_type, str location, str config_json, list parameters
) -> AgentModelHandle:
    """TRITONREPOAGENT_ModelInitialize; ``config_json`` may be None."""
    cdef AgentModelHandle handle = AgentModelHandle.__new__(AgentModelHandle)
    cdef TRITONSERVER_Error* error
    cdef AgentModel* model
    agent._check_open()
    model = agent_model_new(agent.agent, artifact_type, location, config_json, parameters)
    with nogil:
        error = agent_model_initialize(model)
        if error != NULL and model.state != NULL:
            # A state that was set before the failure is for ModelFinalize to free.
            error_free(agent_model_finalize(model))
    if error != NULL:
        _free(model)
        check(error)
    handle.agent = agent
    handle.model = model
    return handle
