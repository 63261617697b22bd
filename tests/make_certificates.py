# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Certificates for tests, made by the openssl command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs openssl to make a certificate")


class Pair(NamedTuple):
    """Paths of a certificate that signs itself, and of its key."""

    cert: str
    key: str


def make(folder: Path, name: str, *, password: str = "") -> Pair:
    """For localhost and 127.0.0.1; with ``password``, an encrypted key."""
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    protection = ["-passout", f"pass:{password}"] if password else ["-nodes"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", *protection, "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True)
    return Pair(str(cert), str(key))
