# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The states that a backend makes for a request."""

from triton_py.core.objects cimport Request

# Ends the handles that the backend made for the request; values that were published stay.
cdef void request_drop_states(Request* request) noexcept nogil
