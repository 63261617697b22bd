# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""mosec: HTTP, with bodies that the service defines."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from triton_py.errors import UnsupportedError

from ..load import bodies
from ..scenarios import Scenario
from .packaged import SERVICES, Packaged
from .peer import Served, free_ports

#: Model -> what a body is, in services/mosec_service.py.
_ENCODINGS = {"python-add-sub": "json", "python-passed": "binary"}
_PATH = "/inference"

_COUNT = re.compile(r'^mosec_service_throughput_total\{code="(\d+)".*\} (\d+)$', re.MULTILINE)
#: Of a body; its own limit is 10 MiB.
_LARGEST = 1 << 30


class _Served(Served):
    READY_PATH = "/"

    def request(self, scenario: Scenario) -> bodies.Body:
        encoding = scenario.settings.get("encoding", "binary")
        if scenario.kind != "http" or _ENCODINGS[scenario.model] != encoding:
            raise UnsupportedError("takes HTTP alone, and a body's form is the service's: here "
                                   f"{_ENCODINGS[scenario.model]} for '{scenario.model}'")
        if encoding == "json":
            return bodies.plain_json(scenario.inputs, _PATH)
        return bodies.Body(b"".join(map(bodies.raw, scenario.inputs)), path=_PATH)

    def answers(self, scenario: Scenario) -> list[bytes]:
        body = self.request(scenario)
        answer, _ = self.post(body.path, body.data, body.headers())
        if _ENCODINGS[scenario.model] == "json":
            return [bodies.of_plain_json(scenario, json.loads(answer))]
        return [answer]

    def successes(self, model: str) -> tuple[int, int]:
        with urllib.request.urlopen(self.url("/metrics"), timeout=30) as page:
            counts = [(code, int(count)) for code, count in _COUNT.findall(page.read().decode())]
        good = sum(count for code, count in counts if code == "200")
        return good, sum(count for _, count in counts) - good


class Mosec(Packaged):
    scenarios = "mosec"
    title = "mosec"
    package = "mosec"
    version = "0.9.8"
    protocol = ("HTTP: as JSON a list of numbers by the tensor's name, without its type and shape; as "
                "binary the tensor's bytes, and nothing else")
    models = tuple(_ENCODINGS)

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        model = self._model(repository)
        self._environment.ensure()
        (http,) = free_ports(1)
        command = [self._environment.python, str(SERVICES / "mosec_service.py"),
                   "--address", "127.0.0.1", "--port", str(http), "--log-level", "warning",
                   "--max-request-size", str(_LARGEST), "--timeout", "30000"]
        return _Served(command, {"TRITON_PY_MODEL": model, **(env or {})}, log, http, 0)
