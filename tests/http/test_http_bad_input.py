# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes of clients: the status, what the answer says, and that the server goes on."""

from __future__ import annotations

import gzip
import json
import random
import struct
import time
import zlib

import pytest
from http_support import Reader, Reply, call, infer, request_bytes

from triton_py.http._parser import HttpError
from triton_py.http.compression import STEP, decompress

F3 = struct.pack("<3f", 1, 2.5, -3)
LENGTH = "Inference-Header-Content-Length"


def tensor(**changes: object) -> dict:
    return {"name": "INPUT0", "shape": [3], "datatype": "FP32", "data": [1, 2, 3], **changes}


def binary(size: object, **changes: object) -> dict:
    out = tensor(parameters={"binary_data_size": size}, **changes)
    del out["data"]
    return out


def inputs(*tensors: dict, **more: object) -> bytes:
    return json.dumps({"inputs": list(tensors), **more}).encode()


# name: (model, body, headers, status, part of the message)
CASES: dict[str, tuple[str, bytes, dict[str, str], int, str]] = {
    "empty body": ("identity_fp32", b"", {}, 400, "The document is empty"),
    "no JSON": ("identity_fp32", b"\xff\xfe", {}, 400, "failed to parse the request JSON buffer"),
    "cut JSON": ("identity_fp32", inputs(tensor())[:-3], {}, 400, "failed to parse"),
    "unknown model": ("nope", inputs(tensor()), {}, 404, "unknown model: 'nope'"),
    "missing input": ("identity_fp32", inputs(), {}, 400, "expected 1 inputs but got 0"),
    "unknown input": ("identity_fp32", inputs(tensor(name="Q")), {}, 400, "'Q'"),
    "an input too many": ("identity_fp32", inputs(tensor(), tensor(name="Q")), {}, 400,
                          "expected 1 inputs but got 2"),
    "the same input twice": ("identity_fp32", inputs(tensor(), tensor()), {}, 400,
                             "input 'INPUT0' already exists in request"),
    "wrong data type": ("identity_fp32", inputs(tensor(datatype="INT32")), {}, 400, "INT32"),
    "wrong rank": ("identity_fp32", inputs(tensor(shape=[1, 3])), {}, 400, "shape"),
    "fewer elements": ("identity_fp32", inputs(tensor(shape=[4])), {}, 400,
                       "Shape does not match true shape of 'data' field"),
    "more elements": ("identity_fp32", inputs(tensor(shape=[2])), {}, 400,
                      "Shape does not match true shape of 'data' field"),
    "a negative dimension": ("identity_fp32", inputs(tensor(shape=[-3])), {}, 400, "'shape'"),
    "a shape that overflows": ("identity_fp32", inputs(tensor(shape=[2**40, 2**40])), {}, 400,
                               "exceeds the maximum size"),
    "2**62 elements": ("identity_fp32", inputs(tensor(shape=[2**62])), {}, 413, "more than"),
    "2**62 elements in binary": ("identity_fp32", inputs(binary(12, shape=[2**62])) + F3,
                                 {LENGTH: str(len(inputs(binary(12, shape=[2**62]))))}, 400, ""),
    "an INT8 of 300": ("identity_int8", inputs(tensor(datatype="INT8", data=[1, 300, 3])), {}, 400,
                       "input 'INPUT0', element 1: 300 is out of range for datatype INT8"),
    "FP16 as JSON": ("identity_fp16", inputs(tensor(datatype="FP16")), {}, 400,
                     "receiving FP16 data via JSON is not supported"),
    "unknown output": ("identity_fp32", inputs(tensor(), outputs=[{"name": "Q"}]), {}, 400, "Q"),
    "shared memory": ("identity_fp32", inputs(
        {k: v for k, v in tensor(parameters={"shared_memory_region": "r"}).items()
         if k != "data"}), {}, 501, "shared memory"),
    "a reserved parameter": ("identity_fp32", inputs(tensor(), parameters={"triton_x": 1}), {},
                             400, "'triton_' are reserved"),
    "binary data without a header length": (
        "identity_fp32", inputs(binary(12)) + F3, {}, 400, "followed by other values"),
    "binary data promised, none sent": ("identity_fp32", inputs(binary(12)), {}, 400,
                                        "must specify valid 'Infer-Header-Content-Length'"),
    "binary data too short": ("identity_fp32", inputs(binary(12)) + F3[:8],
                              {LENGTH: str(len(inputs(binary(12))))}, 400,
                              "unexpected size for input 'INPUT0', expecting 4 additional bytes"),
    "binary data too long": ("identity_fp32", inputs(binary(12)) + F3 + b"xy",
                             {LENGTH: str(len(inputs(binary(12))))}, 400, "2 bytes are left"),
    "binary data of 2**64-1 bytes": (
        "identity_fp32", inputs(binary(2**64 - 1)) + F3,
        {LENGTH: str(len(inputs(binary(2**64 - 1))))}, 400, "unexpected size for input"),
    "sizes that don't match the shape": (
        "identity_fp32", inputs(binary(8)) + F3[:8], {LENGTH: str(len(inputs(binary(8))))}, 400,
        "INPUT0"),
    "header length past the body": ("identity_fp32", inputs(tensor()), {LENGTH: "9999"}, 400,
                                    "inference header size should be in range (0, "),
    "header length of 2**70": ("identity_fp32", inputs(tensor()), {LENGTH: str(2**70)}, 400,
                               "inference header size should be in range (0, "),
    "negative header length": ("identity_fp32", inputs(tensor()), {LENGTH: "-1"}, 400,
                               "inference header size should be in range (0, "),
    "header length of words": ("identity_fp32", inputs(tensor()), {LENGTH: "ten"}, 400,
                               "Unable to parse Inference-Header-Content-Length, got: ten"),
    "raw bytes for several inputs": ("mixed", F3, {LENGTH: "0"}, 400, ""),
    "raw bytes that are no floats": ("identity_fp32", b"abc", {LENGTH: "0"}, 400, ""),
    "strings cut short": ("identity_bytes", inputs(binary(6, shape=[1], datatype="BYTES"))
                          + b"\5\0\0\0ab",
                          {LENGTH: str(len(inputs(binary(6, shape=[1], datatype="BYTES"))))}, 400,
                          "INPUT0"),
    "unknown compression": ("identity_fp32", inputs(tensor()), {"Content-Encoding": "br"}, 415,
                            "Unsupported compression type 'br'"),
    "no compressed data": ("identity_fp32", inputs(tensor()), {"Content-Encoding": "gzip"}, 400,
                           "not valid compressed data"),
    "compressed data cut off": ("identity_fp32", gzip.compress(inputs(tensor()))[:-12],
                                {"Content-Encoding": "gzip"}, 400, "cut off"),
    "bytes after compressed data": ("identity_fp32", gzip.compress(inputs(tensor())) + b"x",
                                    {"Content-Encoding": "gzip"}, 400, "unexpected bytes after"),
    "nothing compressed": ("identity_fp32", b"", {"Content-Encoding": "gzip"}, 400,
                           "nothing to be decompressed"),
    "a sequence id too long": ("identity_fp32", inputs(
        tensor(), parameters={"sequence_id": "x" * 200}), {}, 400, ""),
    "batch size 0": ("batched", inputs(tensor(shape=[], datatype="INT32", data=[1])), {}, 400, ""),
    "a batch too large": ("batched", inputs(tensor(shape=[9, 1], datatype="INT32",
                                                   data=list(range(9)))), {}, 400, "8"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_inferences(server, name: str) -> None:
    model, body, headers, status, message = CASES[name]
    reply = infer(server, model, body, headers=headers)
    assert (reply.status, message in reply.error) == (status, True), reply
    assert reply.error
    assert reply.headers["content-type"] == "application/json"
    # The connection's framing is fine: it must go on.
    assert "connection" not in reply.headers


def test_a_bad_request_does_not_disturb_its_neighbours(server) -> None:
    good = request_bytes("POST", "/v2/models/identity_fp32/infer", inputs(tensor()))
    bad = request_bytes("POST", "/v2/models/identity_fp32/infer", inputs(tensor(shape=[9])))
    with server.connect() as sock:
        reader = Reader(sock)
        sock.sendall(good + bad + good + bad + good)
        assert [reader.reply().status for _ in range(5)] == [200, 400, 200, 400, 200]


def test_decompressed_bodies_are_bounded(repository) -> None:
    from http_running import Running

    running = Running(repository, max_input_size=1 << 20)
    try:
        bomb = gzip.compress(b" " * (64 << 20))
        reply = infer(running, "identity_fp32", bomb, headers={"Content-Encoding": "gzip"})
        assert (reply.status, "exceeds the maximum allowed" in reply.error) == (413, True)
        reply = infer(running, "identity_fp32", b" " * ((1 << 20) + 1))
        assert (reply.status, "--http-max-input-size" in reply.error) == (413, True)
        reply = infer(running, "identity_fp32", b"\0" * ((1 << 20) + 4), headers={LENGTH: "0"})
        assert (reply.status, "Raw input has a byte_size" in reply.error) == (413, True)
        # A binary tensor is bounded by the body's own limit only.
        raw = b"\0" * (2 << 20)
        reply = infer(running, "identity_fp32", {
            "inputs": [binary(len(raw), shape=[len(raw) // 4])],
            "parameters": {"binary_data_output": True}}, raw)
        assert reply.split[1] == raw
    finally:
        running.close()


def test_many_small_members_of_a_compressed_body_cost_linear_time() -> None:
    """A megabyte of empty gzip members took a second of a thread, twenty times as much the square of it:
    zlib was given all that followed with each of them, and copied it."""
    def cost(members: int) -> float:
        body = gzip.compress(b"") * members + gzip.compress(b"{}")
        started = time.process_time()
        assert decompress(body, 1 << 20) == b"{}"
        return time.process_time() - started

    small = min(cost(20_000) for _ in range(3))
    large = min(cost(160_000) for _ in range(2))
    assert large < 8 * small * 3 + 0.05     # quadratic would be 64 times


@pytest.mark.parametrize("wbits", [31, 15], ids=["gzip", "deflate"])
@pytest.mark.parametrize("size", [0, 1, STEP, 10 * STEP, 1 << 20, (1 << 20) + 7])
def test_bodies_of_every_size_are_decompressed(wbits: int, size: int) -> None:
    noise = random.Random(size).randbytes(size)
    for plain in (noise, bytes(size)):
        packer = zlib.compressobj(wbits=wbits)
        body = packer.compress(plain) + packer.flush()
        assert decompress(body, size) == plain
        if wbits == 31:
            assert decompress(body + gzip.compress(b"and more") + body, 2 * size + 8) == (
                plain + b"and more" + plain)
        for wrong, status in ((body[:-1], 400), (body + b"x", 400)):
            with pytest.raises(HttpError) as error:
                decompress(wrong, size)
            assert error.value.status == status
        if size:
            with pytest.raises(HttpError) as error:
                decompress(body, size - 1)
            assert error.value.status == 413


# --- routes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 405), ("GET", "/v1", 404), ("GET", "/v2/", 404), ("GET", "/v2/models", 404),
        ("GET", "/v2/models/identity_fp32/nope", 404), ("GET", "/v2/health/nope", 404),
        ("POST", "/v2/health/live", 405), ("PUT", "/v2", 405), ("DELETE", "/v2/models/x", 405),
        ("GET", "/v2/models/identity_fp32/infer", 405), ("GET", "/v2/repository/index", 405),
        ("GET", "/v2/repository/models/x/load", 405), ("OPTIONS", "*", 404),
        ("HEAD", "/v2/health/live", 405),
        ("POST", "/v2/repository/some/index", 501),
        ("POST", "/v2/repository/some/models/x/load", 501),
        ("PUT", "/v2/logging", 405), ("PUT", "/v2/trace/setting", 405),
        ("GET", "/v2/systemsharedmemory/status", 501),
        ("GET", "/v2/models/identity_fp32/generate", 405),
        ("PUT", "/v2/models/identity_fp32/versions/1/generate_stream", 405),
        ("POST", "/v2/models//generate", 404), ("POST", "/v2/models/generate", 405),
        ("POST", "/v2/models/x/versions/a/generate_stream", 404),
    ],
)
def test_routes_that_fail(server, method: str, path: str, status: int) -> None:
    reply = call(server, method, path, b"" if method in ("POST", "PUT") else None)
    assert reply.status == status
    if method != "HEAD":
        assert reply.error
    if status == 405:
        assert reply.headers["allow"] in ("GET", "POST", "GET, POST")


def test_inference_without_a_length(server) -> None:
    reply = call(server, "POST", "/v2/models/identity_fp32/infer", None)
    assert (reply.status, "Content-Length" in reply.error) == (411, True)


def test_http_that_is_none(server) -> None:
    for data, status in ((b"\x16\x03\x01\x02\x00\x01", 400), (b"hello\r\n\r\n", 400),
                         (b"GET / HTTP/1.1\nHost: x\n\n", 400), (b"GET /" + b"a" * 70000, 414),
                         (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)):
        with server.connect() as sock:
            sock.sendall(data)
            reader = Reader(sock)
            reply = reader.reply()
            assert (reply.status, reply.headers["connection"]) == (status, "close"), data
            assert reply.error
            assert reader.at_end()


def test_the_server_still_works(server) -> None:
    reply: Reply = infer(server, "identity_fp32", inputs(tensor()))
    assert reply.json["outputs"][0]["data"] == [1, 2, 3]
