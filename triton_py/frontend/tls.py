# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TLS for a port: certificates and keys from files, read again when they change."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import NoReturn

from triton_py.errors import InvalidArgumentError


@dataclass(frozen=True)
class Tls:
    """Paths of PEM files; ``mutual``: a client needs a certificate that ``root_cert`` signed."""

    server_cert: str
    server_key: str
    root_cert: str = ""
    mutual: bool = False
    #: Seconds between two looks at whether the files have changed.
    check_seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.mutual and not self.root_cert:
            raise ValueError("mutual TLS needs root_cert: without it no client could be let in")
        if not self.check_seconds > 0:
            raise ValueError(f"check_seconds must be greater than 0, got {self.check_seconds}")

    def files(self) -> list[tuple[str, str]]:
        """Each path with what it is."""
        named = [("server key", self.server_key), ("server certificate", self.server_cert),
                 ("root certificate", self.root_cert)]
        return [(what, path) for what, path in named if path]


class Certificates:
    """What the files of a ``Tls`` hold, and whether they have changed since.

    :param protocol: named in errors.
    :param alpn: the only protocol that is agreed on with clients; empty: nothing is said of it.
    """

    def __init__(self, tls: Tls, protocol: str, alpn: str = "") -> None:
        self.tls = tls
        self._protocol = protocol
        self._alpn = alpn
        self._seen: list[object] = []

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer, with what the files hold now.

        :raises InvalidArgumentError: a file can't be read, or they don't go together.
        """
        # Before they are read: what is written meanwhile counts as a change.
        self._seen = self._state()
        for what, path in self.tls.files():
            self.read(path, what)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._alpn:
            context.set_alpn_protocols([self._alpn])
        try:
            context.load_cert_chain(self.tls.server_cert, self.tls.server_key, self._no_password)
            if self.tls.root_cert:
                context.load_verify_locations(self.tls.root_cert)
        except OSError as error:      # ssl.SSLError is one
            raise InvalidArgumentError(
                f"can't use the {self._protocol} certificates: {error}") from error
        if self.tls.mutual:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def read(self, path: str, what: str) -> bytes:
        """The file's bytes. Raises ``InvalidArgumentError``, naming it, where it can't be read."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise InvalidArgumentError(
                f"can't read the {self._protocol} {what} '{path}': {error.strerror}") from error

    def changed(self) -> bool:
        """Whether a file is not what it was when ``context`` last looked."""
        return self._state() != self._seen

    def _state(self) -> list[object]:
        state: list[object] = []
        for _, path in self.tls.files():
            try:
                # Of what a link leads to: Kubernetes replaces secrets by moving a link.
                found = os.stat(path)
            except OSError:
                state.append(None)
            else:
                state.append((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))
        return state

    def _no_password(self) -> NoReturn:
        # OpenSSL would ask for it at the terminal, and the server would wait.
        raise InvalidArgumentError(
            f"the {self._protocol} server key '{self.tls.server_key}' is encrypted; give it "
            "without a passphrase")
