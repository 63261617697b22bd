# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Certificates and keys, from the files that the options name."""

from __future__ import annotations

import ssl

from triton_py.errors import InvalidArgumentError
from triton_py.grpc.options import Tls


def read_file(path: str, what: str) -> bytes:
    """The file's bytes. Raises ``InvalidArgumentError``, naming it, where it can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InvalidArgumentError(
            f"can't read the gRPC {what} '{path}': {error.strerror}") from error


def server_context(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or newer, for HTTP/2 alone; a client shows a certificate where ``mutual`` is set."""
    for path, what in ((tls.server_key, "server key"), (tls.server_cert, "server certificate"),
                       (tls.root_cert, "root certificate")):
        if path:
            read_file(path, what)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    try:
        context.load_cert_chain(tls.server_cert, tls.server_key)
        if tls.root_cert:
            context.load_verify_locations(tls.root_cert)
    except ssl.SSLError as error:
        raise InvalidArgumentError(f"can't use the gRPC certificates: {error}") from error
    if tls.mutual:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
