# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A server in a process of its own, and the model repositories that the client tests use."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

PROBE = Path(__file__).with_name("serve_probe.py")

#: KServe's name -> the configuration's.
DATATYPES = {
    "BOOL": "TYPE_BOOL", "UINT8": "TYPE_UINT8", "UINT16": "TYPE_UINT16", "UINT32": "TYPE_UINT32",
    "UINT64": "TYPE_UINT64", "INT8": "TYPE_INT8", "INT16": "TYPE_INT16", "INT32": "TYPE_INT32",
    "INT64": "TYPE_INT64", "FP16": "TYPE_FP16", "FP32": "TYPE_FP32", "FP64": "TYPE_FP64",
    "BYTES": "TYPE_STRING", "BF16": "TYPE_BF16",
}

_STARTED = {
    "grpc": re.compile(r"Started GRPCInferenceService at (\S+)"),
    "http": re.compile(r"Started HTTPService at (\S+)"),
    "metrics": re.compile(r"Started Metrics Service at (\S+)"),
}


def io(kind: str, index: int, datatype: str, dims: str) -> str:
    name = f"{kind.upper()}{index}"
    return f'{kind} [ {{ name: "{name}" data_type: {DATATYPES[datatype]} dims: [ {dims} ] }} ]\n'


def identity_config(
    datatypes: Sequence[str], dims: str = "-1, -1", max_batch_size: int = 0, extra: str = ""
) -> str:
    """A config.pbtxt of the identity backend: OUTPUTn copies INPUTn."""
    text = f'backend: "identity"\nmax_batch_size: {max_batch_size}\n'
    for index, datatype in enumerate(datatypes):
        text += io("input", index, datatype, dims) + io("output", index, datatype, dims)
    return text + extra


def parameter(name: str, value: object) -> str:
    return f'parameters {{ key: "{name}" value {{ string_value: "{value}" }} }}\n'


def add_model(repository: Path, name: str, config: str, versions: Sequence[int] = (1,)) -> None:
    for version in versions:
        (repository / name / str(version)).mkdir(parents=True)
    (repository / name / "config.pbtxt").write_text(config)


class ServerProcess:
    """``triton-py serve`` on free ports. Use as a context manager."""

    def __init__(self, repository: Path, *flags: str, ready_timeout: float = 60) -> None:
        read_end, write_end = os.pipe()
        self._answers = os.fdopen(read_end, "rb", buffering=0)
        self._output = tempfile.TemporaryFile("w+b")  # noqa: SIM115  closed by close()
        env = {**os.environ, "PROBE_FD": str(write_end), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(PROBE), f"--model-repository={repository}",
             "--http-port=0", "--grpc-port=0", "--metrics-port=0", *flags],
            stdin=subprocess.PIPE, stdout=self._output, stderr=subprocess.STDOUT,
            env=env, pass_fds=[write_end],
        )
        os.close(write_end)
        try:
            self._wait_ready(ready_timeout)
        except BaseException:
            self.close()
            raise
        text = self.output()
        found = {name: pattern.search(text) for name, pattern in _STARTED.items()}
        self.grpc = found["grpc"].group(1) if found["grpc"] else ""
        self.http = found["http"].group(1) if found["http"] else ""
        self.metrics = found["metrics"].group(1) if found["metrics"] else ""

    def output(self) -> str:
        """What the server printed so far."""
        # pread: the child shares the file's position.
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode("utf-8", "replace")

    def _wait_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while "Ready." not in self.output():
            if self.process.poll() is not None:
                raise AssertionError(
                    f"the server ended with {self.process.returncode}:\n{self.output()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready within {timeout} s:\n{self.output()}")
            time.sleep(0.02)

    def ask(self, question: str, timeout: float = 30) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(question.encode() + b"\n")
        self.process.stdin.flush()
        reply = b""
        while not reply.endswith(b"\n"):
            if not select.select([self._answers], [], [], timeout)[0]:
                raise AssertionError(f"no answer to {question!r} within {timeout} s")
            piece = self._answers.read(65536)
            if not piece:
                raise AssertionError(f"the server is gone:\n{self.output()}")
            reply += piece
        return json.loads(reply)

    def counters(self) -> dict[str, int]:
        """How many objects of each kind are alive in the core."""
        reply = self.ask("counters")
        assert "probe_error" not in reply, reply
        return reply

    def resident_bytes(self) -> int:
        reply = self.ask("memory")
        assert isinstance(reply, int), reply
        return reply

    def assert_alive(self) -> None:
        assert self.process.poll() is None, (
            f"the server ended with {self.process.returncode}:\n{self.output()[-4000:]}")

    def stop(self, timeout: float = 40) -> int:
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        if self.process.stdin is not None:
            self.process.stdin.close()
        self._answers.close()
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def client_repository(root: Path) -> Path:
    """Everything that the shared server of the client tests loads."""
    for datatype in DATATYPES:
        add_model(root, f"identity_{datatype.lower()}", identity_config([datatype]))
    add_model(root, "echo", identity_config(
        ["INT32"], dims="-1", extra=parameter("echo_parameters", "true")))
    add_model(root, "multi", identity_config(["FP32", "BYTES", "INT64"], dims="-1"))
    add_model(root, "batched", identity_config(
        ["FP32", "BYTES"], dims="-1", max_batch_size=8, extra="dynamic_batching { }\n"))
    add_model(root, "labelled", identity_config(["FP32"], dims="-1", max_batch_size=4).replace(
        'name: "OUTPUT0"', 'name: "OUTPUT0" label_filename: "labels.txt"'))
    (root / "labelled" / "labels.txt").write_text("cat\ndog\n")
    add_model(root, "fixed", identity_config(["INT32"], dims="4"))
    add_model(root, "versions", identity_config(
        ["INT32"], dims="-1", extra="version_policy { all { } }\n"), versions=(1, 3))
    add_model(root, "slow", identity_config(
        ["INT32"], dims="-1", extra=parameter("execute_delay_ms", 300)))
    add_model(root, "reloaded", identity_config(["INT32"], dims="-1"))
    add_model(root, "repeat", 'backend: "repeat"\n')
    # Its backend exists nowhere, so that it stays unavailable with a reason.
    add_model(root, "broken", 'backend: "no_such_backend"\n')
    return root
