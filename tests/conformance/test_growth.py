# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is called a leak, from readings that are made up; and the process in which it is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from triton_py.conformance.cases import Case, CaseModel, Load, Outcome, Unload
from triton_py.conformance.pool import Pool
from triton_py.conformance.properties.growth import certain_growth, growth
from triton_py.conformance.specimens.corpus import MODELS

AMOUNT = 100


def readings(step: int, first: int = 0) -> Callable[[bool], Outcome]:
    """Each run takes so many bytes more than the one before."""
    taken = [first]

    def run(is_first: bool) -> Outcome:
        taken[0] += step
        return Outcome((), 0, 0, allocated_bytes=taken[0])

    return run


class FakePool:
    """Says what is read in the process of its own."""

    def __init__(self) -> None:
        self.inside = False
        self.entered = 0

    @contextmanager
    def exact_memory(self) -> Iterator[None]:
        self.inside, self.entered = True, self.entered + 1
        yield
        self.inside = False


@pytest.mark.parametrize(("step", "grown"), [
    (0, 0), (4000, 0), (4464, 4464), (100_000, 100_000), (-4464, 0)])
def test_growth_is_what_every_round_takes(step, grown):
    assert growth(readings(step), AMOUNT) == grown


def test_a_leak_is_one_in_both_processes():
    pool = FakePool()
    assert certain_growth(pool, readings(4800), AMOUNT) == 4800
    assert pool.entered == 1


def test_what_only_a_cache_takes_is_no_leak():
    """44 bytes for each load of a sound backend, on a machine with much else to do."""
    pool = FakePool()
    seen, exact = readings(4464), readings(16)
    assert certain_growth(pool, lambda first: (exact if pool.inside else seen)(first), AMOUNT) == 0
    assert pool.entered == 1


def test_what_does_not_grow_is_looked_at_once():
    pool = FakePool()
    assert certain_growth(pool, readings(0), AMOUNT) == 0
    assert pool.entered == 0


def environment(pool: Pool) -> dict[str, str]:
    assert pool._process is not None
    text = Path(f"/proc/{pool._process.process.pid}/environ").read_text()
    return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)


def test_the_process_of_exact_memory_is_one_of_its_own(specimen, monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    config = (MODELS / "elements" / "config.pbtxt").read_text()
    case = Case((CaseModel("elements", config),), (Load("elements"), Unload("elements")))
    with Pool(specimen("sound"), "specimen") as pool:
        assert not pool.run(case)[0].ended
        before = pool._process.process.pid
        with pool.exact_memory():
            assert not pool.run(case)[0].ended
            inside = pool._process.process.pid
            assert environment(pool)["GLIBC_TUNABLES"] == "glibc.malloc.tcache_count=0"
        assert not pool.run(case)[0].ended
        assert len({before, inside, pool._process.process.pid}) == 3
        assert "GLIBC_TUNABLES" not in environment(pool)


def test_tunables_that_are_set_stay(monkeypatch):
    """Not read from the process: glibc cuts its own variable up."""
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.perturb=1")
    with Pool(Path("none"), "none") as pool, pool.exact_memory():
        assert pool._more == {
            "GLIBC_TUNABLES": "glibc.malloc.perturb=1:glibc.malloc.tcache_count=0"}
