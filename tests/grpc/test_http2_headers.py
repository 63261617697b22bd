# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What header fields mean."""

from __future__ import annotations

import zlib

import pytest

from triton_py.errors import InternalError
from triton_py.grpc._headers import accepted_codings, metadata_value, timeout_us
from triton_py.grpc.compression import MessageTooLarge, pack, unpack
from triton_py.grpc.status import encode_details


@pytest.mark.parametrize(("text", "microseconds"), [
    (b"1H", 3_600_000_000), (b"2M", 120_000_000), (b"3S", 3_000_000), (b"4m", 4_000),
    (b"5u", 5), (b"1n", 1), (b"1001n", 2), (b"0n", 0), (b"99999999H", 359_999_996_400_000_000)])
def test_timeouts(text: bytes, microseconds: int) -> None:
    assert timeout_us(text) == microseconds


@pytest.mark.parametrize("text", [b"", b"S", b"1", b"1s", b" 1S", b"1 S", b"+1S", b"-1S", b"1.5S",
                                  b"100000000S", b"1\xff"])
def test_what_is_no_timeout(text: bytes) -> None:
    assert timeout_us(text) is None


@pytest.mark.parametrize(("text", "codings"), [
    (b"gzip", ["gzip"]), (b"identity,deflate, gzip", ["deflate", "gzip"]), (b"", []),
    (b"identity", []), (b"snappy, br", []), (b" gzip ,", ["gzip"]), (b"gzipx", [])])
def test_accepted_codings(text: bytes, codings: list[str]) -> None:
    assert accepted_codings(text) == codings


@pytest.mark.parametrize(("name", "value", "values"), [
    (b"x-tag", b"v", ["v"]), (b"x-tag", b"", [""]), (b"x-tag", b"\xe9", ["é"]),
    (b"x-bin", b"AQI=", [b"\1\2"]), (b"x-bin", b"AQI", [b"\1\2"]), (b"x-bin", b"", [b""]),
    (b"x-bin", b"AQ,Ag==", [b"\1", b"\2"]), (b"x-bin", b"?", [])])
def test_metadata(name: bytes, value: bytes, values: list[str | bytes]) -> None:
    assert metadata_value(name, value) == values


@pytest.mark.parametrize(("text", "encoded"), [
    ("plain text, 'quoted'", b"plain text, 'quoted'"), ("100%", b"100%25"), ("a\nb", b"a%0Ab"),
    ("ü", b"%C3%BC"), ("~\x7f", b"~%7F"), ("\ud800", b"?"), ("/:[]{}\\", b"/:[]{}\\")])
def test_details(text: str, encoded: bytes) -> None:
    assert encode_details(text) == encoded


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_packing(coding: str) -> None:
    data = bytes(10_000)
    packed = pack(data, coding)
    assert packed is not None and len(packed) < 100
    assert unpack(packed, coding, 10_000) == data
    with pytest.raises(MessageTooLarge):
        unpack(packed, coding, 9_999)
    assert pack(b"x", coding) is None
    for wrong in (b"", packed[:-1], packed + b"x", zlib.compress(data)[2:-4]):
        with pytest.raises(InternalError, match=coding):
            unpack(wrong, coding, 10_000)
