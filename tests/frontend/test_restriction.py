# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Headers that let requests pass."""

from __future__ import annotations

import pytest

from triton_py.frontend.restriction import (
    CATEGORIES,
    Restriction,
    check_categories,
    grpc_restriction,
)


def test_only_the_value_passes_and_only_once() -> None:
    item = Restriction("Admin-Key", "s3cret value")
    assert item.admits([b"s3cret value"])
    assert item.admits(["s3cret value"])
    for given in ([], [b""], [b"s3cret"], [b"s3cret value "], [b"S3cret value"],
                  [b"s3cret valuE"], ["s3cret v\xe4lue"], [b"\xff" * 12],
                  [b"s3cret value", b"s3cret value"], [b"s3cret value", b"x"]):
        assert not item.admits(given), given


def test_the_value_is_shown_nowhere() -> None:
    assert "s3cret" not in repr(Restriction("k", "s3cret"))
    assert "s3cret" not in repr({"health": Restriction("k", "s3cret")})


@pytest.mark.parametrize(("header", "value"), [
    ("", "s3cret"), ("a b", "s3cret"), ("a:b", "s3cret"), ("ä", "s3cret"), ("a\n", "s3cret"),
    ("k", ""), ("k", " s3cret"), ("k", "s3cret "), ("k", "s3cret\r\nx: y"), ("k", "s3cretä"),
    ("k", "s3cret\0")])
def test_what_no_header_can_say(header: str, value: str) -> None:
    with pytest.raises(ValueError) as caught:
        Restriction(header, value)
    assert "s3cret" not in str(caught.value)


def test_metadata_gets_a_beginning_and_lower_case() -> None:
    assert grpc_restriction("Admin-Key", "V").header == "triton-grpc-protocol-admin-key"
    assert grpc_restriction("Admin-Key", "V").value == "V"


@pytest.mark.parametrize("key", ["a b", "a!", "key-bin", "KEY-BIN", "ä", "a\n"])
def test_what_is_no_name_of_metadata(key: str) -> None:
    with pytest.raises(ValueError, match="can be no name of gRPC's metadata"):
        grpc_restriction(key, "v")


def test_categories() -> None:
    check_categories(dict.fromkeys(CATEGORIES, Restriction("k", "v")))
    with pytest.raises(ValueError, match="unknown category 'infer'"):
        check_categories({"infer": Restriction("k", "v")})
