# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ORCA's header: what it is made from, who gets it, and that it costs nobody else anything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_running import Running
from http_support import Reader, call, infer, request_bytes

import triton_py.core  # what the next one's symbols are bound to
from triton_py.http.load_metrics import (
    FAMILY,
    KIND_LABEL,
    LoadMetrics,
    cache_load,
    header_value,
)

TEXT = f"""# HELP {FAMILY} TRT LLM KV cache block metrics
# TYPE {FAMILY} gauge
{FAMILY}{{kv_cache_block_type="fraction",model="tensorrt_llm",version="1"}} 0.5
{FAMILY}{{kv_cache_block_type="tokens_per",model="tensorrt_llm",version="1"}} 64
{FAMILY}{{model="tensorrt_llm",kv_cache_block_type="used",version="1"}} 512
{FAMILY}{{kv_cache_block_type="max",model="tensorrt_llm",version="1"}} 1024
{FAMILY}_other{{kv_cache_block_type="max",model="x",version="1"}} 9
nv_cpu_utilization 0.25
"""
ONE = {"inputs": [{"name": "INPUT0", "shape": [1], "datatype": "INT32", "data": [7]}]}
FORMAT = "endpoint-load-metrics-format"
HEADER = "endpoint-load-metrics"


def test_the_load() -> None:
    assert cache_load(TEXT) == {"kv_cache_utilization": 0.5, "max_token_capacity": 65536}
    assert cache_load(TEXT.replace("} 512", "} 5.12e+02"))["kv_cache_utilization"] == 0.5
    assert cache_load(TEXT.replace("} 1024", "} 0"))["kv_cache_utilization"] == 0
    # Of several samples the last counts.
    assert cache_load(TEXT + TEXT.replace("} 512", "} 256"))["kv_cache_utilization"] == 0.25


@pytest.mark.parametrize("text", [
    "", TEXT.replace("used", "free"), TEXT.replace("} 1024", "} NaN"),
    TEXT.replace("} 64", "} -1"), TEXT.replace("} 1024", "} +Inf"),
    TEXT.replace("} 1024", "} many"), TEXT.replace("{", " ").replace("}", " "),
    TEXT.replace(FAMILY, "x" + FAMILY), TEXT.replace("kv_cache_block_type", "not_block_type")])
def test_no_load(text: str) -> None:
    assert cache_load(text) is None


def test_both_formats() -> None:
    load = cache_load(TEXT)
    assert load is not None
    assert header_value(load, False) == ("TEXT named_metrics.kv_cache_utilization=0.500000, "
                                         "named_metrics.max_token_capacity=65536")
    assert header_value(load, True).startswith("JSON ")
    assert json.loads(header_value(load, True)[5:]) == {"named_metrics": load}


def test_metrics_are_read_once_for_many_who_ask() -> None:
    calls = []

    def slow() -> str:
        calls.append(1)
        time.sleep(0.05)
        return TEXT

    load = LoadMetrics(slow)
    threads = [threading.Thread(target=load.line, args=(False,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(calls) == 1
    time.sleep(0.2)
    assert load.line(True).endswith(b"\r\n")
    assert len(calls) == 2


def test_failures_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise RuntimeError("no metrics today")

    load = LoadMetrics(broken)
    for _ in range(3):
        assert load.line(False) == b""
        load.unknown_format("xml")
        time.sleep(0.11)
    assert caplog.text.count("no metrics today") == 1
    assert caplog.text.count("'xml'") == 1


# --- over the wire ---------------------------------------------------------------------------


@pytest.fixture
def loaded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server whose metrics have TensorRT-LLM's family."""
    monkeypatch.setattr(LoadMetrics, "_read", lambda self: cache_load(TEXT))
    running = Running(repository)
    yield running
    running.close()


@pytest.mark.parametrize("asked", ["text", "json"])
def test_who_asks_is_told(loaded: Running, asked: str) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}, {"Connection": "close"}):
        reply = infer(loaded, "echo", ONE, headers={FORMAT: asked, **headers})
        assert reply.status == 200
        assert reply.headers[HEADER] == header_value(cache_load(TEXT), asked == "json")
        assert reply.headers["content-type"] == "application/json"
        assert reply.json["outputs"][0]["data"] == [7]


@pytest.mark.parametrize("count", [2, 5000, 2_000_000])
def test_answers_are_what_they_are_without(loaded: Running, count: int) -> None:
    data = bytes(range(200)) * (count // 200)
    request = {"inputs": [{"name": "INPUT0", "shape": [len(data)], "datatype": "UINT8",
                           "parameters": {"binary_data_size": len(data)}}],
               "parameters": {"binary_data_output": True}}
    plain = infer(loaded, "identity_uint8", request, data)
    told = infer(loaded, "identity_uint8", request, data, {FORMAT: "text"})
    assert told.body == plain.body
    assert told.headers.pop(HEADER)
    assert told.headers == plain.headers


def test_packed_answers(loaded: Running) -> None:
    import zlib

    many = {"inputs": [{"name": "INPUT0", "shape": [5000], "datatype": "INT32",
                        "data": [7] * 5000}]}
    for count in (5000, 50_000):
        many["inputs"][0].update(shape=[count], data=[7] * count)
        reply = infer(loaded, "echo", many, headers={FORMAT: "json", "Accept-Encoding": "gzip"})
        assert reply.headers[HEADER].startswith("JSON ")
        body = json.loads(zlib.decompress(reply.body, 31))
        assert body["outputs"][0]["data"] == [7] * count


def stream(running: Running, body: dict[str, object], headers: dict[str, str],
           version: bytes = b"HTTP/1.1") -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the body as it was sent."""
    with running.connect() as sock:
        sock.sendall(request_bytes("POST", "/v2/models/repeat/generate_stream",
                                   json.dumps(body).encode(), headers).replace(
            b"HTTP/1.1", version))
        reader = Reader(sock)
        status, found = reader.head()
        if version == b"HTTP/1.1":
            return status, found, b"".join(reader.chunks())
        while reader._more():
            pass
        return status, found, reader.pending


@pytest.mark.parametrize("asked", ["text", "json"])
def test_generate(loaded: Running, asked: str) -> None:
    reply = call(loaded, "POST", "/v2/models/repeat/generate", b'{"IN": [4]}', {FORMAT: asked})
    assert reply.headers[HEADER] == header_value(cache_load(TEXT), asked == "json")
    assert reply.json["OUT"] == 4


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
@pytest.mark.parametrize("values", [[], [5], [5, -6, 7]])
def test_streams_say_it_in_their_head(loaded: Running, values: list[int], version: bytes) -> None:
    plain = stream(loaded, {"IN": values}, {}, version)
    told = stream(loaded, {"IN": values}, {FORMAT: "text"}, version)
    assert told[1].pop(HEADER) == header_value(cache_load(TEXT), False)
    assert told == plain
    assert told[2].count(b"data: ") == len(values)


def test_streams_go_on_while_the_load_is_asked_for(repository: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent before it is known, also of a stream that ends meanwhile."""
    asked = threading.Event()
    go_on = threading.Event()

    def slow(self: LoadMetrics) -> dict[str, float | int] | None:
        asked.set()
        assert go_on.wait(20)
        return cache_load(TEXT)

    monkeypatch.setattr(LoadMetrics, "_read", slow)
    running = Running(repository)
    try:
        with running.connect() as sock, running.connect() as leaver:
            for each in (sock, leaver):
                each.sendall(request_bytes("POST", "/v2/models/repeat/generate_stream",
                                           b'{"IN": [1, 2, 3]}', {FORMAT: "json"}))
            assert asked.wait(20)
            leaver.close()
            sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            sock.settimeout(20)
            go_on.set()
            reader = Reader(sock)
            assert HEADER in reader.head()[1]
            assert [e["OUT"] for e in reader.events()] == [1, 2, 3]
        assert call(running, "GET", "/v2/debug/objects").json["http_exchanges"] == 1
    finally:
        go_on.set()
        running.close()


def test_a_backends_metrics(repository: Path) -> None:
    """From end to end: metrics that are set through the C API, as TensorRT-LLM's backend does."""
    running = Running(repository)
    try:
        assert HEADER not in infer(running, "echo", ONE, headers={FORMAT: "text"}).headers
        family = triton_py.MetricFamily("gauge", FAMILY, "KV cache")
        labels = {"model": "echo", "version": "1"}
        metrics = [triton_py.Metric(family, {KIND_LABEL: kind, **labels})
                   for kind in ("used", "max", "tokens_per", "free")]
        for metric, value in zip(metrics, (3, 12, 64, 9), strict=True):
            metric.set_value(value)
        expected = {"kv_cache_utilization": 0.25, "max_token_capacity": 768}
        end = time.monotonic() + 10
        # What was read without them serves for a moment.
        while HEADER not in infer(running, "echo", ONE, headers={FORMAT: "text"}).headers:
            assert time.monotonic() < end
        for reply in (infer(running, "echo", ONE, headers={FORMAT: "json"}),
                      call(running, "POST", "/v2/models/echo/generate", b'{"INPUT0": [4]}',
                           {FORMAT: "json"})):
            assert reply.status == 200
            assert json.loads(reply.headers[HEADER].removeprefix("JSON ")) == {
                "named_metrics": expected}
    finally:
        running.close()


def test_pipelined(loaded: Running) -> None:
    """Those who do not ask wait for those before them, and get no header."""
    body = json.dumps(ONE).encode()
    with loaded.connect() as sock:
        sock.sendall(b"".join(request_bytes(
            "POST", "/v2/models/echo/infer", body, {FORMAT: "text"} if n % 3 else {})
            for n in range(60)))
        reader = Reader(sock)
        for n in range(60):
            assert (HEADER in reader.reply().headers) == (n % 3 != 0)


@pytest.mark.parametrize("value", ["", "TEXT", "xml", "text, json", " text"])
def test_other_formats_get_nothing(loaded: Running, value: str) -> None:
    reply = infer(loaded, "echo", ONE, headers={FORMAT: value})
    assert reply.status == 200
    assert (HEADER in reply.headers) == (value.strip() == "text")


def test_errors_get_nothing(loaded: Running) -> None:
    assert HEADER not in infer(loaded, "nope", ONE, headers={FORMAT: "text"}).headers
    assert HEADER not in infer(loaded, "echo", b"[", headers={FORMAT: "text"}).headers


def test_without_such_metrics_there_is_no_header(server: Running) -> None:
    reply = infer(server, "echo", ONE, headers={FORMAT: "text"})
    assert reply.status == 200
    assert HEADER not in reply.headers


def test_a_client_that_leaves_meanwhile(
        repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    go_on = threading.Event()

    def slow(self: LoadMetrics) -> None:
        asked.set()
        go_on.wait(10)

    monkeypatch.setattr(LoadMetrics, "_read", slow)
    running = Running(repository)
    try:
        with running.connect() as sock:
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", json.dumps(ONE).encode(),
                                       {FORMAT: "text"}))
            assert asked.wait(10)
        go_on.set()
        assert infer(running, "echo", ONE).status == 200
    finally:
        running.close()
