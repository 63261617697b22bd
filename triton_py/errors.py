# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python's view of ``TRITONSERVER_Error``: one class per ``TRITONSERVER_Error_Code``.

The table is closed: a code without a class fails ``tests/core/test_errors.py``.
"""

from __future__ import annotations


class TritonError(Exception):
    """Base of all errors that cross the C API; ``code`` is a ``TRITONSERVER_Error_Code``."""

    code: int = 0
    #: What ``TRITONSERVER_ErrorCodeString`` answers for the code.
    code_name: str = "Unknown"

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnknownError(TritonError):
    code, code_name = 0, "Unknown"


class InternalError(TritonError):
    code, code_name = 1, "Internal"


class NotFoundError(TritonError):
    code, code_name = 2, "Not found"


class InvalidArgumentError(TritonError):
    code, code_name = 3, "Invalid argument"


class UnavailableError(TritonError):
    code, code_name = 4, "Unavailable"


class UnsupportedError(TritonError):
    code, code_name = 5, "Unsupported"


class AlreadyExistsError(TritonError):
    code, code_name = 6, "Already exists"


class CancelledError(TritonError):
    code, code_name = 7, "Cancelled"


BY_CODE: dict[int, type[TritonError]] = {
    cls.code: cls
    for cls in (
        UnknownError,
        InternalError,
        NotFoundError,
        InvalidArgumentError,
        UnavailableError,
        UnsupportedError,
        AlreadyExistsError,
        CancelledError,
    )
}


def error_from_code(code: int, message: str) -> TritonError:
    """The exception for a C error code; an unknown code becomes ``UnknownError``."""
    return BY_CODE.get(code, UnknownError)(message)
