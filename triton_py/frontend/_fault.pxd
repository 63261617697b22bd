# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How code without the GIL says what was wrong with a request: a status code and a sentence.

``fault_set`` formats as printf does, cuts what is too long, and returns -1, so that a function
may end with ``return fault_set(...)``. The first fault of a request is the one that is answered.
"""


cdef extern from * nogil:
    """
    #ifndef TRITON_PY_FAULT
    #define TRITON_PY_FAULT
    #include <stdarg.h>
    #include <stdio.h>

    typedef struct {
        int status;         /* of the answer; 0 while nothing is wrong */
        char text[1024];
    } TpFault;

    __attribute__((format(printf, 3, 4)))
    static int tp_fault_set(TpFault* fault, int status, const char* format, ...) {
        if (fault->status == 0) {
            va_list values;
            fault->status = status;
            va_start(values, format);
            vsnprintf(fault->text, sizeof(fault->text), format, values);
            va_end(values);
        }
        return -1;
    }
    #endif
    """
    ctypedef struct Fault "TpFault":
        int status
        char* text
    int fault_set "tp_fault_set"(Fault* fault, int status, const char* format, ...)
