# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests that nobody sent: they keep a slot's place in a batch of sequences.

The core is their client: nobody sees their responses, they count in no statistics, and they free
themselves when the backend releases them.
"""

from triton_py.core.objects cimport Request, Sequencer

# A PENDING request with the shapes of `like`, all zeros, whose READY control is off. It counts as
# in flight. NULL: out of memory.
cdef Request* null_request_new(Request* like, Sequencer* sequencer) noexcept nogil
