# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What exchanges wait for outside the event loop: coroutines of an application, and threads.

``ready`` is called on the loop, once, when the wait is over; only if the exchange still has a
connection.
"""

from cpython.ref cimport PyObject

from triton_py.http._describe cimport DescribeLimits
from triton_py.http._exchange cimport Exchange
from triton_py.http._infer cimport BodyShape, Route

ctypedef int (*ReadyFn)(Exchange* ex) except -1


# A counted reference for an exchange's `payload` or `extra`.
cdef PyObject* owned(object value) noexcept
# Makes an application's answer the exchange's.
cdef int take_answer(Exchange* ex, object answer) except -1
# Calls `ready` after `task` (an application's coroutine) is done and its answer taken.
cdef int await_answer(Exchange* ex, object task, ReadyFn ready) except -1
# Compresses a finished inference's answer, on `pool` if it is large. True: it is done already.
cdef bint pack_answer(Exchange* ex, object loop, object pool, ReadyFn ready) except -1
# Asks `line` (LoadMetrics.line) on `pool` what the load is, and makes it a line of the answer's
# header. Only then is `ready` called, for an answer of which nothing is sent yet.
cdef int report_load(Exchange* ex, object line, object loop, object pool, ReadyFn ready) except -1
# Reads an inference request on `pool` and submits it. `coding` is its Content-Encoding.
cdef int submit_elsewhere(Exchange* ex, str coding, const Route* route, const BodyShape* body,
                          const DescribeLimits* limits, object loop, object pool, ReadyFn ready
                          ) except -1
