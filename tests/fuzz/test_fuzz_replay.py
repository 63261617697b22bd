# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The inputs that fuzzing has kept, on the usual build: what held for them holds.

Those of tests/fuzz/corpus cover together what fuzzing has reached, those of tests/fuzz/findings failed
once. How new ones are found, and which these are: docs/fuzzing.md.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import ModuleType

import fuzz_targets
import pytest

ROUNDS = 300


@pytest.fixture(scope="module", params=fuzz_targets.TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    module = fuzz_targets.load(request.param)
    module.open_target()
    yield module
    module.close_target()


def _name(target: ModuleType) -> str:
    return target.__name__.removeprefix("fuzz_")


def _run(target: ModuleType, data: bytes, what: str) -> None:
    try:
        target.one_input(data)
    except BaseException as error:
        error.add_note(f"{what}: {data!r}")
        raise


def test_kept_inputs(target: ModuleType) -> None:
    kept = fuzz_targets.kept(_name(target))
    assert kept
    for path in kept:
        _run(target, path.read_bytes(), str(path))


def test_seeds_and_mutations_of_them(target: ModuleType) -> None:
    """What the fuzzer begins with works, and what makes more of it too: also without a fuzzer."""
    rng = random.Random(_name(target))
    inputs = target.seeds()
    assert len(inputs) > 10
    for data in inputs:
        _run(target, data, "a seed")

    def generic(data: bytes) -> bytes:
        at = rng.randrange(len(data) + 1)
        return data[:at] + rng.choice([*target.DICTIONARY, rng.randbytes(2)]) + data[at + rng.randrange(3):]

    for _ in range(ROUNDS):
        data = target.mutate(rng.choice(inputs), rng.randrange(1 << 30), generic)
        _run(target, data[:8192], "a mutation")
