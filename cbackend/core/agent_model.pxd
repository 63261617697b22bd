# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One model in the hands of one repository agent, for one load of it.

It lives from TRITONREPOAGENT_ModelInitialize to TRITONREPOAGENT_ModelFinalize. Which action follows
which is the control plane's business (triton_py/control/agent_chain.py), which makes them one at a
time; here is what the agent can ask and set in between.
"""

from libc.stdint cimport uint32_t, uint64_t

from triton_py.abi.types cimport (
    TRITONREPOAGENT_ActionType,
    TRITONREPOAGENT_ArtifactType,
    TRITONSERVER_Error,
)
from triton_py.core.agent cimport Agent

cdef enum:
    AGENT_MODEL_MAGIC = 0x6c646d746e656761

cdef struct AgentModel:
    uint64_t magic
    Agent* agent                # borrowed, outlives the model
    void* state                 # the agent's own
    TRITONREPOAGENT_ArtifactType type
    char* location
    char** former               # locations that were replaced: the agent may hold the pointers
    uint32_t former_count
    char* acquired              # the folder of ModelRepositoryLocationAcquire, or null
    char* config                # the configuration as JSON, or null where there is none
    char** names                # of the parameters, and their values
    char** values
    uint32_t parameter_count
    bint loading                # inside ModelAction with LOAD: the only time for an update

# With the GIL. Owns copies of its arguments; parameters are (name, value). No agent is called yet.
cdef AgentModel* agent_model_new(
    Agent* agent, int artifact_type, str location, str config, list parameters
) except NULL
# TRITONREPOAGENT_ModelInitialize, if there is one.
cdef TRITONSERVER_Error* agent_model_initialize(AgentModel* model) noexcept nogil
# TRITONREPOAGENT_ModelAction.
cdef TRITONSERVER_Error* agent_model_action(
    AgentModel* model, TRITONREPOAGENT_ActionType action
) noexcept nogil
# TRITONREPOAGENT_ModelFinalize, if there is one.
cdef TRITONSERVER_Error* agent_model_finalize(AgentModel* model) noexcept nogil
# Removes an acquired folder that was not released, then frees the model; returns why the folder
# could not be removed. With the GIL.
cdef TRITONSERVER_Error* agent_model_free(AgentModel* model) noexcept
