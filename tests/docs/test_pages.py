# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The pages say what the code does: flags, dependencies, links, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from triton_py.cli import flag_docs, foreign
from triton_py.cli.main import COMMANDS
from triton_py.cli.settings import defaults, flags

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("cbackend/**/*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

KNOWN = {*flags(), *foreign.names(), *(a for f in flags().values() for a in f.aliases)}


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def shell_lines(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line]


def test_the_table_of_flags_is_the_parsers():
    page = (ROOT / "docs" / "serve.md").read_text()
    assert flag_docs.MARKERS.search(page)
    assert page == flag_docs.replaced(page), "run python -m triton_py.cli.flag_docs docs/serve.md"


def test_the_quick_start_is_the_two_commands():
    lines = shell_lines(ROOT / "README.md")
    assert lines[0] == "pip install '.[demo]' && triton-py serve --demo"
    assert lines[1] == "pip install '.[test]' && pytest"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{page_id(page)}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
            assert anchor in slugs, f"{page_id(page)}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_flags_exist(page):
    for line in shell_lines(page):
        for command, rest in re.findall(r"triton-py (\S+)([^)&|]*)", line):
            assert command in COMMANDS or command.startswith("--"), f"{page_id(page)}: {line}"
            if command == "serve":
                for flag in re.findall(r"--([a-z-]+)", rest):
                    assert flag in KNOWN, f"{page_id(page)}: --{flag}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_settings_named_in_the_text_exist(page):
    text = page.read_text()
    for flag in re.findall(r"`--((?:http|grpc|metrics|model|log|exit|allow|backend)-[a-z0-9-]+)", text):
        assert flag in KNOWN, f"{page_id(page)}: --{flag}"


def test_ports_in_the_text_are_the_defaults():
    text = (ROOT / "docs" / "serve.md").read_text()
    for name in ("http-port", "grpc-port", "metrics-port"):
        assert str(defaults()[name]) in text


def test_every_dependency_has_its_reason():
    text = (ROOT / "docs" / "dependencies.md").read_text()

    def names(requirements: list[str]) -> set[str]:
        return {re.match(r"[A-Za-z0-9_.-]+", r).group(0) for r in requirements}

    for name in names(PROJECT["dependencies"]):
        assert re.search(rf"^\| {name} \|", text, re.MULTILINE), name
    for extra, requirements in PROJECT["optional-dependencies"].items():
        rows = re.findall(rf"^\| `{extra}` \| ([^|]+) \|", text, re.MULTILINE)
        listed = {name.strip() for row in rows for name in row.split(",")}
        assert listed == names(requirements), extra


def test_the_ci_script_runs_what_the_readme_says():
    script = (ROOT / ".ci" / "run").read_text()
    assert "README.md" in script
    for linter in ("ruff check", "mypy", "cython-lint"):
        assert linter in script
        assert linter in (ROOT / "CONTRIBUTING.md").read_text()
