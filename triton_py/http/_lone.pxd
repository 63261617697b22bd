# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""An exchange's answer, sent by the thread that has it; see frontend/_lone.pxd."""

from triton_py.http._exchange cimport Exchange


# The thread with the complete answer. True: it is sent, and the caller's hold is given up.
cdef bint lone_answer(Exchange* exchange) noexcept nogil
