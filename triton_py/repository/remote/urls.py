# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a path in object storage says: service, server, bucket and what is below it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triton_py.errors import InvalidArgumentError

#: A server of one's own behind ``s3://``: ``host:port`` or, with the protocol in front, ``host``.
_SERVER = re.compile(
    r"(?:(?P<protocol>https?)://(?P<name>[\w.-]+|\[[0-9A-Fa-f:]+\])(?P<port>:\d+)?"
    r"|(?P<plain>(?:[\w.-]+|\[[0-9A-Fa-f:]+\]):\d+))(?:/+|$)",
    re.ASCII,
)
_AZURE_SUFFIX = ".blob.core.windows.net"


@dataclass(frozen=True)
class Place:
    """A folder or an object in storage."""

    scheme: str
    #: Azure's container.
    bucket: str
    #: Below the bucket, without slashes at its ends; "" for the bucket itself.
    key: str
    #: Of an S3 server of one's own: ``http://host:port``; "" for Amazon's.
    endpoint: str = ""
    #: Azure's storage account, as the path has it.
    account: str = ""

    @property
    def path(self) -> str:
        """As fsspec names it, ``bucket/key``."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    @property
    def canonical(self) -> str:
        """The same text for every spelling."""
        server = self.endpoint or self.account
        return f"{self.scheme}://{server}/{self.path}" if server else f"{self.scheme}://{self.path}"


def parse(path: str) -> Place:
    """Read ``s3://``, ``gs://`` and ``as://`` paths; superfluous slashes are passed over.

    Raises:
        InvalidArgumentError: there is no bucket (or account and container) in it.
    """
    scheme, _, rest = path.partition("://")
    endpoint = account = ""
    if scheme == "s3":
        server = _SERVER.match(rest)
        if server:
            rest = rest[server.end() :]
            if server["plain"]:
                endpoint = f"http://{server['plain']}"
            else:
                endpoint = f"{server['protocol']}://{server['name']}{server['port'] or ''}"
    if scheme == "as":
        # Triton lets a query follow, and does nothing with it.
        rest = rest.partition("?")[0]
    parts = [part for part in rest.split("/") if part]
    if scheme == "as":
        if len(parts) < 2:
            raise InvalidArgumentError(
                f"'{path}' names no storage account and container: it has to be "
                "as://<account>/<container>/<path>"
            )
        account = parts.pop(0).removesuffix(_AZURE_SUFFIX)
    if not parts:
        raise InvalidArgumentError(f"'{path}' names no bucket")
    return Place(scheme, parts[0], "/".join(parts[1:]), endpoint, account)
