# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether two files were measured on machines that can be compared."""

from __future__ import annotations

from collections.abc import Mapping

from triton_py.errors import InvalidArgumentError

#: What matters -> the keys that it may have in a fingerprint.
MATTERS: dict[str, tuple[str, ...]] = {
    "CPU model": ("cpu", "cpu_model", "model"),
    "core count": ("cores", "cpus", "cpu_count"),
    "kernel release": ("kernel", "kernel_release", "release"),
    "governor": ("governor", "cpu_governor", "scaling_governor"),
}


def differences(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """What matters and is not the same, each as a line with both values."""
    out = []
    for what, keys in MATTERS.items():
        one, other = (_value(machine, keys) for machine in (first, second))
        if one != other:
            out.append(f"{what}: {one or 'not known'} / {other or 'not known'}")
    return out


def same_machine(first: Mapping[str, str], second: Mapping[str, str], across: bool) -> list[str]:
    """What to warn of.

    Raises ``InvalidArgumentError`` where the machines differ in what matters and ``across`` is
    false.
    """
    found = differences(first, second)
    if found and not across:
        raise InvalidArgumentError(
            "the two were measured on machines that differ (first / second):\n  "
            + "\n  ".join(found)
            + "\nTimes of different machines say nothing of the software; --across-machines "
            "compares them all the same.")
    warnings = [f"The machines differ in {line}." for line in found]
    unknown = [what for what, keys in MATTERS.items()
               if not _value(first, keys) and not _value(second, keys)]
    if unknown:
        warnings.append(f"Neither file says the machine's {', '.join(unknown)}.")
    return warnings


def _value(machine: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((str(machine[key]).strip() for key in keys if machine.get(key)), "")
