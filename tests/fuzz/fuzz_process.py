# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The process in which atheris fuzzes one target: ``fuzz_process.py TARGET [libFuzzer's arguments]``.

run.py starts it with the sanitizers' runtime loaded and the instrumented build on the path. The program
that ``FUZZ_PROGRAM`` names does the same for this target: libFuzzer runs it to merge corpora.
"""

from __future__ import annotations

import os
import sys

import atheris
import fuzz_targets


def main() -> None:
    name = sys.argv[1]
    with atheris.instrument_imports(include=["triton_py"], enable_loader_override=False):
        target = fuzz_targets.load(name)
    target.open_target()

    def mutated(data: bytes, most: int, random_seed: int) -> bytes:
        out = target.mutate(data, random_seed, lambda some: bytes(atheris.Mutate(some, most)))
        return bytes(out[:most])

    program = os.environ.get("FUZZ_PROGRAM", sys.argv[0])
    atheris.Setup([program, *sys.argv[2:]], target.one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
