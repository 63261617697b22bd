# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whom a client of the command line trusts, and what it shows a server."""

from __future__ import annotations

import argparse
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triton_py.cli.errors import CliError, UsageError
from triton_py.cli.pairs import pairs

if TYPE_CHECKING:
    import grpc

#: RFC 9110's token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Access:
    """Paths of PEM files, each empty where there is none, and headers (over gRPC, metadata).

    Raises ``UsageError`` for what can't be sent.
    """

    root_cert: str = ""
    client_cert: str = ""
    client_key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.client_cert) != bool(self.client_key):
            raise UsageError("--client-cert and --client-key belong together")
        for name, value in self.headers.items():
            if not _NAME.fullmatch(name) or not value.isascii() or not value.isprintable():
                raise UsageError(f"--header {name}=...: no header can be like that")

    def check(self, secure: bool, url: str) -> None:
        """Raises ``UsageError`` where certificates are given for a connection without TLS."""
        if not secure and (self.root_cert or self.client_cert):
            raise UsageError(f"--url {url} is not encrypted, so certificates mean nothing: "
                             "encrypted addresses begin with https://")

    def context(self) -> ssl.SSLContext:
        """For HTTP; raises ``CliError`` for files that can't be used."""
        self._read_all()
        try:
            context = ssl.create_default_context(cafile=self.root_cert or None)
            if self.client_cert:
                context.load_cert_chain(self.client_cert, self.client_key)
        except ssl.SSLError as error:
            raise CliError(f"can't use the certificates: {error}") from None
        return context

    def credentials(self) -> grpc.ChannelCredentials:
        """The same for gRPC."""
        import grpc

        # OpenSSL says what is wrong with them; grpcio would only fail to connect.
        self.context()
        root, key, cert = self._read_all()
        return grpc.ssl_channel_credentials(root, key, cert)

    def _read_all(self) -> list[bytes | None]:
        return [_read(flag, path) if path else None for flag, path in (
            ("root-cert", self.root_cert), ("client-key", self.client_key),
            ("client-cert", self.client_cert))]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of a command that asks a server."""
    parser.add_argument("--root-cert", default="", metavar="FILE",
                        help="whom to trust, PEM (default: whom this machine trusts)")
    parser.add_argument("--client-cert", default="", metavar="FILE",
                        help="certificate to show to a server that asks for one, PEM")
    parser.add_argument("--client-key", default="", metavar="FILE", help="its key, PEM")
    parser.add_argument("--header", action="append", default=[], metavar="NAME=VALUE",
                        help="header to send, over gRPC metadata; repeatable")


def access_of(options: argparse.Namespace) -> Access:
    """What these flags say. Raises ``UsageError``."""
    return Access(options.root_cert, options.client_cert, options.client_key,
                  pairs(options.header, "--header"))


def _read(flag: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise CliError(f"--{flag} {path}: {error.strerror}") from None
