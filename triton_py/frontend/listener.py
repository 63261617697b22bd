# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where a port's connections come in: a host and a port, or a Unix socket; with TLS or without."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from triton_py.errors import InvalidArgumentError
from triton_py.frontend.address import bind_unix, file_identity, remove_unix, unix_path
from triton_py.frontend.tls import Certificates

logger = logging.getLogger(__name__)

BACKLOG = 1024
#: For a client to complete TLS's handshake.
HANDSHAKE_SECONDS = 20


class Listener:
    """One address; on a uvloop event loop. Opened once, closed once.

    :param connection: makes a connection's protocol.
    :param address: a host, or ``unix:PATH``, to which ``port`` and ``reuse_port`` mean nothing.
    :param mode: permissions of a Unix socket.
    :param certificates: for TLS; they are read here.
    :param farewell: seconds for a client to take what is unsent and to agree to the end of TLS.
    :raises ValueError: an address that is none.
    :raises InvalidArgumentError: certificates that can't be used.
    """

    def __init__(self, connection: Callable[[], asyncio.BaseProtocol], address: str, port: int, *,
                 reuse_port: bool = False, mode: int = 0o600,
                 certificates: Certificates | None = None, farewell: float = 30.0) -> None:
        self._connection = connection
        self._path = unix_path(address)
        self._host, self._port = address.strip("[]"), port
        self._reuse_port = reuse_port
        self._mode = mode
        self._certificates = certificates
        self._farewell = farewell
        self._tls = self._tls_arguments()
        self._servers: list[Any] = []
        self._file: tuple[int, int] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._reloading = asyncio.Lock()

    def _tls_arguments(self) -> dict[str, Any]:
        if self._certificates is None:
            return {}
        return {"ssl": self._certificates.context(), "ssl_handshake_timeout": HANDSHAKE_SECONDS,
                "ssl_shutdown_timeout": self._farewell}

    async def open(self) -> None:
        """Listens.

        :raises OSError: the address can't be bound.
        """
        loop = asyncio.get_running_loop()
        if self._path is None:
            server = await loop.create_server(
                self._connection, self._host, self._port, backlog=BACKLOG,
                reuse_port=self._reuse_port or None, **self._tls)
        else:
            sock = bind_unix(self._path, self._mode)
            self._file = file_identity(self._path)
            try:
                server = await loop.create_server(self._connection, sock=sock, backlog=BACKLOG,
                                                  **self._tls)
            except BaseException:
                sock.close()
                remove_unix(self._path, self._file)
                raise
        self._servers = [server]
        if self._certificates is not None:
            self._watch = loop.create_task(self._look_after(self._certificates))

    @property
    def is_unix(self) -> bool:
        return self._path is not None

    @property
    def port(self) -> int:
        """The port that was bound; 0 for a Unix socket."""
        return 0 if self.is_unix else int(self._name()[1])

    @property
    def bound(self) -> str:
        """``host:port`` as bound, an IPv6 address in brackets; or ``unix:PATH``."""
        if self.is_unix:
            return f"unix:{self._path}"
        host, port = self._name()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _name(self) -> Any:
        return self._servers[0].sockets[0].getsockname()

    def close(self) -> None:
        """Listens no more; connections go on."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        if self._path is not None:
            remove_unix(self._path, self._file)
            self._file = None

    # --- new certificates ---

    async def _look_after(self, certificates: Certificates) -> None:
        while True:
            await asyncio.sleep(certificates.tls.check_seconds)
            if certificates.changed():
                await self.reload()

    async def reload(self) -> bool:
        """Reads the certificates again, for connections from now on.

        False: they can't be used, which is logged, and those from before go on being used. True
        also where there is no TLS.
        """
        async with self._reloading:
            return self._certificates is None or not self._servers or await self._listen_anew()

    async def _listen_anew(self) -> bool:
        loop = asyncio.get_running_loop()
        fresh: list[Any] = []
        try:
            tls = self._tls_arguments()
            for server in self._servers:
                for sock in server.sockets:
                    # The same socket, so that no client is turned away meanwhile; a context of
                    # its own, so that no session of the old one is resumed.
                    fresh.append(await loop.create_server(
                        self._connection, sock=sock.dup(), backlog=BACKLOG, **tls))
        except (InvalidArgumentError, OSError) as error:
            for server in fresh:
                server.close()
            logger.error("%s goes on with the certificates it has: %s", self.bound, error)
            return False
        stale, self._servers = self._servers, fresh
        self._tls = tls
        for server in stale:
            server.close()
        logger.warning("%s has read its certificates again", self.bound)
        return True
