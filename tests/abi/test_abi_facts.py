# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The headers say what abi.json says: every name, type and value, and nothing else.

The compiler compares the types: a generated file asserts the exact type of each function, callback
and constant. C++ tells an enumeration from an integer, which C can't; C knows no overloads, so
both languages are asked.
"""

from __future__ import annotations

import dataclasses
import re

import pytest
from abi_support import HEADERS, INCLUDE, include


def signature(function) -> str:
    """The C type of a pointer to this function."""
    return f"{function.returns} (*)({', '.join(p.type for p in function.parameters)})"


def c_assertions(abi) -> str:
    """A C11 file that compiles only where the headers agree with the facts."""
    lines = [include(*HEADERS)]
    lines += [f'_Static_assert({n} == {v}, "{n}");' for n, v in abi.versions.items()]
    for enum in abi.enums:
        lines += [f'_Static_assert({n} == {v}, "{n}");' for n, v in enum.values]
        lines.append(f'_Static_assert(sizeof({enum.name}) == 4, "{enum.name}");')
    for callback in abi.callbacks:
        generic = f"_Generic(({callback.name})0, {signature(callback)}: 1, default: 0)"
        lines.append(f'_Static_assert({generic}, "{callback.name}");')
    for function in abi.functions:
        generic = f"_Generic(&{function.name}, {signature(function)}: 1, default: 0)"
        lines.append(f'_Static_assert({generic}, "{function.name}");')
    for struct in abi.structs:
        generic = f"_Generic((struct {struct}*)0, {struct}*: 1, default: 0)"
        lines.append(f'_Static_assert({generic}, "{struct}");')
    return "\n".join(lines) + "\n"


def cxx_assertions(abi) -> str:
    """The same as C++17; also, that no opaque struct is defined."""
    lines = [include(*HEADERS), "#include <type_traits>"]
    lines.append("template <class T, class = void> struct is_defined : std::false_type {};")
    lines.append("template <class T>")
    lines.append("struct is_defined<T, std::void_t<decltype(sizeof(T))>> : std::true_type {};")
    for enum in abi.enums:
        for name, value in enum.values:
            lines.append(f"static_assert({name} == {value});")
            lines.append(f"static_assert(std::is_same_v<decltype({name}), {enum.name}>);")
    for callback in abi.callbacks:
        lines.append(f"static_assert(std::is_same_v<{callback.name}, {signature(callback)}>);")
    for function in abi.functions:
        same = f"std::is_same_v<decltype(&{function.name}), {signature(function)}>"
        lines.append(f'static_assert({same}, "{function.name}");')
    for struct in abi.structs:
        lines.append(f"static_assert(std::is_same_v<struct {struct}, {struct}>);")
        lines.append(f"static_assert(!is_defined<{struct}>::value);")
    return "\n".join(lines) + "\n"


def assertions(abi, standard: str) -> str:
    """The file of assertions for a language."""
    return c_assertions(abi) if standard == "c11" else cxx_assertions(abi)


def test_every_type_and_value_is_as_in_the_table(abi, compiler):
    compiler.check(assertions(abi, compiler.standard))


def changed_parameter(abi):
    """The facts with one parameter of ResponseSend changed."""
    functions = []
    for function in abi.functions:
        if function.name == "TRITONBACKEND_ResponseSend":
            parameters = list(function.parameters)
            parameters[1] = dataclasses.replace(parameters[1], type="const uint64_t")
            function = dataclasses.replace(function, parameters=tuple(parameters))
        functions.append(function)
    return dataclasses.replace(abi, functions=tuple(functions))


def changed_value(abi):
    """The facts with one value of an enumeration changed."""
    *others, (name, _) = abi.enums[0].values
    first = dataclasses.replace(abi.enums[0], values=(*others, (name, 99)))
    return dataclasses.replace(abi, enums=(first, *abi.enums[1:]))


def changed_callback(abi):
    """The facts with a callback's return type changed."""
    first = dataclasses.replace(abi.callbacks[0], returns="void")
    return dataclasses.replace(abi, callbacks=(first, *abi.callbacks[1:]))


@pytest.mark.parametrize("change", [changed_parameter, changed_value, changed_callback])
def test_the_assertions_notice_a_difference(abi, compiler, change):
    result = compiler.run(assertions(change(abi), compiler.standard), "-fsyntax-only")
    assert result.returncode != 0
    assert "static assertion failed" in result.stderr


def own_lines(preprocessed: str, header: str) -> str:
    """The part of a preprocessed text that comes from one of our headers."""
    kept, inside = [], False
    for line in preprocessed.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            inside = marker.group(1).endswith(f"triton/core/{header}.h")
        elif inside:
            kept.append(line)
    return "\n".join(kept)


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_declares_its_own_names_and_no_others(abi, c_compiler, header):
    text = own_lines(c_compiler.preprocess(include(header)), header)
    file = f"{header}.h"

    enums = re.findall(r"typedef\s+enum\s+\w+\s*\{(.*?)\}\s*(\w+)\s*;", text, re.DOTALL)
    own = [e for e in abi.enums if e.header == file]
    assert sorted(name for _, name in enums) == sorted(e.name for e in own)
    enumerators = {name for body, _ in enums for name in re.findall(r"(\w+)\s*(?:=|,|$)", body)}
    expected = {name for e in own for name, _ in e.values}
    assert {name for name in enumerators if not name.isdigit()} == expected
    text = re.sub(r"typedef\s+enum\s+\w+\s*\{.*?\}\s*\w+\s*;", "", text, flags=re.DOTALL)

    structs = re.findall(r"typedef\s+struct\s+(\w+)\s+\1\s*;", text)
    assert sorted(structs) == sorted(abi.structs_of(file))
    text = re.sub(r"typedef\s+struct\s+(\w+)\s+\1\s*;", "", text)

    callbacks = re.findall(r"typedef[^;]*?\(\s*\*\s*(\w+)\s*\)\s*\([^;]*\)\s*;", text)
    assert sorted(callbacks) == sorted(c.name for c in abi.callbacks if c.header == file)
    text = re.sub(r"typedef[^;]*?\(\s*\*\s*\w+\s*\)\s*\([^;]*\)\s*;", "", text)

    text = re.sub(r"__attribute__\s*\(\(.*?\)\)\s", "", text)
    declarations = re.findall(r"[\w\s*]*?\b(\w+)\s*\([^()]*\)\s*;", text)
    assert sorted(declarations) == sorted(f.name for f in abi.functions if f.header == file)
    rest = re.sub(r"[\w\s*]*?\b\w+\s*\([^()]*\)\s*;", "", text)
    assert rest.split() == [], "the header holds something that is no declaration of the ABI"


@pytest.mark.parametrize("header", HEADERS)
def test_parameters_have_the_names_of_the_table(abi, c_compiler, header):
    text = " ".join(own_lines(c_compiler.preprocess(include(header)), header).split())
    for function in abi.functions:
        if function.header == f"{header}.h":
            match = re.search(rf"\b{function.name}\s*\(([^()]*)\)", text)
            assert match, f"{function.name} is not declared in {header}.h"
            names = [part.split()[-1].lstrip("*") for part in match.group(1).split(",")]
            assert names == [p.name for p in function.parameters], function.name


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_defines_its_version_and_the_two_markers_only(abi, c_compiler, header):
    def macros(source: str) -> set[str]:
        return set(re.findall(r"#define (\w+)", c_compiler.preprocess(source, "-dM")))

    prefix = header.upper()
    before = "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n"
    if header != "tritonserver":
        before += include("tritonserver")
    added = macros(before + include(header)) - macros(before)
    versions = {name for name in abi.versions if name.startswith(prefix + "_")}
    markers = (
        {f"{prefix}_DECLSPEC"}
        if header == "tritonserver"
        else {
            f"{prefix}_DECLSPEC",
            f"{prefix}_ISPEC",
        }
    )
    assert added == versions | markers | {f"TRITON_CORE_{prefix}_H_"}


def test_exported_and_implemented_functions_carry_their_marker(abi):
    """The macro before a declaration says who implements the function."""
    for function in abi.functions:
        text = (INCLUDE / "triton" / "core" / function.header).read_text()
        prefix = function.header.removesuffix(".h").upper()
        marker = f"{prefix}_DECLSPEC" if function.by_server else f"{prefix}_ISPEC"
        match = re.search(rf"^(\w+) [\w *\n]*\b{function.name}\(", text, re.MULTILINE)
        assert match, f"{function.name} is not declared at the start of a line in {function.header}"
        assert match.group(1) == marker, function.name
