# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Errors in words, as Triton writes them into states and logs."""

from __future__ import annotations

from triton_py.errors import InternalError, TritonError


def as_triton_error(error: BaseException) -> TritonError:
    """A TritonError as it is; anything else, which is a defect or the system's doing, wrapped."""
    if isinstance(error, TritonError):
        return error
    return InternalError(f"{type(error).__name__}: {error}")


def status_text(error: TritonError) -> str:
    """The code's name and the message: ``Invalid argument: no such thing``."""
    return f"{error.code_name}: {error.message}"
