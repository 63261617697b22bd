# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The table that ``triton-py abi`` prints."""

from __future__ import annotations

import pytest

from triton_py import abi_table
from triton_py.abi_table import Row, format_table

ROWS = [
    Row("TRITONSERVER_ErrorNew", "tritonserver.h", "works"),
    Row("TRITONSERVER_MetricNew", "tritonserver.h", "unsupported"),
    Row("TRITONCACHE_Copy", "tritoncache.h", "unsupported"),
]


def test_rows_are_grouped_by_header_with_totals():
    assert format_table(ROWS).splitlines() == [
        "triton/core/tritonserver.h: 1 works, 1 unsupported",
        "  TRITONSERVER_ErrorNew   works",
        "  TRITONSERVER_MetricNew  unsupported",
        "",
        "triton/core/tritoncache.h: 0 works, 1 unsupported",
        "  TRITONCACHE_Copy        unsupported",
        "",
        "all: 1 works, 2 unsupported",
    ]


def test_no_rows():
    assert format_table([]) == "all: 0 works, 0 unsupported"


def test_a_tree_that_is_not_built_is_told_how(tmp_path, monkeypatch):
    monkeypatch.setattr(abi_table, "TABLE", tmp_path / "abi_implemented.json")
    with pytest.raises(FileNotFoundError, match="build_ext --inplace"):
        abi_table.table()


def test_the_table_of_the_build_is_read(tmp_path, monkeypatch):
    path = tmp_path / "abi_implemented.json"
    path.write_text('[["TRITONSERVER_ErrorNew", "tritonserver.h", "works"]]')
    monkeypatch.setattr(abi_table, "TABLE", path)
    assert abi_table.table() == (Row("TRITONSERVER_ErrorNew", "tritonserver.h", "works"),)
