# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane as the control plane sees it (triton_py/control/dataplane.py)."""

from triton_py.core.objects cimport Server

# With the GIL: the Host of a server, which must outlive it.
cdef object host_new(Server* server)
