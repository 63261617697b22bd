# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Errors across the C API, and the two ways in which a process can become the wrong one."""

import atexit
import os

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorCode,
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_ErrorMessage,
    TRITONSERVER_LogMessage,
)
from triton_py.abi.types cimport TRITONSERVER_LOG_ERROR, TRITONSERVER_Error

from triton_py.errors import InvalidArgumentError, UnavailableError, error_from_code

cdef int _generation = 0
cdef bint _finalizing = False


cdef object exception_of(TRITONSERVER_Error* error):
    cdef bytes message = TRITONSERVER_ErrorMessage(error)
    return error_from_code(<int> TRITONSERVER_ErrorCode(error), message.decode("utf-8", "replace"))


cdef int check(TRITONSERVER_Error* error) except -1:
    if error == NULL:
        return 0
    try:
        exception = exception_of(error)
    finally:
        TRITONSERVER_ErrorDelete(error)
    raise exception


cdef void swallow(TRITONSERVER_Error* error) noexcept nogil:
    if error == NULL:
        return
    cdef TRITONSERVER_Error* second = TRITONSERVER_LogMessage(
        TRITONSERVER_LOG_ERROR, b"inprocess", 0, TRITONSERVER_ErrorMessage(error))
    if second != NULL:
        TRITONSERVER_ErrorDelete(second)
    TRITONSERVER_ErrorDelete(error)


cdef bytes c_text(object text, str what):
    if not isinstance(text, str):
        raise InvalidArgumentError(f"{what} must be a str, not {type(text).__name__}")
    try:
        encoded = (<str> text).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"{what} can't be written as UTF-8: {error.reason} at "
                                   f"position {error.start}") from None
    if b"\0" in encoded:
        raise InvalidArgumentError(f"{what} contains a NUL character: {text!r}")
    return encoded


cdef int generation() noexcept nogil:
    return _generation


cdef int check_process(int made_in, str what) except -1:
    if made_in != _generation:
        raise UnavailableError(
            f"{what} belongs to the process that made it, not to its fork {os.getpid()}; "
            "start a server in this process instead")
    if _finalizing:
        raise UnavailableError(f"{what} can't be used: the interpreter is ending")
    return 0


cdef bint may_free(int made_in) noexcept nogil:
    return made_in == _generation and not _finalizing


def _forked():
    global _generation
    _generation += 1


def _finalize():
    global _finalizing
    _finalizing = True


os.register_at_fork(after_in_child=_forked)
# Registered first, so it runs last: after the servers were stopped by the hook in `server`.
atexit.register(_finalize)
