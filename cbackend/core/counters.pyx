# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Live-object counters (see counters.pxd)."""

from libc.stdint cimport int64_t

from triton_py.core.native cimport tp_add, tp_load

cdef int64_t _live[<int>LIVE_KINDS]

_NAMES = (
    "error", "message", "parameter", "buffer_attributes", "allocator", "options", "server",
    "backend", "model", "instance", "request", "channel", "response_factory", "response",
    "output_buffer", "backend_memory", "metric_family", "metric", "metric_args", "metrics",
    "response_statistics", "sequence", "state", "state_memory", "trace", "agent", "agent_model",
    "agent_location",
)
assert len(_NAMES) == LIVE_KINDS


cdef void live(Kind kind, int64_t change) noexcept nogil:
    tp_add(&_live[<int>kind], change)


cdef int64_t live_count(Kind kind) noexcept nogil:
    return tp_load(&_live[<int>kind])


def snapshot() -> dict:
    """How many objects of each kind are alive in this process, over all servers."""
    return {name: tp_load(&_live[i]) for i, name in enumerate(_NAMES)}
