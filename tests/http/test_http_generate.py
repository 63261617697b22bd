# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""generate: one request, one JSON object back."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from http_running import Running
from http_support import Reader, Reply, call, request_bytes

EXACTLY_ONE = ("generate expects model to produce exactly 1 response, use generate stream for "
               "model that generates various number of responses")


def generate(server: Any, model: str, request: Any, headers: dict[str, str] | None = None,
             kind: str = "generate") -> Reply:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return call(server, "POST", f"/v2/models/{model}/{kind}", body, headers)


def ask(model: str, request: Any, kind: str = "generate") -> bytes:
    return request_bytes("POST", f"/v2/models/{model}/{kind}", json.dumps(request).encode())


@pytest.mark.parametrize(
    ("datatype", "values"),
    [("bool", [True, False]), ("uint8", [0, 255]), ("uint16", [1, 65535]),
     ("uint32", [0, 2**32 - 1]), ("uint64", [0, 2**64 - 1]), ("int8", [-128, 127]),
     ("int16", [-32768, 0]), ("int32", [-(2**31), 5]), ("int64", [-(2**63), 2**63 - 1]),
     ("fp32", [0.5, -2.25]), ("fp64", [1e300, -0.1]), ("bytes", ["é", "a\n\"b\""])])
def test_every_type_comes_back(server: Running, datatype: str, values: list[Any]) -> None:
    """Lists as lists, one element without its list, whether it was sent as one or not."""
    model = f"identity_{datatype}"
    for sent, back in ((values, values), (values[0], values[0]), ([values[1]], values[1]),
                       ([], [])):
        reply = generate(server, model, {"INPUT0": sent})
        assert reply.status == 200, reply
        assert reply.headers["content-type"] == "application/json"
        assert reply.json == {"model_name": model, "model_version": "1", "OUTPUT0": back}


def test_several_inputs(server: Running) -> None:
    reply = generate(server, "mixed", {
        "INPUT1": "one", "parameters": {"INPUT2": [7, 8]}, "INPUT0": [1.5]})
    assert reply.json == {"model_name": "mixed", "model_version": "1", "OUTPUT0": 1.5,
                          "OUTPUT1": "one", "OUTPUT2": [7, 8]}


def test_a_model_that_batches(server: Running) -> None:
    assert generate(server, "batched", {"INPUT0": [1, 2, 3]}).json["OUTPUT0"] == [1, 2, 3]
    assert generate(server, "batched", {"INPUT0": 4}).json["OUTPUT0"] == 4


def test_what_the_backend_sees(server: Running) -> None:
    reply = generate(server, "echo", {
        "id": "seven é", "INPUT0": 1, "s": "t\n", "i": -(2**63), "priority": 3,
        "parameters": {"b": False, "d": 0.1, "timeout": 5, "sequence_start": True}})
    assert reply.status == 200, reply
    assert reply.json["id"] == "seven é" and reply.json["OUTPUT0"] == 1
    # Names with a meaning in infer are the backend's here, as are all others.
    expected = {"s": "t\n", "i": -(2**63), "b": False, "d": 0.1, "priority": 3, "timeout": 5,
                "sequence_start": True, "request_id": "seven é", "request_flags": 0}
    assert {name: reply.json[name] for name in expected} == expected
    assert type(reply.json["b"]) is bool and type(reply.json["i"]) is int
    assert "id" not in generate(server, "streaming", {"PROMPT": "x", "id": ""}).json


def test_response_parameters_and_names_that_are_taken(server: Running) -> None:
    reply = generate(server, "streaming", {"PROMPT": "x", "tag": "a\"b"})
    assert reply.json == {"model_name": "streaming", "model_version": "1", "TEXT": "aaaaa",
                          "tag": "a\"b", "index": 0, "flag": True, "real": 0.5}
    reply = generate(server, "streaming", {"PROMPT": "x", "clash": 1})
    # Nothing may be named twice; without an id of the request the name is free.
    assert reply.body.count(b'"model_name"') == reply.body.count(b'"TEXT"') == 1
    assert reply.json == {"model_name": "streaming", "model_version": "1", "TEXT": 2, "id": 3}
    reply = generate(server, "streaming", {"PROMPT": "x", "clash": 1, "id": "mine"})
    assert reply.json["id"] == "mine" and reply.body.count(b'"id"') == 1


def test_shapes_of_outputs(server: Running) -> None:
    for elements, back in ((0, []), (1, "aa"), (3, ["aa"] * 3)):
        reply = generate(server, "streaming", {"PROMPT": "x", "elements": elements, "size": 2})
        assert reply.json["TEXT"] == back


@pytest.mark.parametrize("bare_final", [0, 1])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_there_must_be_one_response(server: Running, count: int, bare_final: int) -> None:
    reply = generate(server, "streaming", {"PROMPT": "x", "count": count,
                                           "bare_final": bare_final})
    if count == 1:
        assert (reply.status, reply.json["TEXT"]) == (200, "aaaaa")
    else:
        assert (reply.status, reply.error) == (500, EXACTLY_ONE)


def test_repeat(server: Running) -> None:
    assert generate(server, "repeat", {"IN": 42}).json == {
        "model_name": "repeat", "model_version": "1", "OUT": 42, "IDX": 0}
    assert generate(server, "repeat", {"IN": [1, 2]}).error == EXACTLY_ONE
    assert generate(server, "repeat", {"IN": []}).error == EXACTLY_ONE
    reply = generate(server, "repeat", {"IN": [1], "DELAY": [1, 2]})
    assert reply.status == 400 and "expected IN and DELAY shape to match" in reply.error


def test_errors_of_the_backend(server: Running) -> None:
    reply = generate(server, "streaming", {"PROMPT": "x", "error_at": 0})
    assert (reply.status, reply.error) == (503, 'An "Error" Occurred')
    assert reply.headers["content-type"] == "application/json"
    reply = generate(server, "echo", {"INPUT0": 1, "execute_error": "boom é"})
    assert reply.status == 500 and "boom é" in reply.error


@pytest.mark.parametrize("kind", ["generate", "generate_stream"])
@pytest.mark.parametrize(
    ("model", "request_", "status", "text"),
    [
        ("nowhere", {"x": 1}, 404, "nowhere"),
        ("identity_fp32/versions/7", {"INPUT0": 1}, 404, "identity_fp32"),
        (f"identity_fp32/versions/{10**20}", {"INPUT0": 1}, 400, "version string"),
        ("identity%zz", {"INPUT0": 1}, 400, "percent-encoding"),
        ("identity_fp32", b"", 400, "The document is empty"),
        ("identity_fp32", b"[1]", 400, "must be an object"),
        ("identity_fp32", {}, 400, "expected 1 inputs but got 0 inputs"),
        ("identity_fp32", {"x": 1}, 400, "expected 1 inputs but got 0 inputs"),
        ("identity_fp32", {"INPUT0": "x"}, 400, "datatype FP32 takes a number"),
        ("identity_fp16", {"INPUT0": 1}, 400, "FP16 data via JSON is not supported"),
        ("one_string", {"INPUT0": ["a", "b"]}, 400, "The schema can not convert input 'INPUT0'"),
        ("identity_fp32", {"INPUT0": 1, "p": {}}, 400, "parameter 'p' has invalid type"),
        ("identity_fp32", {"INPUT0": 1, "id": 3}, 400, "Unable to parse 'id'"),
        ("identity_fp32", {"INPUT0": 1, "parameters": 3}, 400, "Expected JSON object for keyword"),
    ])
def test_requests_that_fail_before_they_begin(
    server: Running, kind: str, model: str, request_: Any, status: int, text: str
) -> None:
    """An answer in JSON with the error's status, from either end point."""
    reply = generate(server, model, request_, kind=kind)
    assert reply.status == status, reply
    assert text in reply.error
    assert reply.headers["content-type"] == "application/json"
    assert generate(server, "identity_fp32", {"INPUT0": 1}).json["OUTPUT0"] == 1.0


@pytest.mark.parametrize("kind", ["generate", "generate_stream"])
def test_headers_that_matter(server: Running, kind: str) -> None:
    body = json.dumps({"INPUT0": 1}).encode()
    reply = generate(server, "identity_fp32", body, {"Inference-Header-Content-Length": "5"}, kind)
    assert (reply.status, reply.error) == (
        400, "generate takes JSON alone, without Inference-Header-Content-Length")
    reply = generate(server, "identity_fp32", body, {"Content-Encoding": "br"}, kind)
    assert reply.status == 415 and "gzip" in reply.headers["accept-encoding"]
    reply = generate(server, "identity_fp32", b"no gzip", {"Content-Encoding": "gzip"}, kind)
    assert reply.status == 400 and "compressed" in reply.error
    reply = call(server, "POST", f"/v2/models/identity_fp32/{kind}", None)
    assert reply.status == 411
    reply = call(server, "GET", f"/v2/models/identity_fp32/versions/1/{kind}")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def test_compressed_both_ways(server: Running) -> None:
    text = "word " * 2000
    reply = generate(server, "identity_bytes", gzip.compress(json.dumps({"INPUT0": text}).encode()),
                     {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip" and len(reply.body) < 1000
    assert json.loads(gzip.decompress(reply.body))["OUTPUT0"] == text


def test_paths(server: Running) -> None:
    body = json.dumps({"INPUT0": 2}).encode()
    for path in ("/v2/models/identity_fp32/versions/1/generate",
                 "/v2/models/identity%5Ffp32/generate", "/v2/models/identity_fp32/generate?x=y"):
        reply = call(server, "POST", path, body)
        assert (reply.status, reply.json["OUTPUT0"]) == (200, 2.0), path


def test_headers_become_parameters(repository: Any) -> None:
    running = Running(repository, header_forward_pattern="x-mine")
    try:
        reply = generate(running, "echo", {"INPUT0": 1}, {"X-Mine-Too": "yes"})
        assert reply.json["X-Mine-Too"] == "yes"
    finally:
        running.close()


def test_the_json_is_bounded(repository: Any) -> None:
    running = Running(repository, max_input_size=1000)
    try:
        for kind in ("generate", "generate_stream"):
            reply = generate(running, "identity_fp64", {"INPUT0": [1] * 200}, kind=kind)
            assert reply.status == 413 and "exceeds the maximum allowed value" in reply.error
            reply = generate(running, "identity_bytes", {"INPUT0": "x" * 2000}, kind=kind)
            assert reply.status == 413
            assert " bytes exceeds the maximum allowed input size of " in reply.error
        assert generate(running, "identity_fp64", {"INPUT0": [1] * 9}).status == 200
    finally:
        running.close()


def test_unary_end_points_go_on_refusing(server: Running) -> None:
    body = json.dumps({"inputs": [{"name": "IN", "datatype": "INT32", "shape": [1],
                                   "data": [1]}]}).encode()
    reply = call(server, "POST", "/v2/models/repeat/infer", body)
    assert reply.status == 501 and "decoupled transaction policy" in reply.error


def test_pipelined_with_other_requests(server: Running) -> None:
    data, expected = b"", []
    for n in range(30):
        if n % 3 == 0:
            data += ask("repeat", {"IN": n, "DELAY": 30 - n, "id": str(n)})
        elif n % 3 == 1:
            data += request_bytes("GET", "/v2/health/live")
        else:
            data += ask("repeat", {"IN": [n, n]})
        expected.append(n)
    with server.connect() as sock:
        sock.sendall(data)
        reader = Reader(sock)
        for n in expected:
            reply = reader.reply()
            if n % 3 == 0:
                assert (reply.json["OUT"], reply.json["id"]) == (n, str(n))
            elif n % 3 == 1:
                assert (reply.status, reply.body) == (200, b"")
            else:
                assert (reply.status, reply.error) == (500, EXACTLY_ONE)


def test_a_reload_changes_what_names_mean(tmp_path: Any) -> None:
    """A member that was a parameter is an input as soon as the model has it."""
    from http_running import tensor, write_model

    echo = 'parameters { key: "echo_parameters" value { string_value: "true" } }\n'
    one = tensor("input", "INPUT0", "INT32") + tensor("output", "OUTPUT0", "INT32")
    two = tensor("input", "x", "INT32") + tensor("output", "y", "INT32")
    write_model(tmp_path, "m", echo + one)
    running = Running(tmp_path)
    try:
        request = {"INPUT0": 1, "x": 5}
        assert generate(running, "m", request).json["x"] == 5
        (tmp_path / "m" / "config.pbtxt").write_text(f'backend: "identity"\n{echo}{one}{two}')
        assert call(running, "POST", "/v2/repository/models/m/load").status == 200
        reply = generate(running, "m", request).json
        assert reply["y"] == 5 and "x" not in reply
    finally:
        running.close()
