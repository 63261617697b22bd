# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Inference over real sockets: every form a request and its answer may take."""

from __future__ import annotations

import gzip
import json
import struct
import zlib

import pytest
from http_support import Reader, call, infer, pack_strings, request_bytes

F3 = struct.pack("<3f", 1, 2.5, -3)


def x(data: object = None, shape: list[int] | None = None, datatype: str = "FP32",
      name: str = "INPUT0", size: int | None = None) -> dict:
    tensor: dict = {"name": name, "shape": shape if shape is not None else [3],
                    "datatype": datatype}
    if size is not None:
        tensor["parameters"] = {"binary_data_size": size}
    else:
        tensor["data"] = data if data is not None else [1, 2.5, -3]
    return tensor


def test_json_to_json(server) -> None:
    reply = infer(server, "identity_fp32", {"inputs": [x()]})
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert "inference-header-content-length" not in reply.headers
    assert reply.body == (
        b'{"model_name":"identity_fp32","model_version":"1","outputs":'
        b'[{"name":"OUTPUT0","datatype":"FP32","shape":[3],"data":[1.0,2.5,-3.0]}]}')


def test_binary_to_binary(server) -> None:
    reply = infer(server, "identity_fp32",
                  {"inputs": [x(size=12)], "parameters": {"binary_data_output": True}}, F3)
    head, data = reply.split
    assert reply.headers["content-type"] == "application/octet-stream"
    assert head["outputs"] == [{"name": "OUTPUT0", "datatype": "FP32", "shape": [3],
                                "parameters": {"binary_data_size": 12}}]
    assert data == F3


def test_json_to_binary_and_back(server) -> None:
    asked = [{"name": "OUTPUT0", "parameters": {"binary_data": True}}]
    assert infer(server, "identity_fp32", {"inputs": [x()], "outputs": asked}).split[1] == F3
    reply = infer(server, "identity_fp32", {"inputs": [x(size=12)]}, F3)
    assert reply.json["outputs"][0]["data"] == [1, 2.5, -3]


@pytest.mark.parametrize(
    ("default", "said", "binary"),
    [(None, None, False), (True, None, True), (True, False, False), (False, True, True)])
def test_who_decides_the_form_of_an_output(server, default, said, binary) -> None:
    request: dict = {"inputs": [x()], "outputs": [{"name": "OUTPUT0"}]}
    if default is not None:
        request["parameters"] = {"binary_data_output": default}
    if said is not None:
        request["outputs"][0]["parameters"] = {"binary_data": said}
    head, data = infer(server, "identity_fp32", request).split
    assert (data == F3) is binary
    assert ("data" in head["outputs"][0]) is not binary


def test_a_mix_both_ways(server) -> None:
    strings = pack_strings(b"a", b"", b"\xff\0")
    reply = infer(server, "mixed", {
        "inputs": [x(size=12), x(shape=[3], datatype="BYTES", name="INPUT1", size=len(strings)),
                   x([7, -8], [2], "INT64", "INPUT2")],
        "outputs": [{"name": "OUTPUT1", "parameters": {"binary_data": True}},
                    {"name": "OUTPUT0"},
                    {"name": "OUTPUT2", "parameters": {"binary_data": True}}],
    }, F3 + strings)
    head, data = reply.split
    outputs = {o["name"]: o for o in head["outputs"]}
    assert outputs["OUTPUT0"]["data"] == [1, 2.5, -3]
    at = 0
    for output in head["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is not None:
            outputs[output["name"]]["raw"] = data[at:at + size]
            at += size
    assert at == len(data)
    assert outputs["OUTPUT1"]["raw"] == strings
    assert outputs["OUTPUT2"]["raw"] == struct.pack("<2q", 7, -8)


def test_only_the_requested_outputs_come(server) -> None:
    inputs = [x(), x(["s"], [1], "BYTES", "INPUT1"), x([1], [1], "INT64", "INPUT2")]
    reply = infer(server, "mixed", {"inputs": inputs, "outputs": [{"name": "OUTPUT1"}]})
    assert [o["name"] for o in reply.json["outputs"]] == ["OUTPUT1"]
    assert len(infer(server, "mixed", {"inputs": inputs}).json["outputs"]) == 3


def test_empty_tensors(server) -> None:
    reply = infer(server, "identity_fp32", {"inputs": [x([], [0])]})
    assert reply.json["outputs"][0] == {"name": "OUTPUT0", "datatype": "FP32", "shape": [0],
                                        "data": []}
    reply = infer(server, "identity_fp32", {"inputs": [x(shape=[0], size=0)],
                                            "parameters": {"binary_data_output": True}}, b"")
    assert reply.json["outputs"][0]["parameters"] == {"binary_data_size": 0}
    assert "inference-header-content-length" not in reply.headers


def test_a_raw_binary_request(server) -> None:
    reply = infer(server, "identity_fp32", F3, headers={"Inference-Header-Content-Length": "0"})
    assert reply.split[1] == F3
    # A raw body for a BYTES input is one element, without its length.
    reply = infer(server, "one_string", b"hello",
                  headers={"Inference-Header-Content-Length": "0"})
    assert reply.split[1] == pack_strings(b"hello"), reply


def test_versions_and_names_in_the_path(server) -> None:
    body = json.dumps({"inputs": [x()]}).encode()
    for path in ("/v2/models/identity_fp32/versions/1/infer", "/v2/models/identity%5Ffp32/infer",
                 "/v2/models/identity_fp32/infer?x=y"):
        assert call(server, "POST", path, body).status == 200, path
    reply = call(server, "POST", "/v2/models/identity_fp32/versions/7/infer", body)
    assert reply.status in (400, 404, 503)
    assert "identity_fp32" in reply.error
    reply = call(server, "POST", f"/v2/models/identity_fp32/versions/{10**20}/infer", body)
    assert (reply.status, "version string" in reply.error) == (400, True)
    assert call(server, "POST", "/v2/models/identity_fp32/versions/x/infer", body).status == 404
    assert call(server, "POST", "/v2/models/identity%zz/infer", body).status == 400
    assert call(server, "POST", "/v2/models/a%2Fb/infer", body).status == 404


def test_what_the_backend_sees_of_a_request(server) -> None:
    reply = infer(server, "echo", {
        "id": "id \u00e9", "inputs": [x([1], [1], "INT32")],
        "parameters": {"s": "t\n", "i": -(2**63), "b": False, "d": 0.1, "priority": 2,
                       "timeout": 123456, "sequence_id": 77, "sequence_start": True,
                       "sequence_end": True}})
    assert reply.status == 200, reply
    assert reply.json["id"] == "id \u00e9"
    parameters = reply.json["parameters"]
    expected = {"s": "t\n", "i": -(2**63), "b": False, "d": 0.1, "request_id": "id \u00e9",
                "request_flags": 3, "request_timeout_us": 123456, "request_correlation_id": 77}
    assert {k: parameters[k] for k in expected} == expected
    assert type(parameters["b"]) is bool and type(parameters["i"]) is int
    for reserved in ("priority", "timeout", "sequence_id", "sequence_start", "sequence_end"):
        assert reserved not in parameters


def test_a_sequence_id_of_text(server) -> None:
    reply = infer(server, "echo", {"inputs": [x([1], [1], "INT32")],
                                   "parameters": {"sequence_id": "abc"}})
    assert reply.json["parameters"]["request_correlation_id"] == "abc"


def test_errors_of_the_backend(server) -> None:
    reply = infer(server, "echo", {"inputs": [x([1], [1], "INT32")],
                                   "parameters": {"error": "no luck \u00e9"}})
    assert reply.status >= 400
    assert "no luck \u00e9" in reply.error
    reply = infer(server, "echo", {"inputs": [x([1], [1], "INT32")],
                                   "parameters": {"execute_error": "boom"}})
    assert reply.status >= 400
    assert "boom" in reply.error


def test_classification(server) -> None:
    asked = [{"name": "OUTPUT0", "parameters": {"classification": 2}}]
    values = {"inputs": [x([0.5, 4, 2.25, 4], [4])], "outputs": asked}
    output = infer(server, "identity_fp32", values).json["outputs"][0]
    assert output == {"name": "OUTPUT0", "datatype": "BYTES", "shape": [2],
                      "data": ["4.000000:1", "4.000000:3"]}
    asked[0]["parameters"]["binary_data"] = True        # type: ignore[index]
    head, data = infer(server, "identity_fp32", values).split
    assert head["outputs"][0]["datatype"] == "BYTES"
    assert data == pack_strings(b"4.000000:1", b"4.000000:3")
    batched = {"inputs": [x([1, 9, 5, -7, -8, -9], [2, 3], "INT32")],
               "outputs": [{"name": "OUTPUT0", "parameters": {"classification": 5}}]}
    output = infer(server, "batched", batched).json["outputs"][0]
    assert output["shape"] == [2, 3]
    assert output["data"] == ["9:1", "5:2", "1:0", "-7:0", "-8:1", "-9:2"]
    strings = {"inputs": [x(["a"], [1], "BYTES")], "outputs": [
        {"name": "OUTPUT0", "parameters": {"classification": 1}}]}
    reply = infer(server, "identity_bytes", strings)
    assert (reply.status, "unsupported type 'BYTES'" in reply.error) == (400, True)


# --- transfer -----------------------------------------------------------------------------------


def test_a_chunked_request(server) -> None:
    text = json.dumps({"inputs": [x(size=12)]}).encode()
    body = text + F3
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                      for i in range(0, len(body), 7)) + b"0\r\n\r\n"
    head = request_bytes("POST", "/v2/models/identity_fp32/infer", None, {
        "Transfer-Encoding": "chunked", "Inference-Header-Content-Length": str(len(text))})
    with server.connect() as sock:
        for byte in range(0, len(head + chunks), 11):
            sock.sendall((head + chunks)[byte:byte + 11])
        assert Reader(sock).reply().json["outputs"][0]["data"] == [1, 2.5, -3]


def test_expect_100_continue(server) -> None:
    body = json.dumps({"inputs": [x()]}).encode()
    data = request_bytes("POST", "/v2/models/identity_fp32/infer", body,
                         {"Expect": "100-continue"})
    with server.connect() as sock:
        reader = Reader(sock)
        sock.sendall(data[:-len(body)])
        assert reader.reply().status == 100
        sock.sendall(body)
        assert reader.reply().status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compression_both_ways(server, coding: str) -> None:
    values = [float(i % 17) for i in range(5000)]
    text = json.dumps({"inputs": [x(values, [5000])]}).encode()
    packed = gzip.compress(text) if coding == "gzip" else zlib.compress(text)
    reply = infer(server, "identity_fp32", packed,
                  headers={"Content-Encoding": coding, "Accept-Encoding": coding})
    assert reply.status == 200, reply
    assert reply.headers["content-encoding"] == coding
    unpacked = gzip.decompress(reply.body) if coding == "gzip" else zlib.decompress(reply.body)
    assert json.loads(unpacked)["outputs"][0]["data"] == values


def test_compressed_binary(server) -> None:
    raw = struct.pack("<1000f", *range(1000))
    text = json.dumps({"inputs": [x(shape=[1000], size=4000)],
                       "parameters": {"binary_data_output": True}}).encode()
    reply = infer(server, "identity_fp32", gzip.compress(text + raw), headers={
        "Content-Encoding": "gzip", "Accept-Encoding": "deflate;q=0.5, gzip;q=0.1",
        "Inference-Header-Content-Length": str(len(text))})
    assert reply.headers["content-encoding"] == "deflate"
    size = int(reply.headers["inference-header-content-length"])
    assert zlib.decompress(reply.body)[size:] == raw


def test_small_answers_are_not_compressed(server) -> None:
    reply = infer(server, "identity_fp32", {"inputs": [x()]}, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in reply.headers
    assert reply.status == 200


@pytest.mark.parametrize("count", [70_000, 1_000_000])
def test_large_tensors(server, count: int) -> None:
    raw = struct.pack(f"<{count}f", *(i % 1000 for i in range(count)))
    reply = infer(server, "identity_fp32", {
        "inputs": [x(shape=[count], size=len(raw))],
        "parameters": {"binary_data_output": True}}, raw)
    assert reply.split[1] == raw
    values = [float(i % 1000) for i in range(count)]
    reply = infer(server, "identity_fp32", {"inputs": [x(values, [count])]})
    assert reply.json["outputs"][0]["data"] == values


def test_headers_that_become_parameters(repository) -> None:
    from http_running import Running

    running = Running(repository, header_forward_pattern="^x-|priority")
    try:
        request = {"inputs": [x([1], [1], "INT32")], "parameters": {"own": 1}}
        reply = infer(running, "echo", request, headers={"X-One": "a b", "x-two": "2", "Y": "z"})
        parameters = reply.json["parameters"]
        assert {k: v for k, v in parameters.items() if not k.startswith("request_")} == {
            "own": 1, "X-One": "a b", "x-two": "2"}
        reply = infer(running, "echo", request, headers={"Priority": "1"})
        assert (reply.status, "'Priority' is reserved" in reply.error) == (400, True)
    finally:
        running.close()
