# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""LitServe: JSON over HTTP, in a form that the service chooses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from triton_py.errors import UnsupportedError

from ..load import bodies
from ..scenarios import Scenario
from .packaged import SERVICES, Packaged
from .peer import Served, free_ports


class _Served(Served):
    READY_PATH = "/health"

    def request(self, scenario: Scenario) -> bodies.Body:
        if scenario.kind != "http" or scenario.settings.get("encoding") != "json":
            raise UnsupportedError("takes JSON over HTTP alone")
        return bodies.plain_json(scenario.inputs, "/predict")

    def answers(self, scenario: Scenario) -> list[bytes]:
        body = self.request(scenario)
        answer, _ = self.post(body.path, body.data, body.headers())
        return [bodies.of_plain_json(scenario, json.loads(answer))]

    def successes(self, model: str) -> None:
        """It counts none."""


class LitServe(Packaged):
    scenarios = "litserve"
    title = "LitServe"
    package = "litserve"
    version = "0.2.19"
    protocol = "JSON over HTTP: a list of numbers by the tensor's name, without its type and shape"
    models = ("python-add-sub",)

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        self._model(repository)
        self._environment.ensure()
        (http,) = free_ports(1)
        command = [self._environment.python, str(SERVICES / "litserve_service.py"), str(http)]
        return _Served(command, env or {}, log, http, 0)
