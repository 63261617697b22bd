# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How many instructions the kernels need, counted by valgrind's callgrind.

The count is the same on a busy machine as on an idle one, so it can be held tightly. It depends on the
compiler, the C library and the interpreter: a baseline belongs to those of one environment, and in
another one nothing is compared.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triton_py.errors import InternalError, InvalidArgumentError

from .kernels import KERNELS
from .load import programs

#: Runs of each kernel that are counted together.
TIMES = 200
#: A function of the core that no kernel calls: callgrind writes its counts down when it is.
_MARK = "*watch_init*"

_CHILD = """
import sys
from triton_py.benchmarks import kernels
from triton_py.core.probe import WatchProbe
kernels.count(int(sys.argv[1]), WatchProbe)
"""

BASELINE = Path(__file__).parent / "instructions.json"


def environment() -> str:
    """What a count depends on, beside the code."""
    try:
        compiler = subprocess.run([os.environ.get("CXX", "g++"), "-dumpversion"], check=False,
                                  capture_output=True, text=True).stdout.strip() or "unknown"
    except OSError:
        compiler = "unknown"
    return (f"{platform.machine()}, gcc {compiler.partition('.')[0]}, "
            f"{' '.join(platform.libc_ver())}, Python {'.'.join(platform.python_version_tuple()[:2])}")


def count(times: int = TIMES) -> dict[str, float]:
    """Kernel -> instructions of one run of it. Takes half a minute.

    Raises ``UnavailableError`` without valgrind.
    """
    valgrind = programs.tool("valgrind")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "counts")
        command = [valgrind, "--tool=callgrind", f"--callgrind-out-file={out}",
                   f"--dump-before={_MARK}",
                   # -P: a checkout in the working directory is not what is installed.
                   sys.executable, "-P", "-X", "frozen_modules=on", "-c", _CHILD, str(times)]
        # Hashes decide how often a dictionary looks; addresses how often memory is asked for.
        programs.run(command, 600, {**os.environ, "PYTHONHASHSEED": "0"})
        totals = [_total(path) for path in sorted(
            Path(folder).glob("counts.*"), key=lambda path: int(path.suffix[1:]))]
    # Each kernel has a mark before and one behind it: every other count is a kernel's.
    ends = totals[1::2]
    if len(ends) != len(KERNELS):
        raise InternalError(f"callgrind wrote {len(totals)} counts, expected {2 * len(KERNELS)}")
    return {name: total / times for name, total in zip(KERNELS, ends, strict=True)}


def _total(path: Path) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise InternalError(f"{path.name}: callgrind wrote no total")
    return int(found[1])


@dataclass(frozen=True)
class Change:
    """A kernel's count beside the baseline's; None where one of them has none."""

    kernel: str
    baseline: float | None
    now: float | None

    @property
    def ratio(self) -> float | None:
        return self.now / self.baseline if self.now and self.baseline else None

    def verdict(self, margin: float) -> str:
        """``slower``, ``faster``, ``same``, ``new`` or ``gone``."""
        if self.ratio is None:
            return "gone" if self.now is None else "new"
        if self.ratio > 1 + margin:
            return "slower"
        return "faster" if self.ratio < 1 - margin else "same"


def read(path: Path) -> dict[str, dict[str, float]]:
    """Environment -> kernel -> count. Raises ``InvalidArgumentError``."""
    try:
        data: Any = json.loads(path.read_text())
        return {environment: {kernel: float(count) for kernel, count in counts.items()}
                for environment, counts in data.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InvalidArgumentError(f"{path} is no baseline of instruction counts: {error}") from error


def write(path: Path, environment: str, counts: dict[str, float]) -> None:
    """Beside what it holds for other environments."""
    made = {**read(path), environment: {kernel: round(n, 1) for kernel, n in counts.items()}}
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")


def changes(baseline: dict[str, float], now: dict[str, float]) -> list[Change]:
    names = dict.fromkeys([*now, *baseline])
    return [Change(name, baseline.get(name), now.get(name)) for name in names]
