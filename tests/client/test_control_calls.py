# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Health, metadata, config, statistics, index, load and unload, by both protocols' clients.

The two clients have the same methods; gRPC's answers messages, HTTP's dictionaries. ``plain`` makes
them comparable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from google.protobuf.json_format import MessageToDict
from serving import DATATYPES, ServerProcess
from tritonclient.utils import InferenceServerException


class Caller:
    """A client of one kind behind one interface: plain values in and out."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.protocol = name.partition("-")[0]
        self._call = call

    def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        result = self._call(method, *args, **kwargs)
        if hasattr(result, "DESCRIPTOR"):
            # 64-bit numbers are strings in protobuf's JSON; the tests compare with int().
            return MessageToDict(result, preserving_proto_field_name=True)
        return result


@pytest.fixture(scope="module", params=["grpc-sync", "grpc-asyncio", "http-sync", "http-asyncio"])
def call(request: pytest.FixtureRequest, server: ServerProcess) -> Any:
    protocol, kind = request.param.split("-")
    module = {"grpc": tritonclient.grpc, "http": tritonclient.http}[protocol]
    address = {"grpc": server.grpc, "http": server.http}[protocol]
    if kind == "sync":
        with module.InferenceServerClient(address) as client:
            yield Caller(request.param, lambda m, *a, **k: getattr(client, m)(*a, **k))
        return
    loop = asyncio.new_event_loop()

    async def make() -> Any:
        return module.aio.InferenceServerClient(address)

    client = loop.run_until_complete(make())

    def run(method: str, *args: Any, **kwargs: Any) -> Any:
        return loop.run_until_complete(
            asyncio.wait_for(getattr(client, method)(*args, **kwargs), 30))

    yield Caller(request.param, run)
    loop.run_until_complete(client.close())
    loop.close()


def index_of(call: Caller) -> dict[tuple[str, str], dict]:
    index = call("get_model_repository_index")
    entries = index if isinstance(index, list) else index["models"]
    return {(entry["name"], entry.get("version", "")): entry for entry in entries}


def test_health(call: Caller) -> None:
    assert call("is_server_live") is True
    assert call("is_server_ready") is True
    assert call("is_model_ready", "echo") is True
    assert call("is_model_ready", "versions", "3") is True
    assert call("is_model_ready", "versions", "2") is False
    assert call("is_model_ready", "broken") is False
    assert call("is_model_ready", "never_heard_of") is False


def test_server_metadata(call: Caller) -> None:
    metadata = call("get_server_metadata")
    assert metadata["name"] and metadata["version"]
    assert {"statistics", "model_repository", "model_configuration", "binary_tensor_data",
            "parameters"} <= set(metadata["extensions"])


@pytest.mark.parametrize("datatype", sorted(DATATYPES))
def test_model_metadata(call: Caller, datatype: str) -> None:
    name = f"identity_{datatype.lower()}"
    metadata = call("get_model_metadata", name)
    assert metadata["name"] == name
    assert metadata["versions"] == ["1"]
    (tensor,) = metadata["inputs"]
    assert tensor["name"] == "INPUT0"
    assert tensor["datatype"] == datatype
    assert [int(d) for d in tensor["shape"]] == [-1, -1]
    (tensor,) = metadata["outputs"]
    assert (tensor["name"], tensor["datatype"]) == ("OUTPUT0", datatype)


def test_metadata_of_versions_and_batches(call: Caller) -> None:
    assert sorted(call("get_model_metadata", "versions")["versions"]) == ["1", "3"]
    assert call("get_model_metadata", "versions", "1")["name"] == "versions"
    shape = call("get_model_metadata", "batched")["inputs"][0]["shape"]
    assert [int(d) for d in shape] == [-1, -1]


def test_model_config(call: Caller) -> None:
    config = call("get_model_config", "batched")
    if call.protocol == "grpc":
        config = config["config"]
    assert config["name"] == "batched"
    assert config["backend"] == "identity"
    assert int(config["max_batch_size"]) == 8
    assert [tensor["data_type"] for tensor in config["input"]] == ["TYPE_FP32", "TYPE_STRING"]
    # Defaults are filled in; KIND_AUTO has become what the machine has.
    assert "dynamic_batching" in config
    assert config["instance_group"][0]["kind"] in ("KIND_CPU", "KIND_GPU")
    assert config["version_policy"] == {"latest": {"num_versions": 1}}


def test_statistics(call: Caller) -> None:
    def counts() -> tuple[int, int, int]:
        (entry,) = call("get_inference_statistics", "fixed", "1")["model_stats"]
        assert (entry["name"], entry["version"]) == ("fixed", "1")
        success = entry.get("inference_stats", {}).get("success", {})
        return (int(entry.get("inference_count", 0)), int(entry.get("execution_count", 0)),
                int(success.get("count", 0)))

    before = counts()
    module = {"grpc": tritonclient.grpc, "http": tritonclient.http}[call.protocol]
    tensor = module.InferInput("INPUT0", [4], "INT32")
    tensor.set_data_from_numpy(np.arange(4, dtype=np.int32))
    for _ in range(3):
        call("infer", "fixed", [tensor])
    assert counts() == tuple(n + 3 for n in before)
    everything = call("get_inference_statistics")["model_stats"]
    assert {("fixed", "1"), ("echo", "1")} <= {(e["name"], e["version"]) for e in everything}


def test_index(call: Caller) -> None:
    index = index_of(call)
    assert index["echo", "1"]["state"] == "READY"
    assert {("versions", "1"), ("versions", "3")} <= index.keys()
    broken = [entry for (name, _), entry in index.items() if name == "broken"]
    assert broken and all(entry["state"] == "UNAVAILABLE" for entry in broken)
    assert any("no_such_backend" in entry.get("reason", "") for entry in broken)


def test_unload_and_load(call: Caller) -> None:
    module = {"grpc": tritonclient.grpc, "http": tritonclient.http}[call.protocol]
    tensor = module.InferInput("INPUT0", [2], "INT32")
    tensor.set_data_from_numpy(np.array([1, 2], np.int32))
    call("unload_model", "reloaded")
    for _ in range(100):
        if index_of(call)["reloaded", "1"]["state"] == "UNAVAILABLE":
            break
    assert call("is_model_ready", "reloaded") is False
    with pytest.raises(InferenceServerException, match="reloaded"):
        call("infer", "reloaded", [tensor])
    call("load_model", "reloaded")
    assert call("is_model_ready", "reloaded") is True
    result = call("infer", "reloaded", [tensor])
    assert result.as_numpy("OUTPUT0").tolist() == [1, 2]


def test_load_with_a_config(call: Caller) -> None:
    """A load parameter overrides the repository's config until the next plain load."""
    config = ('{"backend": "identity", "max_batch_size": 5, '
              '"input": [{"name": "INPUT0", "data_type": "TYPE_INT32", "dims": [-1]}], '
              '"output": [{"name": "OUTPUT0", "data_type": "TYPE_INT32", "dims": [-1]}]}')

    def max_batch_size() -> int:
        found = call("get_model_config", "reloaded")
        return int(found.get("config", found).get("max_batch_size", 0))

    call("load_model", "reloaded", config=config)
    assert max_batch_size() == 5
    call("load_model", "reloaded")
    assert max_batch_size() == 0


def status_of(error: pytest.ExceptionInfo[InferenceServerException]) -> str:
    return str(error.value.status())


def test_a_load_that_fails_says_why(call: Caller) -> None:
    with pytest.raises(InferenceServerException, match="no_such_backend"):
        call("load_model", "broken")
    with pytest.raises(InferenceServerException, match="never_heard_of"):
        call("load_model", "never_heard_of")


@pytest.mark.parametrize(
    ("method", "arguments", "grpc_status", "http_status", "text"),
    [
        ("get_model_metadata", ("nope",), "NOT_FOUND", "404", "nope"),
        ("get_model_config", ("nope",), "NOT_FOUND", "404", "nope"),
        # In HTTP a version is part of a path, and this is no path of the protocol.
        ("get_model_config", ("echo", "x"), "INVALID_ARGUMENT", "404", "'x'|Not Found"),
        ("get_inference_statistics", ("nope",), None, None, "nope"),
    ],
)
def test_errors(call: Caller, method: str, arguments: tuple, grpc_status: str | None,
                http_status: str | None, text: str) -> None:
    with pytest.raises(InferenceServerException, match=text) as error:
        call(method, *arguments)
    if grpc_status is not None:
        wanted = grpc_status if call.protocol == "grpc" else http_status
        assert str(wanted) in status_of(error)
