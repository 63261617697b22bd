# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a parsed request's head says, for those who look at it in Python.

`base` is where the request's first byte lies.
"""

from triton_py.http._exchange cimport LoadFormat
from triton_py.http._parser cimport Parser, Span


cdef str head_text(const char* base, Span span)
# Whether it has the header of a `Restriction`.
cdef bint head_admitted(const Parser* p, const char* base, object restriction) except -1
# In which format it asks for the server's load; `load` (a LoadMetrics) hears of one there is not.
cdef LoadFormat head_load_format(const Parser* p, const char* base, object load) except *
# What the access log says of it. `model`: of an inference; else NULL. `received`: its bytes.
cdef tuple head_record(const Parser* p, const char* base, const char* model, size_t received)
