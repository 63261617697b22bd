# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The headers are the manual: every declaration is explained, every pointer is tagged."""

from __future__ import annotations

import re

import pytest
from abi_support import HEADERS, INCLUDE

TAG = re.compile(r"\[(owned|transferred|callback-scoped|static|borrowed until [^\[\]]+)\] (.+)")


def header_text(header: str) -> str:
    """The text of a header as it is committed."""
    return (INCLUDE / "triton" / "core" / f"{header}.h").read_text()


def comment_before(text: str, name: str) -> str:
    """The /// comment right above a declaration, without its slashes; "" where there is none."""
    pattern = rf"((?:^///[^\n]*\n)*)^\w[\w *(\n]*\b{name}\)?\("
    match = re.search(pattern, text, re.MULTILINE)
    assert match, f"{name} is not declared"
    return "\n".join(line[3:].removeprefix(" ") for line in match.group(1).splitlines())


def entries(comment: str) -> tuple[str, dict[str, str]]:
    """Split a comment into its text and its entries: "param x", "return", "threads"."""
    text, found, current = [], {}, None
    for line in comment.splitlines():
        match = re.match(r"\\(param \w+|return)\s+(.*)|Threads:\s+(.*)", line)
        if match:
            current = match.group(1) or "threads"
            assert current not in found, f"{current} is explained twice"
            found[current] = match.group(2) or match.group(3)
        elif current:
            found[current] += " " + line.strip()
        else:
            text.append(line)
    return "\n".join(text).strip(), found


def complaints(function, comment: str) -> list[str]:
    """What is wrong with the comment of a function; nothing, if all is well."""
    text, found = entries(comment)
    wrong = []
    if not re.match(r"[A-Z].*[.:]", text, re.DOTALL):
        wrong.append("no sentence says what it does")
    names = [key.removeprefix("param ") for key in found if key.startswith("param ")]
    if names != [p.name for p in function.parameters]:
        wrong.append(f"parameters explained are {names}")
    for parameter in function.parameters:
        said = found.get(f"param {parameter.name}", "")
        tag = TAG.fullmatch(said)
        if parameter.is_pointer and not tag:
            wrong.append(f"{parameter.name} has no ownership")
        elif not parameter.is_pointer and (tag or not said):
            wrong.append(f"{parameter.name} is a value that needs words but no ownership")
        elif tag and tag.group(1) == "transferred" and not re.search(r"\b(error|null)\b", said):
            wrong.append(f"{parameter.name} does not say who owns it on error")
        elif tag and tag.group(1) == "owned" and "free " not in said:
            wrong.append(f"{parameter.name} does not say how to free it")
    said = found.get("return", "")
    if (function.returns == "void") is bool(said):
        wrong.append("what it returns is not explained")
    if "*" in function.returns and not TAG.fullmatch(said):
        wrong.append("what it returns has no ownership")
    if not found.get("threads"):
        wrong.append("it is not said which threads may call it")
    wrong += [f"{key} is no sentence" for key, said in found.items() if not said.endswith(".")]
    return wrong


@pytest.mark.parametrize("header", HEADERS)
def test_every_function_and_callback_is_explained(abi, header):
    text = header_text(header)
    wrong = {}
    for function in (*abi.functions, *abi.callbacks):
        if function.header == f"{header}.h":
            found = complaints(function, comment_before(text, function.name))
            if found:
                wrong[function.name] = found
    assert wrong == {}


@pytest.mark.parametrize("header", HEADERS)
def test_every_enumeration_is_explained(abi, header):
    text = header_text(header)
    for enum in (e for e in abi.enums if e.header == f"{header}.h"):
        match = re.search(
            rf"((?:^///[^\n]*\n)*)^typedef enum \w+ \{{[^}}]*\}} {enum.name};", text, re.MULTILINE
        )
        assert match, enum.name
        assert match.group(1).strip().endswith("."), f"{enum.name} is not explained"


@pytest.mark.parametrize("header", HEADERS)
def test_the_top_tells_how_to_build_and_how_versions_and_ownership_work(header):
    top = header_text(header).partition("#ifndef")[0]
    assert "gcc -shared -fPIC -I$(triton-py config --include) x.c -o libtriton" in top
    assert "// Versions. " in top
    assert "Ownership" in top
    for word in ("[owned]", "[borrowed until X]", "[transferred]", "[callback-scoped]", "[static]"):
        assert word in top


@pytest.mark.parametrize("header", HEADERS)
def test_lines_fit(header):
    too_long = [line for line in header_text(header).splitlines() if len(line) > 100]
    assert too_long == []


# The lint itself: a comment that it must accept, and what it must notice in altered ones.

GOOD = """\
Sends a response.

\\param response [transferred] The response.
    It is gone on error too.
\\param send_flags Flags.
\\param error [borrowed until return] The error.
\\return [owned] Null, or an error: none.
Threads: any."""


@pytest.fixture
def response_send(abi):
    return next(f for f in abi.functions if f.name == "TRITONBACKEND_ResponseSend")


def test_the_lint_accepts_a_good_comment(response_send):
    assert complaints(response_send, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Sends a response.", "", "no sentence says what it does"),
        ("[borrowed until return] ", "", "error has no ownership"),
        ("[borrowed until return] ", "[borrowed] ", "error has no ownership"),
        ("[borrowed until return] ", "[lent] ", "error has no ownership"),
        ("It is gone on error too.", "It is gone.", "response does not say who owns it on error"),
        ("\\param send_flags Flags.\n", "", "parameters explained are ['response', 'error']"),
        (" Flags.", " [static] Flags.", "send_flags is a value that needs words but no ownership"),
        ("[owned] Null, or", "Null, or", "what it returns has no ownership"),
        ("\\return [owned] Null, or an error: none.\n", "", "what it returns is not explained"),
        ("Threads: any.", "", "it is not said which threads may call it"),
        ("Threads: any.", "Threads: any", "threads is no sentence"),
    ],
)
def test_the_lint_notices(response_send, old, new, expected):
    assert old in GOOD
    assert expected in complaints(response_send, GOOD.replace(old, new))


def test_a_comment_belongs_to_the_declaration_below_it():
    text = "/// One.\nA f(int x);\n\nB g(\n    int x);\n\n/// Two.\nC\nh(int x);\n"
    assert comment_before(text, "f") == "One."
    assert comment_before(text, "g") == ""
    assert comment_before(text, "h") == "Two."
