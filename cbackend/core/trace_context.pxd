# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A trace's context, where the names of activities of a backend's own are kept.

The activity callback has no argument for a name. So the context, a JSON object, gets a member for
each such activity, whose name is the timestamp in decimal digits; whoever is called back looks it
up there, as Triton's own front end does.
"""

from libc.stdint cimport uint64_t

cdef enum:
    CONTEXT_EXTENDED = 0
    CONTEXT_REPLACED    # it was no JSON object: what it was is gone
    CONTEXT_NO_MEMORY   # nothing is returned, the old context stays

# The context with one more member, owned by the caller (free). `context` may be NULL: none yet.
cdef char* context_with(
    const char* context, uint64_t ns, const char* name, int* outcome
) noexcept nogil
