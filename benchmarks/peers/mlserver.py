# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""MLServer: the same protocol, over HTTP without its binary form of tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from triton_py.errors import UnsupportedError

from ..load import bodies
from ..scenarios import Scenario
from .packaged import SERVICES, Packaged
from .peer import Served, free_ports

#: Model -> the class of services/mlserver_models.py.
_CLASSES = {"python-add-sub": "AddSub", "python-passed": "Passed", "python-upper": "Upper"}


class _Served(Served):
    def __init__(self, command: list[str], env: Mapping[str, str], log: Path, http: int, grpc: int,
                 model: str) -> None:
        # The server says that it is ready before it has loaded anything.
        self.READY_PATH = f"/v2/models/{model}/ready"
        super().__init__(command, env, log, http, grpc)

    def request(self, scenario: Scenario) -> bodies.Body:
        if scenario.kind == "http" and scenario.settings.get("encoding") != "json":
            raise UnsupportedError("takes no binary tensors over HTTP")
        if "stream" in scenario.settings:
            raise UnsupportedError("has another form of streams: its responses are not wrapped")
        return super().request(scenario)

    def answers(self, scenario: Scenario) -> list[bytes]:
        if scenario.kind == "grpc":
            return super().answers(scenario)
        body = self.request(scenario)
        answer, _ = self.post(f"models/{scenario.model}/infer", body.data, body.headers())
        return [b"".join(bodies.packed(bodies.from_json(output["datatype"], output["data"]))
                         for output in json.loads(answer)["outputs"])]

    def successes(self, model: str) -> None:
        """Its metrics are off, as the other servers' are."""


class MLServer(Packaged):
    scenarios = "mlserver"
    title = "MLServer"
    package = "mlserver"
    version = "1.7.1"
    # Its workers ask for an event loop where there is none, which later versions of uvloop refuse.
    more = ("numpy", "uvloop<0.22")
    protocol = "the same over gRPC, and over HTTP with JSON"
    models = tuple(_CLASSES)

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        model = self._model(repository)
        http, grpc, metrics = free_ports(3)
        folder = log.with_suffix(".mlserver")
        place = folder / model
        place.mkdir(parents=True, exist_ok=True)
        (place / "model-settings.json").write_text(json.dumps({
            "name": model, "implementation": f"mlserver_models.{_CLASSES[model]}"}))
        # One worker process, which is its default. Nothing is logged for a request.
        (folder / "settings.json").write_text(json.dumps({
            "debug": False, "host": "127.0.0.1", "http_port": http, "grpc_port": grpc,
            "metrics_port": metrics, "metrics_endpoint": None, "grpc_max_message_length": -1,
            "environments_dir": str(folder / "environments")}))
        command = [str(self._environment.ensure() / "bin" / "mlserver"), "start", str(folder)]
        return _Served(command, {"PYTHONPATH": str(SERVICES), **(env or {})}, log, http, grpc, model)
