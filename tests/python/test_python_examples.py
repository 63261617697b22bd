# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The models in ``examples``, served by ``triton-py serve`` and asked by PyPI's tritonclient."""

from __future__ import annotations

import importlib.util
import json
import queue
import re
import struct
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from serve_process import Serving
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

HERE = Path(__file__).resolve().parent
HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")
MODULES = {"http": http_client, "grpc": grpc_client}


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """One server for all examples; those of PyTorch only where that is installed."""
    repositories = [HERE / "examples", *([HERE / "examples_torch"] if HAS_TORCH else [])]
    with Serving(*(f"--model-repository={place}" for place in repositories),
                 "--model-control-mode=explicit", "--load-model=*") as running:
        yield running


class Client:
    """A client of either protocol, and what the tests do with both alike."""

    def __init__(self, protocol: str, serving: Serving) -> None:
        self.protocol = protocol
        self.serving = serving
        self.module = MODULES[protocol]
        self.it: Any = self.module.InferenceServerClient(serving.address(protocol))

    def tensors(self, inputs: dict[str, np.ndarray]) -> list[Any]:
        return [tensor(self.module, name, array) for name, array in inputs.items()]

    def ask(self, model: str, *, options: dict[str, Any] | None = None,
            **inputs: np.ndarray) -> Any:
        return self.it.infer(model, self.tensors(inputs), **(options or {}))

    def refused(self, model: str, **inputs: np.ndarray) -> tuple[str, str]:
        """Status and message of an error."""
        with pytest.raises(InferenceServerException) as caught:
            self.ask(model, **inputs)
        return str(caught.value.status()), caught.value.message()

    def config(self, model: str) -> dict[str, Any]:
        if self.protocol == "http":
            return self.it.get_model_config(model)
        return self.it.get_model_config(model, as_json=True)["config"]

    def parameters(self, result: Any) -> dict[str, Any]:
        """Of the response."""
        response = result.get_response()
        if self.protocol == "http":
            return response.get("parameters", {})
        return {name: getattr(value, value.WhichOneof("parameter_choice"))
                for name, value in response.parameters.items()}


@pytest.fixture(scope="module", params=["http", "grpc"])
def client(request: pytest.FixtureRequest, serving: Serving) -> Iterator[Client]:
    made = Client(request.param, serving)
    yield made
    made.it.close()


@pytest.fixture
def stub(serving: Serving) -> Iterator[Any]:
    """A gRPC client of its own, for what it does with streams."""
    with grpc_client.InferenceServerClient(serving.address("grpc")) as made:
        yield made


def tensor(module: Any, name: str, array: np.ndarray, datatype: str = "") -> Any:
    made = module.InferInput(name, list(array.shape), datatype or np_to_triton_dtype(array.dtype))
    made.set_data_from_numpy(array)
    return made


def texts(*values: str | bytes, shape: tuple[int, ...] | None = None) -> np.ndarray:
    made = np.array([v if isinstance(v, bytes) else v.encode() for v in values], dtype=np.object_)
    return made.reshape(shape or (len(values),))


def metric(serving: Serving, name: str) -> float:
    """A sample of the metrics page, by its name with labels."""
    with urllib.request.urlopen(f"http://{serving.address('metrics')}/metrics") as page:
        for line in page.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rpartition(" ")[2])
    raise AssertionError(f"there is no {name} on the metrics page")


def wait_until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.01)


class Stream:
    """A stream of requests, whose responses come in order."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._came: queue.Queue[tuple[Any, Any]] = queue.Queue()
        client.start_stream(lambda result, error: self._came.put((result, error)))

    def send(self, model: str, request_id: str = "", **inputs: np.ndarray) -> None:
        self._client.async_stream_infer(
            model, [tensor(grpc_client, name, array) for name, array in inputs.items()],
            request_id=request_id, enable_empty_final_response=True)

    def next(self) -> tuple[Any, bool]:
        """A response, and whether it was its request's last."""
        result, error = self._came.get(timeout=20)
        if error is not None:
            raise error
        return result, result.get_response().parameters["triton_final_response"].bool_param

    def all(self, output: str) -> list[int]:
        """The first element of an output in each response to one request."""
        got: list[int] = []
        final = False
        while not final:
            result, final = self.next()
            data = result.as_numpy(output)
            got += [] if data is None else data[:1].tolist()
        return got


@pytest.fixture
def stream(stub: Any) -> Iterator[Stream]:
    yield Stream(stub)
    stub.stop_stream(cancel_requests=True)


A = np.array([[1.5, 2, -3, 0.25]], np.float32)
B = np.array([[0.5, -2, 4, 8]], np.float32)


def test_add_sub(client: Client, serving: Serving) -> None:
    for rows in (1, 3, 8):
        a, b = A.repeat(rows, 0), B.repeat(rows, 0)
        result = client.ask("add_sub", INPUT0=a, INPUT1=b)
        assert np.array_equal(result.as_numpy("OUTPUT0"), a + b)
        assert np.array_equal(result.as_numpy("OUTPUT1"), a - b)
    assert serving.wait_for("^add_sub 1 starts$", 5), serving.output
    status, message = client.refused("add_sub", INPUT0=A.repeat(9, 0), INPUT1=B.repeat(9, 0))
    assert status in ("400", "StatusCode.INVALID_ARGUMENT") and "8" in message


@pytest.mark.parametrize("model", ["add_sub", "auto_complete_batch"])
def test_a_model_asks_the_one_that_the_client_names(client: Client, model: str) -> None:
    result = client.ask("bls_sync", MODEL_NAME=texts(model), INPUT0=A, INPUT1=B)
    assert np.array_equal(result.as_numpy("OUTPUT0"), A + B)
    assert np.array_equal(result.as_numpy("OUTPUT1"), A - B)


def test_a_model_that_asks_one_that_is_not_there(client: Client) -> None:
    status, message = client.refused("bls_sync", MODEL_NAME=texts("undefined_model"), INPUT0=A, INPUT1=B)
    assert message.startswith("asking 'undefined_model': ") and "not" in message
    assert status in ("404", "503", "StatusCode.NOT_FOUND", "StatusCode.UNAVAILABLE")


def test_a_model_asks_others_side_by_side(client: Client) -> None:
    result = client.ask("bls_async", INPUT0=A, INPUT1=B)
    assert np.array_equal(result.as_numpy("SUM"), A + B)
    assert np.array_equal(result.as_numpy("REVERSED_DIFFERENCE"), B - A)


@pytest.mark.parametrize(("model", "streams"), [("bls_decoupled_sync", 1), ("bls_decoupled_async", 2)])
def test_a_model_adds_up_many_responses_of_another(client: Client, model: str, streams: int) -> None:
    for value in (4, 2, 0, 1, 100):
        result = client.ask(model, IN=np.array([value], np.int32))
        assert result.as_numpy("SUM").tolist() == [streams * value * value]


def test_a_model_calls_off_what_it_asked_for(client: Client, serving: Serving) -> None:
    for wanted in (1, 20):
        result = client.ask("bls_cancel", WANTED=np.array([wanted], np.int32))
        assert result.as_numpy("NUMBERS").tolist() == list(range(wanted))
    wait_until(lambda: metric(serving, "example_streams") == 0, "streams end that were called off")


def test_a_model_completes_its_configuration(client: Client) -> None:
    config = client.config("auto_complete_batch")
    assert config["max_batch_size"] == 4 and "dynamic_batching" in config
    assert [(i["name"], i["data_type"], i.get("optional", False)) for i in config["input"]] == [
        ("INPUT0", "TYPE_FP32", False), ("INPUT1", "TYPE_FP32", True)]
    assert [o["name"] for o in config["output"]] == ["OUTPUT0", "OUTPUT1"]
    both = client.ask("auto_complete_batch", INPUT0=A.repeat(4, 0), INPUT1=B.repeat(4, 0))
    assert np.array_equal(both.as_numpy("OUTPUT1"), (A - B).repeat(4, 0))
    # The second is optional.
    assert np.array_equal(client.ask("auto_complete_batch", INPUT0=A).as_numpy("OUTPUT0"), A)


def test_a_model_completes_its_configuration_to_be_decoupled(client: Client, stream: Stream) -> None:
    config = client.config("auto_complete_nobatch")
    assert config.get("max_batch_size", 0) == 0
    assert config["model_transaction_policy"] == {"decoupled": True}
    stream.send("auto_complete_nobatch", FROM=np.array([3], np.int32))
    assert stream.all("LEFT") == [3, 2, 1, 0]


def repeat(stream: Stream, name: str, values: list[int], delays: list[int], wait: int = 0) -> None:
    stream.send("repeat", name, IN=np.array(values, np.int32), DELAY=np.array(delays, np.uint32),
                WAIT=np.array([wait], np.uint32))


def test_responses_one_by_one(stream: Stream) -> None:
    repeat(stream, "a", [4, 2, 0, 1], [1, 2, 3, 4], wait=5)
    got = [stream.next() for _ in range(5)]
    assert [final for _, final in got] == [False] * 4 + [True]
    assert [r.as_numpy("OUT").tolist() for r, _ in got[:4]] == [[4], [2], [0], [1]]
    assert [r.as_numpy("IDX").tolist() for r, _ in got[:4]] == [[0], [1], [2], [3]]
    repeat(stream, "b", [], [])
    assert stream.all("OUT") == []


def test_responses_of_two_requests_are_mixed(stream: Stream) -> None:
    """The second request begins and ends while the first one's thread still waits."""
    repeat(stream, "slow", [1, 1], [0, 500])
    repeat(stream, "quick", [2, 2], [0, 0])
    order = []
    while order.count(("slow", True)) == 0:
        result, final = stream.next()
        order.append((result.get_response().id, final))
    assert order.index(("quick", True)) < order.index(("slow", True))
    assert len(order) == 6


def test_an_error_in_a_stream(stream: Stream) -> None:
    repeat(stream, "wrong", [1, 2], [0])
    with pytest.raises(InferenceServerException, match="IN has 2 elements, DELAY has 1"):
        stream.next()
    repeat(stream, "right", [7], [0])
    assert stream.all("OUT") == [7]


def test_as_many_responses_as_are_wished(stream: Stream) -> None:
    for value in (4, 0, 1, 300):
        stream.send("square", IN=np.array([value], np.int32))
        assert stream.all("OUT") == [value] * value


def test_texts(client: Client) -> None:
    given = ["Grüße, Welt!", "", "a_b 12"]
    result = client.ask("text_stats", TEXT=texts(*given, shape=(3, 1)))
    tokens = [[t.decode() for t in row if t] for row in result.as_numpy("TOKENS")]
    assert tokens == [["Grüße", ",", "Welt", "!"], [], ["a_b", "12"]]
    assert [u.decode() for u in result.as_numpy("UPPER")[:, 0]] == ["GRÜSSE, WELT!", "", "A_B 12"]
    assert result.as_numpy("LENGTHS").tolist() == [[12, 14], [0, 0], [6, 6]]


def test_bytes_that_are_no_text(client: Client) -> None:
    status, message = client.refused("text_stats", TEXT=texts(b"\xff", shape=(1, 1)))
    assert status in ("400", "StatusCode.INVALID_ARGUMENT") and "TEXT is not UTF-8" in message


def encoded(pixels: np.ndarray, colour: int) -> bytes:
    """A PNG whose rows take turns at the five filters."""
    height, width, channels = pixels.shape
    flat = pixels.reshape(height, -1).astype(np.int32)
    left = np.pad(flat, ((0, 0), (channels, 0)))[:, :-channels]
    above = np.pad(flat, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(left, ((1, 0), (0, 0)))[:-1]
    guess = left + above - corner
    near = [np.abs(guess - n) for n in (left, above, corner)]
    paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left,
                     np.where(near[1] <= near[2], above, corner))
    guesses = [np.zeros_like(flat), left, above, (left + above) // 2, paeth]
    rows = b"".join(bytes([y % 5]) + ((flat[y] - guesses[y % 5][y]) % 256).astype(np.uint8).tobytes()
                    for y in range(height))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packed = zlib.compress(rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
            + chunk(b"IDAT", packed[:50]) + chunk(b"IDAT", packed[50:]) + chunk(b"IEND", b""))


MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def normalized(pixels: np.ndarray) -> np.ndarray:
    return ((pixels / 255 - MEAN) / DEVIATION).transpose(2, 0, 1)


def test_pictures(client: Client) -> None:
    random = np.random.default_rng(5)
    same = random.integers(0, 256, (32, 32, 3), np.uint8)
    twice = random.integers(0, 256, (64, 64, 4), np.uint8)
    grey = random.integers(0, 256, (32, 32, 1), np.uint8)
    files = texts(encoded(same, 2), encoded(twice, 6), encoded(grey, 0), shape=(3, 1))
    got = client.ask("image_preprocess", IMAGE=files).as_numpy("PIXELS")
    assert got.dtype == np.float32 and got.shape == (3, 3, 32, 32)
    # Half the size: each pixel is the mean of four.
    halved = twice[..., :3].reshape(32, 2, 32, 2, 3).mean((1, 3))
    for made, pixels in zip(got, (same, halved, grey.repeat(3, 2)), strict=True):
        assert np.allclose(made, normalized(pixels), atol=1e-4)


def test_what_is_no_picture(client: Client) -> None:
    good = encoded(np.zeros((2, 2, 3), np.uint8), 2)
    for bad, text in ((b"\xff\xd8\xff\xe0 a photo", "no PNG"), (good[:-30], "don't unpack")):
        status, message = client.refused("image_preprocess", IMAGE=texts(good, bad, shape=(2, 1)))
        assert status in ("400", "StatusCode.INVALID_ARGUMENT")
        assert "picture 1 of 2" in message and text in message


def test_metrics_of_a_model(client: Client, serving: Serving) -> None:
    labels = '{model="custom_metrics",version="1"}'
    before = metric(serving, f"example_values_total{labels}")
    small = metric(serving, f'example_values_bucket{labels[:-1]},le="10"}}')
    result = client.ask("custom_metrics", VALUE=np.array([0.5, 7, 70, 3], np.float32))
    assert result.as_numpy("COUNT").tolist() == [before + 4]
    assert metric(serving, f"example_values_total{labels}") == before + 4
    assert metric(serving, f"example_largest_value{labels}") == 70
    assert metric(serving, f'example_values_bucket{labels[:-1]},le="10"}}') == small + 3
    assert metric(serving, f"example_values_count{labels}") == before + 4


def test_a_model_writes_to_the_log(client: Client, serving: Serving) -> None:
    value = {"http": 81, "grpc": 82}[client.protocol]
    count = client.ask("custom_metrics", VALUE=np.array([value], np.float32)).as_numpy("COUNT")[0]
    for line in (rf"^I.* model\.py:\d+\] .*{count:g} values so far",
                 rf"^W.* model\.py:\d+\] .*the largest is {value}"):
        assert serving.wait_for(line, 5), serving.output


def test_a_request_is_executed_again_and_again(client: Client) -> None:
    """Several at a time, each with as many steps as its number takes."""
    steps = {27: 111, 1: 0, 6: 8, 97: 118}
    got: dict[int, int] = {}

    def ask(value: int) -> None:
        own = Client(client.protocol, client.serving)
        got[value] = int(own.ask("iterate", IN=np.array([value], np.int32)).as_numpy("OUT")[0])
        own.it.close()

    threads = [threading.Thread(target=ask, args=(value,)) for value in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == steps


def test_a_decoupled_request_is_executed_again_and_again(stream: Stream) -> None:
    for start in (1, 2, 50):
        stream.send("iterate_decoupled", IN=np.array([start], np.int32))
        assert stream.all("OUT") == list(range(start - 1, -1, -1))


def test_instances_know_where_they_run(client: Client) -> None:
    seen: dict[str, dict[str, Any]] = {}

    def all_were_asked() -> bool:
        result = client.ask("instance_kind", IN=np.array([3], np.float32))
        assert result.as_numpy("OUT").tolist() == [9]
        where = json.loads(result.as_numpy("WHERE")[0])
        seen[where["name"]] = where
        return len(seen) == 3

    wait_until(all_were_asked, "each of three instances answers")
    assert {(w["kind"], w["device"]) for w in seen.values()} == {("CPU", "cpu")}
    assert len({w["process"] for w in seen.values()}) == 3
    assert all(name.startswith(("first", "others")) for name in seen), seen
    assert all({"1", "config.pbtxt"} <= set(w["files"]) for w in seen.values())


def test_a_client_gives_up(stub: Any, serving: Serving) -> None:
    def steps(count: int) -> list[Any]:
        return [tensor(grpc_client, "STEPS", np.array([count], np.int32))]

    begun, cancelled = metric(serving, "example_begun_total"), metric(serving, "example_cancelled_total")
    came: queue.Queue[Any] = queue.Queue()
    call = stub.async_infer("cancelled", steps(100_000), lambda result, error: came.put(error))
    wait_until(lambda: metric(serving, "example_begun_total") == begun + 1, "the request is executed")
    call.cancel()
    assert came.get(timeout=20).status() == "StatusCode.CANCELLED"
    wait_until(lambda: metric(serving, "example_cancelled_total") == cancelled + 1, "the model notices")
    assert stub.infer("cancelled", steps(2)).as_numpy("DONE").tolist() == [2]


def test_a_client_leaves_a_stream(stub: Any, serving: Serving) -> None:
    stream = Stream(stub)
    stream.send("endless", FROM=np.array([5], np.int32))
    assert [stream.next()[0].as_numpy("NUMBER")[0] for _ in range(3)] == [5, 6, 7]
    assert metric(serving, "example_streams") == 1
    stub.stop_stream(cancel_requests=True)
    wait_until(lambda: metric(serving, "example_streams") == 0, "the model notices")


def test_parameters(client: Client) -> None:
    data = np.array([1, 2, 3], np.float32)
    plain = client.ask("parameters", IN=data)
    assert np.array_equal(plain.as_numpy("OUT"), 2 * data)
    assert client.parameters(plain) == {"factor": 2, "default": True, "others": ""}
    sent = client.ask("parameters", IN=data, options={
        "parameters": {"factor": 5, "who": "ä \"b\"", "loud": True, "zero": 0}})
    assert np.array_equal(sent.as_numpy("OUT"), 5 * data)
    assert client.parameters(sent) == {
        "factor": 5, "default": False, "others": "loud,who,zero", "sent_who": "ä \"b\"",
        "sent_loud": True, "sent_zero": 0}


def test_what_lies_beside_a_model(client: Client) -> None:
    result = client.ask("word_vectors", WORD=texts("Apple", "straße", "pear", shape=(3, 1)))
    assert result.as_numpy("KNOWN").tolist() == [[True], [True], [False]]
    assert result.as_numpy("VECTOR").tolist() == [[0.5, 0.25, -1], [-2, 2, 4], [0, 1, 1]]


def test_a_model_says_whether_it_is_ready(client: Client) -> None:
    assert client.it.is_model_ready("readiness")
    try:
        for command, ready in (("drain", False), ("state", False), ("resume", True), ("state", True)):
            assert client.ask("readiness", COMMAND=texts(command)).as_numpy("READY").tolist() == [ready]
            assert client.it.is_model_ready("readiness") == ready
        _, message = client.refused("readiness", COMMAND=texts("stop"))
        assert "not 'stop'" in message
    finally:
        client.ask("readiness", COMMAND=texts("resume"))


def test_sequences_keep_apart(client: Client) -> None:
    def step(name: str, value: float, start: bool = False, end: bool = False) -> tuple[float, str]:
        result = client.ask("sequence", IN=np.array([[value]], np.float32), options={
            "sequence_id": name, "sequence_start": start, "sequence_end": end})
        return result.as_numpy("SUM").item(), result.as_numpy("SO_FAR").item().decode()

    assert step("one", 1, start=True) == (1, "one: 1 of 'one', 1 open")
    assert step("two", 10, start=True) == (10, "two: 1 of 'two', 2 open")
    assert step("one", 2) == (3, "one: 2 of 'one', 2 open")
    assert step("two", 20) == (30, "two: 2 of 'two', 2 open")
    assert step("one", 3, end=True) == (6, "one: 3 of 'one', 1 open")
    assert step("two", 30, end=True) == (60, "two: 3 of 'two', 0 open")
    with pytest.raises(InferenceServerException, match="must specify the START flag|no beginning"):
        step("one", 4)


def test_a_model_asks_another_in_a_sequence(client: Client) -> None:
    for values in ([1, 2, 3.5], [7], [1] * 20):
        result = client.ask("bls_sequence", IN=np.array(values, np.float32))
        assert np.array_equal(result.as_numpy("SUMS"), np.cumsum(values, dtype=np.float32))


def test_bf16_without_a_framework(client: Client) -> None:
    data = np.array([1, -2.5, 0, 3.140625, 1e30], np.float32)
    as_bf16 = (data.view(np.uint32) & 0xFFFF0000).view(np.float32)
    result = client.it.infer("bf16", [tensor(client.module, "IN", data, "BF16")])
    assert np.array_equal(result.as_numpy("DOUBLED"), 2 * as_bf16)
    assert np.array_equal(result.as_numpy("SAME"), as_bf16)
    assert np.array_equal(result.as_numpy("WIDE"), as_bf16)


ROWS = {"seven": ("###", "  #", " # ", " # ", " # "), "two": ("***", "  *", "***", "*  ", "***"),
        "one": (" # ", "## ", " # ", " # ", "###"), "eight": ("888", "8 8", "888", "8 8", "888")}


def test_three_models_one_after_the_other(client: Client) -> None:
    for label, rows in ROWS.items():
        result = client.ask("digits", ROWS=texts(*rows))
        assert result.as_numpy("LABEL")[0].decode() == label
        assert 0.5 < result.as_numpy("PROBABILITY")[0] < 1
    status, message = client.refused("digits", ROWS=texts("###", "#", "###", "###", "###"))
    assert message == "digits_preprocess: row 1 has 1 characters, where 3 are expected"
    assert status in ("400", "StatusCode.INVALID_ARGUMENT")


@pytest.mark.parametrize(("code", "http", "grpc"), [
    ("UNKNOWN", "400", "UNKNOWN"), ("INTERNAL", "500", "INTERNAL"), ("NOT_FOUND", "404", "NOT_FOUND"),
    ("INVALID_ARG", "400", "INVALID_ARGUMENT"), ("UNAVAILABLE", "503", "UNAVAILABLE"),
    ("UNSUPPORTED", "501", "UNIMPLEMENTED"), ("ALREADY_EXISTS", "400", "ALREADY_EXISTS"),
    ("CANCELLED", "400", "CANCELLED"),
])  # fmt: skip
def test_errors_have_their_codes(client: Client, code: str, http: str, grpc: str) -> None:
    expected = http if client.protocol == "http" else f"StatusCode.{grpc}"
    assert client.refused("errors", CODE=texts(code)) == (expected, f"as was wished: {code}")


def test_an_exception_is_an_answer(client: Client) -> None:
    _, message = client.refused("errors", CODE=texts("RAISE"))
    assert "this and every other request of the batch fail" in message
    assert client.ask("errors", CODE=texts("NONE")).as_numpy("OUT")[0] == b"NONE"


def test_an_answer_after_execute(stub: Any) -> None:
    came: queue.Queue[Any] = queue.Queue()

    def send(value: int) -> None:
        stub.async_infer("late_answer", [tensor(grpc_client, "IN", np.array([value], np.int32))],
                         lambda result, error: came.put(error or int(result.as_numpy("OUT")[0])))

    send(3)
    send(5)
    with pytest.raises(queue.Empty):
        came.get(timeout=0.2)
    got: list[int] = []

    def all_came() -> bool:
        # Whatever overtakes what on its way: an even one brings the odd ones before it.
        send(6)
        got.append(came.get(timeout=20))
        return {30, 50, 60} <= set(got)

    wait_until(all_came, "both odd ones and an even one are answered")
    assert (got.count(30), got.count(50)) == (1, 1)


def test_a_model_loads_another(client: Client) -> None:
    x = np.array([1, 2, 3], np.float32)
    for expression, y in (("x * x + 1", [2, 5, 10]), ("np.flip(x)", [3, 2, 1])):
        result = client.ask("model_loading", EXPRESSION=texts(expression), X=x)
        assert result.as_numpy("Y").tolist() == y
        assert not client.it.is_model_ready("made_of_an_expression")
    _, message = client.refused("model_loading", EXPRESSION=texts("x +"), X=x)
    assert "SyntaxError" in message


@needs_torch
def test_add_sub_in_torch(client: Client) -> None:
    result = client.ask("add_sub_torch", INPUT0=A.repeat(3, 0), INPUT1=B.repeat(3, 0))
    assert np.array_equal(result.as_numpy("OUTPUT0"), (A + B).repeat(3, 0))
    assert np.array_equal(result.as_numpy("OUTPUT1"), (A - B).repeat(3, 0))
    result = client.ask("bls_sync", MODEL_NAME=texts("add_sub_torch"), INPUT0=A, INPUT1=B)
    assert np.array_equal(result.as_numpy("OUTPUT0"), A + B)


@needs_torch
def test_bf16_in_torch(client: Client) -> None:
    data = np.array([1, -2.5, 0, 3.140625], np.float32)
    result = client.it.infer("bf16_torch", [tensor(client.module, "IN", data, "BF16")])
    assert np.array_equal(result.as_numpy("DOUBLED"), 2 * data)


def test_every_example_is_in_the_table() -> None:
    page = (HERE / "examples" / "README.md").read_text()
    rows = re.findall(r"^\| \[`(\w+)`\]\(([^)]+)\)", page, re.MULTILINE)
    assert all((HERE / "examples" / link).match(f"{name}/1/model.py") for name, link in rows)
    listed = {name for name, link in rows if (HERE / "examples" / link).is_file()}
    there = {place.parent.parent.name for folder in ("examples", "examples_torch")
             for place in (HERE / folder).glob("*/1/model.py")}
    assert listed == there
