# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model repositories for the tests of the bridge and the Python API."""

from __future__ import annotations

import gc
import subprocess
import time
from pathlib import Path

import triton_py
from triton_py.inprocess import live_objects

HERE = Path(__file__).resolve().parent

#: Every data type with the name config.pbtxt has for it.
TYPES = {
    "BOOL": "TYPE_BOOL",
    "UINT8": "TYPE_UINT8",
    "UINT16": "TYPE_UINT16",
    "UINT32": "TYPE_UINT32",
    "UINT64": "TYPE_UINT64",
    "INT8": "TYPE_INT8",
    "INT16": "TYPE_INT16",
    "INT32": "TYPE_INT32",
    "INT64": "TYPE_INT64",
    "FP16": "TYPE_FP16",
    "FP32": "TYPE_FP32",
    "FP64": "TYPE_FP64",
    "BYTES": "TYPE_STRING",
    "BF16": "TYPE_BF16",
}


def write_model(repository: Path, name: str, config: str) -> Path:
    """A model folder with version 1; returns the folder."""
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "config.pbtxt").write_text(config)
    return repository / name


def identity_config(inputs: str, outputs: str, more: str = "") -> str:
    return f'backend: "identity"\ninput [ {inputs} ]\noutput [ {outputs} ]\n{more}\n'


def every_type_config(dims: str) -> str:
    """One optional input and one output per data type: IN_FP32 -> OUT_FP32 and so on."""
    inputs = ", ".join(
        f'{{ name: "IN_{name}" data_type: {kind} dims: {dims} optional: true }}'
        for name, kind in TYPES.items()
    )
    outputs = ", ".join(
        f'{{ name: "OUT_{name}" data_type: {kind} dims: {dims} }}' for name, kind in TYPES.items()
    )
    return identity_config(inputs, outputs)


def build_scripted(place: Path) -> Path:
    """Compiles the scripted backend as a backend author would."""
    library = place / "libtriton_scripted.so"
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-Wall", "-Wextra", "-pthread",
         f"-I{triton_py.get_include()}", str(HERE / "scripted.c"), "-o", str(library)],
        check=True,
    )
    return library


def write_repository(place: Path, scripted: Path) -> Path:
    """The models the tests use: echo, batched, every_type, every_type_3d, scripted."""
    vector = 'name: "{}" data_type: TYPE_FP32 dims: [ -1 ]'
    plain = [f"{{ {vector.format(name)} }}" for name in ("INPUT0", "OUTPUT0")]
    write_model(place, "echo", identity_config(*plain, "instance_group { count: 2 }"))
    write_model(
        place,
        "batched",
        identity_config(
            *plain,
            "max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 20000 }",
        ),
    )
    write_model(place, "every_type", every_type_config("[ -1 ]"))
    write_model(place, "every_type_3d", every_type_config("[ -1, -1, -1 ]"))
    folder = write_model(
        place,
        "scripted",
        'backend: "scripted"\ninput { name: "IN" data_type: TYPE_UINT8 dims: [ -1 ] }\n'
        'output [ { name: "COPY" data_type: TYPE_UINT8 dims: [ -1 ] },\n'
        '  { name: "ADDRESSES" data_type: TYPE_UINT64 dims: [ 2 ] } ]\n'
        "model_transaction_policy { decoupled: true }\ninstance_group { count: 2 }\n",
    )
    (folder / scripted.name).write_bytes(scripted.read_bytes())
    return place


#: What a request leaves behind when something forgets it.
REQUEST_KINDS = ("error", "message", "parameter", "request", "response", "output_buffer")


def request_objects() -> dict[str, int]:
    """Live objects of the kinds that belong to single requests."""
    gc.collect()
    counts = live_objects()
    return {kind: counts[kind] for kind in REQUEST_KINDS}


def settles_to(expected: dict[str, int], seconds: float = 5.0) -> dict[str, int]:
    """The counts of the expected kinds once they are as expected, or as they are after a while."""
    deadline = time.monotonic() + seconds
    while True:
        gc.collect()
        counts = live_objects()
        seen = {kind: counts[kind] for kind in expected}
        if seen == expected or time.monotonic() > deadline:
            return seen
        time.sleep(0.01)
