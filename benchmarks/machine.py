# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the machine is, and what a process has used of it. Linux only, read from /proc."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path


def _first(path: str, default: str = "unknown") -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return default


def _cpu_model() -> str:
    for line in _first("/proc/cpuinfo", "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()


def fingerprint() -> dict[str, str]:
    """The machine, as far as it decides what a program costs. Names nobody."""
    memory = _first("/proc/meminfo", "").partition("\n")[0].partition(":")[2].strip()
    return {
        "cpu": _cpu_model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": memory,
        "kernel": platform.release(),
        "governor": _first("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "none"),
        "libc": " ".join(platform.libc_ver()),
        "python": platform.python_version(),
        "hypervisor": "yes" if " hypervisor" in _first("/proc/cpuinfo", "") else "no",
    }


def load_average() -> float:
    """Runnable threads, averaged over a minute."""
    return os.getloadavg()[0]


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def children(pid: int) -> list[int]:
    """The process and its descendants."""
    found = [pid]
    for one in found:
        try:
            tasks = os.listdir(f"/proc/{one}/task")
        except OSError:
            continue
        for task in tasks:
            found += [int(c) for c in _first(f"/proc/{one}/task/{task}/children", "").split()]
    return found


@dataclass(frozen=True)
class Usage:
    """What a process, its threads and its children have used since they began."""

    #: By the processes' own clocks, which count nanoseconds; /proc/PID/stat counts hundredths of
    #: a second.
    cpu_seconds: float
    switches: int
    peak_mib: float
    resident_mib: float


def _status(text: str) -> dict[str, str]:
    return {key: value.strip() for key, _, value in
            (line.partition(":") for line in text.splitlines())}


def usage(pid: int) -> Usage:
    """Raises ``ProcessLookupError`` if there is no such process."""
    cpu, switches, peak, resident = 0.0, 0, 0.0, 0.0
    for one in children(pid):
        try:
            # clock_getcpuclockid(3): the number of another process's CPU clock.
            cpu += time.clock_gettime(~one << 3 | 2)
            tasks = os.listdir(f"/proc/{one}/task")
            process = _status(Path(f"/proc/{one}/status").read_text())
        except (OSError, ProcessLookupError) as error:
            if one == pid:
                raise ProcessLookupError(f"no process {pid}") from error
            continue
        peak += int(process.get("VmHWM", "0 kB").split()[0]) / 1024
        resident += int(process.get("VmRSS", "0 kB").split()[0]) / 1024
        for task in tasks:
            status = _status(_first(f"/proc/{one}/task/{task}/status", ""))
            switches += int(status.get("voluntary_ctxt_switches", 0))
            switches += int(status.get("nonvoluntary_ctxt_switches", 0))
    return Usage(cpu, switches, peak, resident)
