# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A plugin for pytest: ``pytest --triton-backend libtriton_x.so`` has a test for each clause.

Without that option it does nothing, and imports nothing of the harness.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .clauses import Clause
    from .results import ClauseResult, RunResult

_RUN = pytest.StashKey["RunResult"]()
_PROBLEM = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("triton-py", "certifying a Triton backend (triton-py certify)")
    group.addoption("--triton-backend", metavar="FILE", help="libtriton_<name>.so: a test a clause")
    group.addoption("--triton-model", action="append", default=[], metavar="DIR",
                    help="a model folder with its config.pbtxt; may be given several times")
    group.addoption("--triton-config", metavar="FILE",
                    help="the conformance.toml (default: the one beside the library)")
    group.addoption("--triton-profile", action="append", default=[], metavar="NAME",
                    help="only this profile's clauses; may be given several times")
    group.addoption("--triton-seed", type=int, default=None, metavar="N")
    group.addoption("--triton-examples", type=int, default=None, metavar="N",
                    help="cases for each property and model")
    group.addoption("--triton-time-budget", type=float, default=None, metavar="SECONDS")
    group.addoption("--triton-strict", action="store_true", help="SHOULD clauses fail, too")


class Violated(Exception):
    """A clause does not hold; the text is what a report says about it."""


def pytest_collection(session: pytest.Session) -> None:
    """Nothing is collected by this hook; it says early what can't work."""
    backend = session.config.getoption("--triton-backend")
    if backend and not Path(backend).is_file():
        raise pytest.UsageError(f"--triton-backend: there is no file '{backend}'")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "triton_backend: a clause of a backend's conformance (pytest --triton-backend)"
    )
    if config.getoption("--triton-backend"):
        config.pluginmanager.register(_Collection(config), "triton-py-collection")


class _Collection:
    """Adds the clauses to what pytest has collected itself."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        from .clauses import clauses

        wanted = config.getoption("--triton-profile")
        library = Path(config.getoption("--triton-backend"))
        parent = Clauses.from_parent(session, name=library.name, nodeid="triton-backend")
        found = [c for c in clauses().values() if not wanted or c.profile in wanted]
        added: list[pytest.Item] = [
            ClauseItem.from_parent(parent, name=clause.id, clause=clause) for clause in found
        ]
        # What -k leaves out is left out here, too: pytest has looked at its own items before.
        expression = config.getoption("keyword")
        if expression:
            added, out = _chosen(added, expression)
            config.hook.pytest_deselected(items=out)
        items.extend(added)
        session.testscollected = len(items)


def _chosen(items: list[pytest.Item], words: str) -> tuple[list[pytest.Item], list[pytest.Item]]:
    from _pytest.mark import KeywordMatcher
    from _pytest.mark.expression import Expression

    expression = Expression.compile(words)
    inside = [item for item in items if expression.evaluate(KeywordMatcher.from_item(item))]
    return inside, [item for item in items if item not in inside]


class Clauses(pytest.Collector):
    """The library; its children are made by the hook above."""

    def collect(self) -> list[pytest.Item]:
        return []


class ClauseItem(pytest.Item):
    """One clause. The first that runs makes the run for all of them."""

    def __init__(self, *, clause: Clause, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clause = clause
        self.add_marker(getattr(pytest.mark, "triton_backend"))  # noqa: B009 it has no static name
        # A run takes as long as its time budget says.
        if self.config.pluginmanager.hasplugin("timeout"):
            self.add_marker(pytest.mark.timeout(0))

    def runtest(self) -> None:
        run = _run(self.session)
        result = next(r for r in run.results if r.clause.id == self.clause.id)
        self.user_properties.append(("cases", result.cases))
        if result.status == "fail":
            text = _text(run, result)
            if run.counts(result):
                raise Violated(text)
            pytest.xfail(result.waived or f"{self.clause.level}, does not decide: {result.reason}")
        if result.status == "not-run" and not _cut_off(run, result):
            pytest.skip(result.reason)
        if result.status != "pass":
            raise Violated(f"{result.status}: {result.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Violated):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.clause.id}: {self.clause.sentence}"


def _cut_off(run: RunResult, result: ClauseResult) -> bool:
    """Whether it should have been examined: then it is one of the run's problems."""
    return any(problem.startswith(f"{result.clause.id}: ") for problem in run.problems)


def _text(run: RunResult, result: ClauseResult) -> str:
    from .report.terminal import violations_text

    return violations_text(run, result)


def _run(session: pytest.Session) -> RunResult:
    """The run, made at the first call. Fails each test where it can't be made."""
    if _PROBLEM in session.stash:
        raise Violated(session.stash[_PROBLEM])
    if _RUN not in session.stash:
        from .pool import HarnessError
        from .settings import SettingsError

        try:
            session.stash[_RUN] = _certify(session.config)
        except (HarnessError, SettingsError) as error:
            session.stash[_PROBLEM] = f"the harness can't do its work: {error}"
            raise Violated(session.stash[_PROBLEM]) from None
    return session.stash[_RUN]


def _certify(config: pytest.Config) -> RunResult:
    from datetime import UTC, datetime

    from . import run
    from .subject import read_subject
    from .waivers import apply

    def option(name: str, default: Any) -> Any:
        value = config.getoption(name)
        return default if value is None else value

    subject = read_subject(
        Path(config.getoption("--triton-backend")),
        [Path(folder) for folder in config.getoption("--triton-model")],
        config.getoption("--triton-config"),
    )
    result = run.certify(
        subject.target,
        seed=option("--triton-seed", run.DEFAULT_SEED),
        examples=option("--triton-examples", run.DEFAULT_EXAMPLES),
        budget_s=option("--triton-time-budget", run.DEFAULT_BUDGET_S),
        profiles=config.getoption("--triton-profile"),
        strict=config.getoption("--triton-strict"),
    )
    if subject.settings is not None:
        apply(result, subject.settings.waivers, datetime.now(UTC).date(), subject.settings.path.name)
    return result
