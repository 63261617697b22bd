# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Errors as gRPC statuses."""

from __future__ import annotations

import logging
from urllib.parse import quote

import grpc

from triton_py.errors import (
    AlreadyExistsError,
    CancelledError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    UnavailableError,
    UnknownError,
    UnsupportedError,
)
from triton_py.grpc.compression import MessageTooLarge

log = logging.getLogger(__name__)

#: By ``TRITONSERVER_Error_Code``; a test holds that no code is missing.
STATUS_BY_CODE: dict[int, grpc.StatusCode] = {
    UnknownError.code: grpc.StatusCode.UNKNOWN,
    InternalError.code: grpc.StatusCode.INTERNAL,
    NotFoundError.code: grpc.StatusCode.NOT_FOUND,
    InvalidArgumentError.code: grpc.StatusCode.INVALID_ARGUMENT,
    UnavailableError.code: grpc.StatusCode.UNAVAILABLE,
    UnsupportedError.code: grpc.StatusCode.UNIMPLEMENTED,
    AlreadyExistsError.code: grpc.StatusCode.ALREADY_EXISTS,
    CancelledError.code: grpc.StatusCode.CANCELLED,
}

#: By number.
STATUS_NAMES = [code.name for code in sorted(grpc.StatusCode, key=lambda code: code.value[0])]

SHUTTING_DOWN = "GRPC server is shutting down and has stopped accepting new requests."

# Printable ASCII but the percent sign and what quote() leaves as it is anyway.
_PLAIN = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"

# A status message travels percent-encoded in a header, and peers refuse headers above 8 KiB.
MESSAGE_LIMIT = 4096


def status_of(error: TritonError) -> grpc.StatusCode:
    if isinstance(error, MessageTooLarge):
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    return STATUS_BY_CODE.get(error.code, grpc.StatusCode.UNKNOWN)


def clip(message: str) -> str:
    """``message``, cut where it would be too long for a status."""
    if len(message) * 9 <= MESSAGE_LIMIT:
        return message
    size = 0
    for i, character in enumerate(message):
        # What gRPC leaves as it is: printable ASCII except the percent sign.
        size += 1 if " " <= character <= "~" and character != "%" else len(
            quote(character, safe="", errors="replace"))
        if size > MESSAGE_LIMIT:
            return message[:i] + "..."
    return message


def encode_details(message: str) -> bytes:
    """``message`` as a grpc-message field has it: percent-encoded UTF-8."""
    return quote(message, safe=_PLAIN, errors="replace").encode("ascii")


def as_triton_error(error: BaseException) -> TritonError:
    """What a client hears of ``error``; anything but ours is a fault of the server, and logged."""
    if isinstance(error, TritonError):
        return error
    log.error("unexpected error in a gRPC handler", exc_info=error)
    return InternalError(f"unexpected error: {type(error).__name__}: {error}")


async def abort(context: grpc.aio.ServicerContext, error: BaseException) -> None:
    """Ends the call with the error's status. Does not return."""
    known = as_triton_error(error)
    await context.abort(status_of(known), clip(known.message))
