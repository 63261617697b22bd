# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a peer is, and a server process of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from triton_py.errors import TritonError, UnavailableError, UnsupportedError

from .. import load
from ..load import bodies, single
from ..results import Subject
from ..scenarios import Scenario


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass(frozen=True)
class InProcess:
    """A library with the in-process API, and what it needs to be loaded by a C program."""

    library: str
    #: To be loaded before it, for what it leaves undefined; or empty.
    preload: str = ""
    env: dict[str, str] = field(default_factory=dict)


class ServerEndedError(UnavailableError):
    """A server process ended by itself while it was under load."""


class Served:
    """A server process. A context manager that ends it; where it has ended before that, and something
    was raised meanwhile, ``ServerEndedError`` is raised in its place.

    :param stop_seconds: after SIGTERM, before it is killed.
    """

    READY_SECONDS = 120
    #: A server that crashes prints its stack first.
    DYING_SECONDS = 2

    #: Answers GET with 200 once the server is ready.
    READY_PATH = "/v2/health/ready"

    def __init__(self, command: list[str], env: Mapping[str, str], log: Path, http: int, grpc: int,
                 stop_seconds: float = 10) -> None:
        self.http = http
        self.grpc = grpc
        self._log = log
        self._stop_seconds = stop_seconds
        began = time.monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self._wait_ready(began + self.READY_SECONDS)
        except BaseException:
            self.close()
            raise
        #: From the command to the first answer that says ready, in ms.
        self.start_ms = (time.monotonic() - began) * 1000

    @property
    def pid(self) -> int:
        return self._process.pid

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-5:]) or "it said nothing"

    def _wait_ready(self, deadline: float) -> None:
        while True:
            if self._process.poll() is not None:
                raise UnavailableError(f"the server ended with {self._process.returncode} before it "
                                       f"was ready: {self._last_words()}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{self.READY_PATH}",
                                            timeout=5):
                    return
            except (OSError, urllib.error.URLError):
                if time.monotonic() > deadline:
                    raise UnavailableError(f"the server was not ready after {self.READY_SECONDS} s: "
                                           f"{self._last_words()}") from None
                time.sleep(0.002)

    def url(self, path: str) -> str:
        """:param path: below ``/v2/``, or from the root where it begins with a slash."""
        return f"http://127.0.0.1:{self.http}{path if path.startswith('/') else '/v2/' + path}"

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """The answer's body and headers (names in lower case). Raises ``UnavailableError``."""
        request = urllib.request.Request(self.url(path), data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read(), {k.lower(): v for k, v in answer.headers.items()}
        except urllib.error.HTTPError as error:
            raise UnavailableError(f"{path}: {error.code}: {error.read()[:300]!r}") from error

    def post_json(self, path: str, message: Any) -> Any:
        """The answer as JSON, None where it is empty. Raises ``UnavailableError``."""
        body, _ = self.post(path, json.dumps(message).encode(), {"Content-Type": "application/json"})
        return json.loads(body) if body.strip() else None

    def request(self, scenario: Scenario) -> bodies.Body:
        """What makes the scenario's load, as this server takes it.

        Raises ``triton_py.errors`` where it takes no such thing.
        """
        return bodies.of(scenario)

    def answers(self, scenario: Scenario) -> list[bytes]:
        """The outputs of each response to one such request, as ``bodies.expected`` has them.

        Raises ``UnavailableError``.
        """
        if scenario.kind == "grpc":
            one = replace(scenario, settings={
                **scenario.settings, **({"stream": 1} if "stream" in scenario.settings else {})})
            return single.grpc(self.grpc, self.request(one))
        # Binary, whatever the load is: JSON can't say all that there is.
        body = bodies.http(scenario.inputs, bodies.outputs(scenario))
        answer, headers = self.post(f"models/{scenario.model}/infer", body.data, body.headers())
        return [answer[int(headers.get("inference-header-content-length", len(answer))):]]

    def successes(self, model: str) -> tuple[int, int] | None:
        """How many requests succeeded and failed so far, by the server's own statistics; None where it
        has none."""
        with urllib.request.urlopen(self.url(f"models/{model}/stats"), timeout=30) as answer:
            stats: dict[str, Any] = json.load(answer)
        inference = [version["inference_stats"] for version in stats["model_stats"]]
        return (sum(s["success"]["count"] for s in inference),
                sum(s["fail"]["count"] for s in inference))

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(self._stop_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        # Some leave processes behind; its session is its own, so its group is nobody else's.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        # What a client sees first is a closed connection; the end of the process may follow.
        ended = None
        if isinstance(error, (TritonError, OSError)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                ended = self._process.wait(self.DYING_SECONDS)
        self.close()
        if ended is not None:
            how = signal.Signals(-ended).name if ended < 0 else f"status {ended}"
            raise ServerEndedError(f"the server ended with {how} under load ({error}): "
                                   f"{self._last_words()}") from error


class Peer(ABC):
    """A server that can be compared with another."""

    #: The scenarios in which it is compared where none are named.
    scenarios = "versus"
    #: Allocations and copies of its processes can be counted.
    countable = True

    @abstractmethod
    def subject(self) -> Subject:
        """What a report says it is."""

    def backends(self, shipped: Path, folder: Path) -> Path:
        """The backends that it is to use: those that ship, where it has none of its own.

        :param shipped: a folder with ``<name>/libtriton_<name>.so``.
        :param folder: empty, for a folder of that kind that is made.
        """
        return shipped

    @abstractmethod
    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        """Starts it, ready.

        :param backends: a folder with ``<name>/libtriton_<name>.so``.
        :param flags: of ``tritonserver``, beside those that every start needs.
        :param env: what its environment has beside this process's.
        """

    def inprocess(self) -> InProcess | None:
        """None if it has no in-process API in C."""
        return None

    def closed_loop(self, work: load.Work) -> load.Load:
        """Does that work in a process of its own: over the in-process API, if it has no other way.

        Raises ``UnsupportedError`` if it can't, ``InternalError`` for requests that failed.
        """
        library = self.inprocess()
        if library is None:
            raise UnsupportedError("has no in-process API in C")
        return load.inprocess(library.library, work, library.preload, library.env)


def ask(python: str, code: str, what: str) -> dict[str, Any]:
    """The JSON that ``code`` prints under another interpreter.

    :param what: it is asked for, in the words of an error.
    Raises ``UnavailableError``.
    """
    try:
        # From the root: a checkout in the working directory is not what is asked for.
        said = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True,
                              cwd="/", timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"can't run {python}: {error}") from error
    if said.returncode != 0:
        raise UnavailableError(f"{python} has no {what}: "
                               + (said.stderr.strip().splitlines() or ["no reason"])[-1])
    facts: dict[str, Any] = json.loads(said.stdout)
    return facts


def common_flags(repository: Path, backends: Path, http: int, grpc: int) -> list[str]:
    """In the words that ``tritonserver`` and ``triton-py serve`` share."""
    return [
        f"--model-repository={repository}", f"--backend-directory={backends}",
        "--http-address=127.0.0.1", f"--http-port={http}",
        "--grpc-address=127.0.0.1", f"--grpc-port={grpc}",
        "--allow-metrics=false", "--log-info=false",
    ]
