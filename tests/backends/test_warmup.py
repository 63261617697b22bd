# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Warm-up: what reaches the backend before a model serves, and what a failure does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from backend_support import model, tensors
from sequence_support import CONTROLS, IO, STATE, Client, counts, sequences, serving

from triton_py import InvalidArgumentError, Server, TritonError
from triton_py.inprocess import live_objects

VECTOR = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_FP32", [-1])])


def sample(data: str = "zero_data: true", *, size: int = 1, count: int = 1, dims: str = "4",
           datatype: str = "TYPE_FP32", name: str = "w") -> str:
    return (f'model_warmup {{ name: "{name}" batch_size: {size} count: {count} inputs {{ '
            f'key: "INPUT0" value {{ data_type: {datatype} dims: {dims} {data} }} }} }}')


def settles(look: Callable[[], object], expected: object) -> None:
    """What is looked at becomes as expected within ten seconds."""
    deadline = time.monotonic() + 10
    while (seen := look()) != expected:
        assert time.monotonic() < deadline, seen
        time.sleep(0.01)


@pytest.fixture
def explicit(tmp_path: Path) -> Callable[..., Server]:
    def start(**more: object) -> Server:
        return Server(model_repository=tmp_path / "models", model_control_mode="explicit",
                      log_error=False, **more)

    (tmp_path / "models").mkdir()
    return start


def test_each_instance_executes_each_sample_before_the_model_serves(
    tmp_path: Path, explicit: Callable[..., Server], specimens: Callable[[str], Path]
) -> None:
    log = tmp_path / "trace.log"
    model(tmp_path / "models", "m", "trace", VECTOR, "max_batch_size: 4",
          "instance_group { kind: KIND_CPU count: 2 }", sample(size=3, count=2),
          sample("random_data: true", name="other"), sample(size=0, name="left out"))
    with explicit(backend_directory=specimens("trace").parent.parent,
                  backend_configuration={"trace": {"trace": str(log)}},
                  metrics_configuration={"": {"histogram_latencies": "true",
                                              "summary_latencies": "true"}}) as server:
        server.load("m")
        lines = log.read_text().splitlines()
        executed = [line for line in lines if line.startswith("ModelInstanceExecute")]
        # Twice the one and once the other, on each of two.
        assert len(executed) == 6
        assert sorted({line.split()[1] for line in executed}) == ["m_0_0", "m_0_1"]
        created = [i for i, line in enumerate(lines) if line.startswith("ModelInstanceInitialize")]
        assert max(created) < lines.index(executed[0])
        # Nothing of it is in the statistics.
        stats = server.model("m").statistics()["model_stats"][0]
        assert stats["inference_count"] == stats["execution_count"] == 0
        assert stats["inference_stats"]["success"]["count"] == 0 and not stats["batch_stats"]
        counted = [line for line in server.metrics().splitlines() if 'model="m"' in line
                   and not line.startswith("nv_model_load_duration")
                   and line.rsplit(" ", 1)[1] not in ("0", "0.0", "0.000000", "NaN", "Nan")]
        assert counted == []
        # What histograms and summaries there are is as it was asked for.
        server.model("m").infer(inputs={"INPUT0": np.zeros((1, 4), np.float32)}).result(timeout=10)
        series = [f'{name}{{model="m",version="1"}} 1' for name in (
            "triton_py_request_histogram_us_count", "nv_inference_request_summary_us_count")]
        # It is counted when the request is given back, a moment after its answer.
        settles(lambda: [line for line in series if line not in server.metrics().splitlines()], [])


@pytest.mark.parametrize("datatype", [
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32",
    "FP64", "STRING", "BF16"])
@pytest.mark.parametrize("data", ["zero_data: true", "random_data: true"])
def test_every_data_type(tmp_path: Path, explicit: Callable[..., Server], datatype: str,
                         data: str) -> None:
    """The core checks the size of what is sent; strings one by one."""
    kind = f"TYPE_{datatype}"
    model(tmp_path / "models", "m", "identity",
          tensors([("INPUT0", kind, [2, 3])], [("OUTPUT0", kind, [2, 3])]),
          sample(data, dims="[ 2, 3 ]", datatype=kind))
    with explicit() as server:
        server.load("m")


def test_data_from_a_file(tmp_path: Path, explicit: Callable[..., Server]) -> None:
    folder = model(tmp_path / "models", "m", "identity", VECTOR,
                   sample('input_data_file: "raw"'))
    (folder / "warmup").mkdir()
    with explicit() as server:
        with pytest.raises(TritonError, match="failed to open warmup data file '.*/warmup/raw' of "
                                              "input 'INPUT0' in model 'm': No such file"):
            server.load("m")
        (folder / "warmup" / "raw").write_bytes(bytes(15))
        with pytest.raises(TritonError, match="expects 16 bytes for input 'INPUT0' of model 'm', but "
                                              "the data provided from '.*' only has 15 bytes"):
            server.load("m")
        (folder / "warmup" / "raw").write_bytes(np.arange(4, dtype=np.float32).tobytes())
        server.load("m")
        (folder / "warmup" / "raw").unlink()
        (folder / "warmup" / "raw").symlink_to("/etc/hostname")
        server.unload("m")
        with pytest.raises(TritonError, match="is outside its folder"):
            server.load("m")


def test_a_sample_that_fails_fails_the_load(
    tmp_path: Path, explicit: Callable[..., Server]
) -> None:
    """And a reload that fails leaves the version that serves."""
    folder = model(tmp_path / "models", "m", "identity", VECTOR)
    with explicit() as server:
        server.load("m")
        before = live_objects()
        config = (folder / "config.pbtxt").read_text()
        for wrong, text in (
            (sample(datatype="TYPE_INT32"), "INPUT0"),
            (sample().replace("INPUT0", "NONE"), "NONE"),
            (sample(dims="[ 2, 2 ]"), "INPUT0"),
        ):
            (folder / "config.pbtxt").write_text(config + wrong)
            with pytest.raises(InvalidArgumentError,
                               match=f"failed to run warmup sample 'w' of model 'm': .*{text}"):
                server.load("m")
            answer = server.model("m").infer(inputs={"INPUT0": np.ones(2, np.float32)})
            assert answer.result(timeout=10)["OUTPUT0"].tolist() == [1.0, 1.0]
        kept = {kind: before[kind] for kind in ("request", "response", "channel", "model", "instance")}
        # A request may still be on its way back when its answer is there.
        settles(lambda: {kind: live_objects()[kind] for kind in kept}, kept)


def test_a_decoupled_model(
    tmp_path: Path, explicit: Callable[..., Server], specimens: Callable[[str], Path]
) -> None:
    """Several responses, some of them late: the load waits for the last."""
    numbers = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_INT32", [1])])
    model(tmp_path / "models", "m", "stream", numbers,
          "model_transaction_policy { decoupled: true }", sample("random_data: true"))
    with explicit(backend_directory=specimens("stream").parent.parent) as server:
        server.load("m")
        assert server.model("m").ready()


def test_an_instance_that_is_added_is_warmed_up_and_the_others_are_not(
    tmp_path: Path, explicit: Callable[..., Server], specimens: Callable[[str], Path]
) -> None:
    log = tmp_path / "trace.log"
    folder = model(tmp_path / "models", "m", "trace", VECTOR, "max_batch_size: 4", sample(size=2))
    config = (folder / "config.pbtxt").read_text()
    with explicit(backend_directory=specimens("trace").parent.parent,
                  backend_configuration={"trace": {"trace": str(log)}}) as server:
        def load(count: int) -> list[str]:
            before = len(log.read_text().splitlines()) if log.exists() else 0
            (folder / "config.pbtxt").write_text(
                config + f"instance_group {{ kind: KIND_CPU count: {count} }}")
            server.load("m")
            return [line.split()[1] for line in log.read_text().splitlines()[before:]
                    if line.startswith("ModelInstanceExecute")]

        def counted() -> tuple[int, int]:
            stats = server.model("m").statistics()["model_stats"][0]
            return stats["execution_count"], sum(
                row["compute_infer"]["count"] for row in stats["batch_stats"])

        assert load(1) == ["m_0_0"]
        server.model("m").infer(inputs={"INPUT0": np.zeros((1, 4), np.float32)}).result(timeout=10)
        settles(counted, (1, 1))
        assert load(3) == ["m_0_1", "m_0_2"]
        assert counted() == (1, 1)


@pytest.mark.parametrize("strategy", ["direct { }", "oldest { }"])
def test_a_sequence_model(
    tmp_path: Path, specimens: Callable[[str], Path], strategy: str
) -> None:
    """Each request is a sequence of its own, with a state; clients' sequences know nothing of it."""
    data = sample("random_data: true", size=2, dims="1", datatype="TYPE_INT32").replace(
        "INPUT0", "INPUT")
    model(tmp_path / "models", "m", "stateful", IO, "max_batch_size: 2",
          sequences(strategy, CONTROLS, STATE % ("1", "")), data)
    with serving(tmp_path / "models", specimens, "stateful") as server:
        one = Client(server, "m", 1)
        assert [one.sum(1, start=True), one.sum(2), one.sum(3, end=True)] == [1, 3, 6]
        settles(lambda: counts(server, "m"), (3, 3))
