# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Restricted APIs: which header opens which paths, and that nothing gets round it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_running import Running
from http_support import Reader, call, infer, request_bytes

import triton_py.core  # noqa: F401  what the next one's symbols are bound to
from triton_py.frontend.restriction import CATEGORIES, Restriction
from triton_py.http.app import ControlPlane
from triton_py.http.restricted import category

INFER = {"inputs": [{"name": "INPUT0", "shape": [1], "datatype": "INT32", "data": [7]}]}

#: By category: requests of it.
CALLS = {
    "health": [("GET", "/v2/health/live"), ("GET", "/v2/health/ready"),
               ("GET", "/v2/models/echo/ready"), ("GET", "/v2/models/echo/versions/1/ready")],
    "metadata": [("GET", "/"), ("GET", "/v2"), ("GET", "/v2/models/echo"),
                 ("GET", "/v2/models/echo/versions/1")],
    "inference": [("POST", "/v2/models/echo/infer"), ("POST", "/v2/models/echo/versions/1/infer"),
                  ("POST", "/v2/models/echo/generate"),
                  ("POST", "/v2/models/echo/generate_stream"),
                  ("GET", "/v2/models/echo/infer"), ("POST", "/v2/models/nope/infer"),
                  ("POST", "/v2/models/%65cho/infer")],
    "shared-memory": [("GET", "/v2/systemsharedmemory/status"),
                      ("POST", "/v2/cudasharedmemory/region/r/register"),
                      ("POST", "/v2/systemsharedmemory/unregister")],
    "model-config": [("GET", "/v2/models/echo/config"),
                     ("GET", "/v2/models/echo/versions/1/config")],
    "model-repository": [("POST", "/v2/repository/index"),
                         ("POST", "/v2/repository/models/nope/load"),
                         ("POST", "/v2/repository/models/nope/unload"),
                         ("GET", "/v2/repository/index")],
    "statistics": [("GET", "/v2/models/stats"), ("GET", "/v2/models/echo/stats"),
                   ("GET", "/v2/models/echo/versions/1/stats"), ("GET", "/v2/debug/objects")],
    "trace": [("GET", "/v2/trace/setting"), ("POST", "/v2/models/echo/trace/setting")],
    "logging": [("GET", "/v2/logging"), ("POST", "/v2/logging")],
}


def key(name: str) -> str:
    return f"X-{name}-Key"


@pytest.fixture(scope="module")
def guarded(repository: Path) -> Iterator[Running]:
    """Each category wants a header of its own."""
    running = Running(repository, header_forward_pattern="^x-tag", restricted={
        name: Restriction(key(name), f"{name} secret") for name in CATEGORIES})
    yield running
    running.close()


@pytest.mark.parametrize("name", CATEGORIES)
def test_each_category_has_a_header(guarded: Running, name: str) -> None:
    body = json.dumps(INFER).encode()
    for method, path in CALLS[name]:
        data = body if method == "POST" else None
        for headers in ({}, {key(name): "wrong"}, {key(name): f"{name} secre"},
                        {key(name): f"{name} secret2"}, {key(name): ""},
                        {key("health" if name != "health" else "trace"): "health secret"}):
            reply = call(guarded, method, path, data, headers)
            assert reply.status == 403, (method, path, headers)
            assert reply.error == f"This API is restricted, expecting header '{key(name)}'"
        for spelled in (key(name), key(name).lower(), key(name).upper()):
            reply = call(guarded, method, path, data, {spelled: f"{name} secret"})
            assert reply.status != 403, (method, path)


def test_all_that_is_not_restricted_is_open(repository: Path) -> None:
    running = Running(repository, restricted={"statistics": Restriction("k", "v")})
    try:
        assert infer(running, "echo", INFER).status == 200
        for name, calls in CALLS.items():
            for method, path in calls:
                status = call(running, method, path, b"" if method == "POST" else None).status
                assert (status == 403) == (name == "statistics"), path
    finally:
        running.close()


def test_the_status_page_needs_all_that_it_tells_of(guarded: Running) -> None:
    needed = ("health", "metadata", "model-repository", "statistics")
    headers = {key(name): f"{name} secret" for name in needed}
    assert call(guarded, "GET", "/status", None, headers).status == 200
    for name in needed:
        rest = {k: v for k, v in headers.items() if k != key(name)}
        assert key(name) in call(guarded, "GET", "/status", None, rest).error


def test_every_path_has_its_category(guarded: Running) -> None:
    """What is not named above would be metadata: no route may be forgotten."""
    app = guarded.http._app
    assert isinstance(app, ControlPlane)
    patterns = [route[0] for route in app._routes]
    met = set()
    for name, calls in CALLS.items():
        for _, path in calls:
            assert category(path) == name, path
            met.update([p for p in patterns if p.fullmatch(path)][:1])
    met.update(p for p in patterns if p.fullmatch("/status"))
    assert met == set(patterns), [p.pattern for p in set(patterns) - met]


@pytest.mark.parametrize(("path", "name"), [
    ("/v2/models/stats", "statistics"), ("/v2/models/ready", "metadata"),
    ("/v2/models/versions/versions/1/infer", "inference"), ("/v2/models/infer/infer", "inference"),
    ("/v2/models/infer", "metadata"), ("/v2/models/infer/config", "model-config"),
    ("/v2/models/health/ready", "health"), ("/nowhere", "metadata"), ("", "metadata"),
    ("/v2/", "metadata"), ("/v2/models/", "metadata"), ("/v2/models/m/versions", "metadata")])
def test_names_that_look_like_actions(path: str, name: str) -> None:
    assert category(path) == name


@pytest.mark.parametrize("lines", [
    "X-inference-Key: inference secret\r\nX-inference-Key: inference secret\r\n",
    "X-inference-Key: wrong\r\nX-inference-Key: inference secret\r\n",
    "X-inference-Key: inference secret\r\nX-Inference-Key: wrong\r\n"])
def test_a_header_given_twice_opens_nothing(guarded: Running, lines: str) -> None:
    body = json.dumps(INFER).encode()
    for path in ("/v2/models/echo/infer", "/v2/models/echo/generate"):
        with guarded.connect() as sock:
            sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{lines}"
                         f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert Reader(sock).reply().status == 403


def test_the_header_in_the_query_or_the_trailer_opens_nothing(guarded: Running) -> None:
    body = json.dumps(INFER).encode()
    assert call(guarded, "POST", "/v2/models/echo/infer?X-inference-Key=inference%20secret",
                body).status == 403
    with guarded.connect() as sock:
        sock.sendall(b"POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(body):x}\r\n".encode() + body
                     + b"\r\n0\r\nX-inference-Key: inference secret\r\n\r\n")
        assert Reader(sock).reply().status == 403


def test_each_request_of_a_connection_is_looked_at(guarded: Running) -> None:
    """Pipelined, compressed, and where the answer may be sent without the loop."""
    body = json.dumps(INFER).encode()
    good = {key("inference"): "inference secret"}
    with guarded.connect() as sock:
        reader = Reader(sock)
        for _ in range(5):
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", body, good))
            assert reader.reply().status == 200
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", body))
            assert reader.reply().status == 403
        sock.sendall(b"".join(request_bytes("POST", "/v2/models/echo/infer", body,
                                            good if n % 2 else {}) for n in range(20)))
        assert [reader.reply().status for _ in range(20)] == [403, 200] * 10
        packed = gzip.compress(body)
        for headers, status in (({}, 403), (good, 200)):
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", packed,
                                       {"Content-Encoding": "gzip", **headers}))
            assert reader.reply().status == status


def test_a_refused_request_is_not_judged_otherwise(guarded: Running) -> None:
    """Who may not ask learns nothing about models, versions or bodies."""
    for path in ("/v2/models/nope/infer", "/v2/models/echo/versions/99999999999999999999/infer",
                 "/v2/models/echo/infer"):
        assert call(guarded, "POST", path, b"[").status == 403


def test_forwarded_headers_do_not_disturb(guarded: Running) -> None:
    reply = infer(guarded, "echo", INFER, headers={
        key("inference"): "inference secret", "X-Tag": "t"})
    assert reply.json["parameters"]["X-Tag"] == "t"


def test_tritonclient(guarded: Running) -> None:
    import numpy as np
    import tritonclient.http as client
    from tritonclient.utils import InferenceServerException

    with client.InferenceServerClient(guarded.url) as made:
        with pytest.raises(InferenceServerException, match="This API is restricted"):
            made.get_server_metadata()
        made.get_server_metadata(headers={key("metadata"): "metadata secret"})
        tensor = client.InferInput("INPUT0", [1], "INT32")
        tensor.set_data_from_numpy(np.array([7], np.int32))
        with pytest.raises(InferenceServerException, match="This API is restricted"):
            made.infer("echo", [tensor])
        got = made.infer("echo", [tensor], headers={key("inference"): "inference secret"})
        assert got.as_numpy("OUTPUT0").tolist() == [7]
