# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repository agents as the control plane sees them: Agent and AgentModel of
triton_py/control/dataplane.py. Used by host alone, by name.
"""

from triton_py.core.agent cimport Agent
from triton_py.core.agent_model cimport AgentModel


cdef class AgentHandle:
    cdef Agent* agent
    cdef readonly str name
    cdef readonly str library

    cdef int _check_open(self) except -1


cdef class AgentModelHandle:
    cdef AgentModel* model
    cdef AgentHandle agent  # must outlive the model

    cdef int _check_open(self) except -1
