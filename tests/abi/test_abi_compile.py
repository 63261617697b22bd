# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The headers as plugins meet them: any order, C or C++, either way to spell a struct."""

from __future__ import annotations

import itertools

import pytest
from abi_support import HEADERS, exported, include


@pytest.mark.parametrize("header", HEADERS)
def test_each_header_stands_alone(compiler, header):
    compiler.check(include(header) + "int not_empty;\n")


@pytest.mark.parametrize("order", list(itertools.permutations(HEADERS))[::5])
def test_all_headers_together_in_any_order_and_twice(compiler, order):
    compiler.check(include(*order, *order) + "int not_empty;\n")


ENTRY_POINTS = {
    "TRITONBACKEND_Initialize": "TRITONBACKEND_Backend* backend",
    "TRITONBACKEND_ModelInstanceExecute": "TRITONBACKEND_ModelInstance* instance,"
    " TRITONBACKEND_Request** requests, const uint32_t request_count",
    "TRITONBACKEND_ModelBatchFinalize": "void* userp",
}


def backend(struct: str) -> str:
    """A backend that ignores its arguments; ``struct`` goes before each name of a struct."""
    lines = [include("tritonbackend")]
    for name, parameters in ENTRY_POINTS.items():
        spelled = parameters.replace("TRITONBACKEND_", f"{struct}TRITONBACKEND_")
        uses = "".join(f"  (void){p.split()[-1].lstrip('*')};\n" for p in parameters.split(","))
        lines.append(f"{struct}TRITONSERVER_Error* {name}({spelled})\n{{\n{uses}")
        lines.append('  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "no");\n}\n')
    return "".join(lines)


@pytest.mark.parametrize("struct", ["", "struct "], ids=["bare", "struct"])
def test_entry_points_are_exported_from_a_backend_that_hides_its_symbols(compiler, struct):
    library = compiler.shared_object(backend(struct), "-fvisibility=hidden")
    assert exported(library) == set(ENTRY_POINTS)


def test_a_backend_may_repeat_our_typedefs(c_compiler):
    """Backends in C brought these typedefs themselves, since other headers leave them out."""
    own = "typedef struct TRITONSERVER_Error TRITONSERVER_Error;\n"
    c_compiler.check(own + backend("") + own)


def test_a_wrong_signature_is_refused_by_the_compiler(compiler):
    """In C++ a definition must say extern "C", or else it is an overload of its own."""
    linkage = 'extern "C" ' if compiler.standard == "c++17" else ""
    source = (
        include("tritonbackend")
        + linkage
        + (
            "struct TRITONSERVER_Error* TRITONBACKEND_Initialize(struct TRITONBACKEND_Model* model)\n"
            "{\n  (void)model;\n  return 0;\n}\n"
        )
    )
    result = compiler.run(source, "-fsyntax-only")
    assert result.returncode != 0
    assert "conflicting" in result.stderr


def test_markers_come_from_the_header_alone(compiler):
    """Build files define _COMPILING_...; the headers mean the same with and without it."""
    flags = ["-D_COMPILING_TRITONSERVER=1", "-D_COMPILING_TRITONBACKEND=1"]
    assert compiler.preprocess(include(*HEADERS)) == compiler.preprocess(include(*HEADERS), *flags)
