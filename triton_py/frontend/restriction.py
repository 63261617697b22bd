# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Parts of the protocols that only clients with a certain header may use.

Triton's restricted APIs (HTTP) and restricted protocols (gRPC): each category of calls may be
bound to one header and the value that it must have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: In the order in which Triton lists them.
CATEGORIES = ("health", "metadata", "inference", "shared-memory", "model-config",
              "model-repository", "statistics", "trace", "logging")

#: What the names of metadata begin with that gRPC's clients have to send.
GRPC_PREFIX = "triton-grpc-protocol-"

#: RFC 9110's token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: gRPC's: in lower case.
_METADATA_NAME = re.compile(r"[0-9a-z_.-]+")


@dataclass(frozen=True)
class Restriction:
    """The header that lets a request pass. Its value is a secret: no repr shows it."""

    header: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.header):
            raise ValueError(f"'{self.header}' can be no header's name")
        if not self.value or self.value != self.value.strip(" ") or not (
                self.value.isascii() and self.value.isprintable()):
            raise ValueError(
                f"the value for header '{self.header}' can't be sent in a header: it must be "
                "printable ASCII, without spaces at its ends")

    def admits(self, given: Sequence[str | bytes]) -> bool:
        """Whether a request passes; ``given`` are all values that came under the header's name.

        A header that came twice lets nobody pass: who added which of them can't be known. Comparing
        takes as long for a value that is nearly right as for one that is not.
        """
        # It loads OpenSSL's hashes, which nothing else here needs.
        from hmac import compare_digest

        if len(given) != 1:
            return False
        value = given[0]
        raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return compare_digest(raw, self.value.encode("ascii"))


def check_metadata_name(name: str) -> None:
    """Raises ``ValueError`` for a name under which gRPC's clients can send no text."""
    if not _METADATA_NAME.fullmatch(name) or name.endswith("-bin"):
        raise ValueError(f"'{name}' can be no name of gRPC's metadata")


def grpc_restriction(key: str, value: str) -> Restriction:
    """The metadata that gRPC's clients have to send for ``KEY=VALUE``.

    :raises ValueError: no client could send it.
    """
    name = GRPC_PREFIX + key.lower()
    check_metadata_name(name)
    return Restriction(name, value)


def check_categories(restricted: Mapping[str, Restriction]) -> None:
    """Raises ``ValueError`` for a category that there is not."""
    for category in restricted:
        if category not in CATEGORIES:
            raise ValueError(f"unknown category '{category}' (one of {', '.join(CATEGORIES)})")
