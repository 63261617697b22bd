# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The control plane's routes, the metrics port and the debug endpoint."""

from __future__ import annotations

import base64
import gzip
import http.client
import json

import pytest
from http_support import call, infer

INDEX = "/v2/repository/index"


def test_health(server) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/echo/ready",
                 "/v2/models/echo/versions/1/ready"):
        reply = call(server, "GET", path)
        assert (reply.status, reply.body) == (200, b""), path
    reply = call(server, "GET", "/v2/models/nope/ready")
    assert (reply.status, "nope" in reply.error) == (404, True)


def test_metadata(server) -> None:
    assert call(server, "GET", "/v2").json["name"] == "triton"
    assert call(server, "GET", "/v2/models/echo/versions/1").json["versions"] == ["1"]
    assert call(server, "GET", "/v2/models/echo/config").json["name"] == "echo"
    assert call(server, "GET", "/v2/models/echo/versions/9").status in (400, 404, 503)
    stats = call(server, "GET", "/v2/models/echo/stats").json["model_stats"]
    assert [s["name"] for s in stats] == ["echo"]
    every = call(server, "GET", "/v2/models/stats").json["model_stats"]
    assert {"echo", "mixed"} <= {s["name"] for s in every}


def test_the_index(server) -> None:
    for body in (None, b"", b"{}", b'{"ready": false}', b'{"ready": true}'):
        index = {m["name"]: m for m in call(server, "POST", INDEX, body).json}
        assert index["echo"]["state"] == "READY"
    packed = gzip.compress(b'{"ready": true}')
    assert call(server, "POST", INDEX, packed, {"Content-Encoding": "gzip"}).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (INDEX, b"[", 400, "failed to parse the request JSON buffer"),
        (INDEX, b"[]", 400, "must be an object"),
        (INDEX, b"\xff", 400, "failed to parse the request JSON buffer"),
        (INDEX, b"[" * 100000, 400, ""),
        (INDEX, b'{"ready": 1}', 400, "Invalid value for 'ready': expected a boolean"),
        ("/v2/repository/models/echo/load", b'{"parameters": 1}', 400, "expected an object"),
        ("/v2/repository/models/echo/load", b'{"parameters": {"x": "y"}}', 400, "unknown load"),
        ("/v2/repository/models/echo/load", b'{"parameters": {"config": 1}}', 400, "non-string"),
        ("/v2/repository/models/echo/load", b'{"parameters": {"file:a": "?"}}', 400,
         "not base64"),
        ("/v2/repository/models/nope/load", b"", 400, "nope"),
        ("/v2/repository/models/echo/unload", b'{"parameters": {"unload_dependents": 1}}', 400,
         "unload_dependents"),
    ],
)
def test_bad_repository_requests(server, path: str, body: bytes, status: int, message: str
                                 ) -> None:
    reply = call(server, "POST", path, body)
    assert (reply.status // 100, message in reply.error) == (status // 100, True), reply


def test_loading_with_a_configuration(server) -> None:
    model = "/v2/repository/models/batched"
    config = call(server, "GET", "/v2/models/batched/config").json
    changed = {k: config[k] for k in ("backend", "input", "output")} | {"max_batch_size": 3}
    body = json.dumps({"parameters": {"config": json.dumps(changed)}}).encode()
    reply = call(server, "POST", f"{model}/load", body)
    assert (reply.status, reply.body) == (200, b""), reply
    assert call(server, "GET", "/v2/models/batched/config").json["max_batch_size"] == 3
    file = base64.b64encode(b"x").decode()
    body = json.dumps({"parameters": {"config": json.dumps(changed), "file:1/a.bin": file}})
    assert call(server, "POST", f"{model}/load", body.encode()).status == 200
    assert call(server, "POST", f"{model}/unload", b'{"parameters":{"unload_dependents":true}}'
                ).status == 200
    assert call(server, "POST", f"{model}/load").status == 200
    assert call(server, "GET", "/v2/models/batched/config").json["max_batch_size"] == 8


def test_metrics(server) -> None:
    infer(server, "echo", {"inputs": [{"name": "INPUT0", "shape": [1], "datatype": "INT32",
                                       "data": [1]}]})

    def scrape(path: str, method: str = "GET") -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(*server.metrics_url.rsplit(":", 1), timeout=20)
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.headers["content-type"], reply.read().decode()

    status, kind, text = scrape("/metrics")
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert 'nv_inference_request_success{model="echo",version="1"}' in text
    assert scrape("/metrics/")[0] == 200
    assert scrape("/x")[0] == 404
    assert scrape("/metrics", "POST")[0] == 405
    assert scrape("/v2/models/echo/infer", "POST")[0] == 404


def test_debug_objects(server) -> None:
    objects = call(server, "GET", "/v2/debug/objects").json
    assert objects["model"] > 0
    assert objects["request"] == 0
    assert objects["http_exchanges"] == 1       # the one that asks
