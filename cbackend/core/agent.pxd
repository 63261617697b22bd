# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repository agents: a library, its entry points, its state.

An agent lives from its TRITONREPOAGENT_Initialize to its TRITONREPOAGENT_Finalize; the models that
it takes part in are in agent_model.pxd and end before it.
"""

from libc.stdint cimport uint64_t

from triton_py.abi.types cimport (
    TRITONREPOAGENT_Agent,
    TRITONREPOAGENT_Finalize_t,
    TRITONREPOAGENT_Initialize_t,
    TRITONREPOAGENT_ModelAction_t,
    TRITONREPOAGENT_ModelFinalize_t,
    TRITONREPOAGENT_ModelInitialize_t,
    TRITONSERVER_Error,
)

cdef enum:
    AGENT_MAGIC = 0x746e656761

cdef struct Agent:
    uint64_t magic
    char* name
    void* library           # of dlopen
    void* state             # the agent's own
    # Null where the library has none; the action is always there.
    TRITONREPOAGENT_Initialize_t initialize
    TRITONREPOAGENT_Finalize_t finalize
    TRITONREPOAGENT_ModelInitialize_t model_initialize
    TRITONREPOAGENT_ModelFinalize_t model_finalize
    TRITONREPOAGENT_ModelAction_t model_action

# With the GIL (released around the agent's own code). Raises a TritonError after cleaning up.
cdef Agent* agent_open(str name, str library) except NULL
# TRITONREPOAGENT_Finalize and dlclose; frees everything, then raises what Finalize returned.
cdef int agent_close(Agent* agent) except -1
# The agent of a handle, or null and an error that the caller owns.
cdef Agent* agent_of(
    const char* function, TRITONREPOAGENT_Agent* handle, TRITONSERVER_Error** error
) noexcept nogil
