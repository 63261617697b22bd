# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Certificates out of files: wrong ones, and ones that change."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest
from make_certificates import make, needs_openssl

from triton_py.errors import InvalidArgumentError
from triton_py.frontend.tls import Certificates, Tls

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


def test_a_context(folder: Path) -> None:
    pair = make(folder, "a")
    context = Certificates(Tls(*pair), "HTTP", "http/1.1").context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_NONE
    mutual = Certificates(Tls(*pair, pair.cert, mutual=True), "HTTP").context()
    assert mutual.verify_mode == ssl.CERT_REQUIRED


def test_options_that_can_not_be() -> None:
    with pytest.raises(ValueError, match="root_cert"):
        Tls("c", "k", mutual=True)
    with pytest.raises(ValueError, match="check_seconds"):
        Tls("c", "k", check_seconds=0)


def test_files_that_can_not_be_used(folder: Path) -> None:
    one, other = make(folder, "one"), make(folder, "other")
    locked = make(folder, "locked", password="secret1")
    garbage = folder / "garbage"
    garbage.write_text("no certificate")
    for tls, text in (
        (Tls("/nowhere", one.key), "can't read the X server certificate '/nowhere'"),
        (Tls(one.cert, "/nowhere"), "can't read the X server key '/nowhere'"),
        (Tls(*one, "/nowhere"), "can't read the X root certificate '/nowhere'"),
        (Tls(str(folder), one.key), "can't read the X server certificate"),
        (Tls(one.cert, other.key), "can't use the X certificates"),
        (Tls(str(garbage), one.key), "can't use the X certificates"),
        (Tls(*one, str(garbage)), "can't use the X certificates"),
        (Tls(*locked), "is encrypted"),
    ):
        with pytest.raises(InvalidArgumentError, match=text):
            Certificates(tls, "X").context()


def test_changes(folder: Path) -> None:
    first, second = make(folder, "first"), make(folder, "second")
    cert, key = folder / "now.crt", folder / "now.key"
    cert.write_text(Path(first.cert).read_text())
    key.write_text(Path(first.key).read_text())
    source = Certificates(Tls(str(cert), str(key)), "X")
    source.context()
    assert not source.changed()
    # As a tool that writes in place, and as one that renames.
    cert.write_text(Path(second.cert).read_text())
    assert source.changed()
    with pytest.raises(InvalidArgumentError):
        source.context()
    assert not source.changed(), "the same failure is not met again and again"
    os.replace(second.key, key)
    assert source.changed()
    source.context()
    assert not source.changed()
    key.unlink()
    assert source.changed()


def test_a_link_that_moves_is_a_change(folder: Path) -> None:
    """As Kubernetes replaces a mounted secret: the path stays, a link within it moves."""
    pairs = [make(folder, f"k{i}") for i in range(2)]
    for i, pair in enumerate(pairs):
        data = folder / f"data{i}"
        data.mkdir()
        os.rename(pair.cert, data / "tls.crt")
        os.rename(pair.key, data / "tls.key")
    (folder / "data").symlink_to("data0")
    source = Certificates(Tls(str(folder / "data/tls.crt"), str(folder / "data/tls.key")), "X")
    source.context()
    (folder / "next").symlink_to("data1")
    os.replace(folder / "next", folder / "data")
    assert source.changed()
    source.context()
