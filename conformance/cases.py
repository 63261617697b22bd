# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a worker is to do, as data that survives JSON: it is sent to workers and written into
reproducers."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class TensorData:
    """An input's content and how it lies in memory."""

    datatype: str
    shape: tuple[int, ...]
    data: bytes
    #: Where it is cut into buffers: offsets in bytes, ascending.
    cuts: tuple[int, ...] = ()
    #: By how many bytes the address of each buffer is off from what malloc would give.
    shift: int = 0
    #: Where it lies: TRITONSERVER_MemoryType and the device's number.
    memory_type: int = 0
    device: int = 0

    def __repr__(self) -> str:
        # Made for each case, so not of all the data; literal.py has it in full.
        return (
            f"TensorData({self.datatype} {self.shape} {len(self.data)} bytes "
            f"{zlib.crc32(self.data):08x} {self.cuts} {self.shift} "
            f"{self.memory_type} {self.device})"
        )

    def pieces(self) -> list[bytes]:
        ends = [*self.cuts, len(self.data)]
        starts = [0, *self.cuts]
        return [self.data[a:b] for a, b in zip(starts, ends, strict=True)]

    def to_json(self) -> dict[str, Any]:
        return {
            "datatype": self.datatype,
            "shape": list(self.shape),
            "data": base64.b64encode(self.data).decode(),
            "cuts": list(self.cuts),
            "shift": self.shift,
            "memory_type": self.memory_type,
            "device": self.device,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> TensorData:
        return TensorData(
            value["datatype"],
            tuple(value["shape"]),
            base64.b64decode(value["data"]),
            tuple(value.get("cuts", ())),
            value.get("shift", 0),
            value.get("memory_type", 0),
            value.get("device", 0),
        )


@dataclass(frozen=True)
class CaseRequest:
    """One request."""

    inputs: Mapping[str, TensorData]
    #: The outputs that are asked for; None: all.
    outputs: tuple[str, ...] | None = None
    parameters: Mapping[str, str | int | bool | float] = field(default_factory=dict)
    correlation_id: int = 0
    start: bool = False
    end: bool = False
    #: Cancelled so many milliseconds after it was sent; None: not.
    cancel_after_ms: float | None = None
    #: Where it goes to; "": to the model that its step names.
    model: str = ""

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        value["inputs"] = {name: tensor.to_json() for name, tensor in self.inputs.items()}
        value["outputs"] = None if self.outputs is None else list(self.outputs)
        value["parameters"] = dict(self.parameters)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> CaseRequest:
        fields = dict(value)
        fields["inputs"] = {n: TensorData.from_json(t) for n, t in value["inputs"].items()}
        fields["outputs"] = None if value["outputs"] is None else tuple(value["outputs"])
        return CaseRequest(**fields)


@dataclass(frozen=True)
class CaseModel:
    """A model as the server is to see it."""

    name: str
    #: The text of its config.pbtxt; "" for none.
    config: str
    #: Where its version folders lie; "" for a version 1 without files.
    folder: str = ""


@dataclass(frozen=True)
class Load:
    model: str


@dataclass(frozen=True)
class Unload:
    model: str


@dataclass(frozen=True)
class Infer:
    """Requests that are sent one right after the other; all responses are waited for."""

    model: str
    requests: tuple[CaseRequest, ...]
    timeout_s: float = 6.0


Step = Load | Unload | Infer


@dataclass(frozen=True)
class FaultAt:
    """The nth call of a function fails, or all from it on."""

    function: str
    nth: int = 1
    onward: bool = False
    code: str = "INTERNAL"


@dataclass(frozen=True)
class Case:
    models: tuple[CaseModel, ...]
    steps: tuple[Step, ...]
    faults: tuple[FaultAt, ...] = ()
    #: Output buffers end at a page that nobody may touch.
    guard: bool = True
    #: The memory type that output buffers claim to be of (TRITONSERVER_MemoryType); -1: what they are.
    output_memory: int = -1
    #: The API version that the server claims to have; None: its own.
    api_version: tuple[int, int] | None = None
    #: For the whole case; a worker that takes longer hangs.
    timeout_s: float = 12.0
    #: The server and its models may be those of the case before, if that had the same, and stay for
    #: the next one: loads and unloads are left out then. For models that take long to load.
    keep: bool = False
    #: The byte that output buffers are full of before they are written.
    fill: int = 0xA7

    def to_json(self) -> dict[str, Any]:
        steps = []
        for step in self.steps:
            if isinstance(step, Infer):
                body: dict[str, Any] = {
                    "model": step.model,
                    "requests": [r.to_json() for r in step.requests],
                    "timeout_s": step.timeout_s,
                }
            else:
                body = {"model": step.model}
            steps.append({"do": type(step).__name__.lower()} | body)
        return {
            "models": [asdict(model) for model in self.models],
            "steps": steps,
            "faults": [asdict(fault) for fault in self.faults],
            "guard": self.guard,
            "fill": self.fill,
            "output_memory": self.output_memory,
            "api_version": list(self.api_version) if self.api_version else None,
            "timeout_s": self.timeout_s,
            "keep": self.keep,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Case:
        return Case(
            tuple(CaseModel(**model) for model in value["models"]),
            tuple(_step(step) for step in value["steps"]),
            tuple(FaultAt(**fault) for fault in value["faults"]),
            value["guard"],
            value["output_memory"],
            tuple(value["api_version"]) if value["api_version"] else None,
            value["timeout_s"],
            value.get("keep", False),
            value.get("fill", 0xA7),
        )


def _step(value: Mapping[str, Any]) -> Step:
    if value["do"] == "infer":
        requests = tuple(CaseRequest.from_json(r) for r in value["requests"])
        return Infer(value["model"], requests, value["timeout_s"])
    return Load(value["model"]) if value["do"] == "load" else Unload(value["model"])


@dataclass(frozen=True)
class OutputData:
    name: str
    datatype: str
    shape: tuple[int, ...]
    data: bytes


@dataclass(frozen=True)
class Answer:
    """One response, as the client got it."""

    outputs: tuple[OutputData, ...] = ()
    error: str = ""
    error_code: str = ""
    final: bool = False
    #: Only the news that no response follows.
    empty: bool = False

    def output(self, name: str) -> OutputData | None:
        return next((o for o in self.outputs if o.name == name), None)


@dataclass(frozen=True)
class StepResult:
    """What a step gave: an error of the server's, or each request's answers."""

    error: str = ""
    error_code: str = ""
    #: For each request of an Infer: its answers. An error at sending is one answer.
    answers: tuple[tuple[Answer, ...], ...] = ()
    #: Requests whose final response did not come in time.
    unanswered: tuple[int, ...] = ()
    #: Inputs that were different afterwards: (request, input, offset of the first byte).
    modified: tuple[tuple[int, str, int], ...] = ()
    seconds: float = 0.0
    #: Of a Load: the model's configuration as the server has completed it, as text.
    config: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    steps: tuple[StepResult, ...]
    #: The events' numbers: those after `first`, up to `last`.
    first: int
    last: int
    #: Live objects of the core that were not there before, by kind.
    leaked: Mapping[str, int] = field(default_factory=dict)
    #: How many of each fault's calls failed.
    fired: tuple[int, ...] = ()
    threads_left: int = 0
    #: Child processes, also those that have ended and were not waited for.
    processes_left: int = 0
    descriptors_left: int = 0
    rss_bytes: int = 0
    #: What malloc has given out, after the case.
    allocated_bytes: int = 0
    #: "" where the worker lives; else how it ended: SIGSEGV, hang, out of memory, exit 3, ...
    ended: str = ""
    #: What the harness itself got wrong.
    harness_error: str = ""


def outcome_from_json(value: Mapping[str, Any]) -> Outcome:
    return Outcome(
        tuple(step_result(step) for step in value["steps"]),
        value["first"],
        value["last"],
        dict(value["leaked"]),
        tuple(value["fired"]),
        value["threads_left"],
        value["processes_left"],
        value["descriptors_left"],
        value["rss_bytes"],
        value["allocated_bytes"],
        value["ended"],
        value["harness_error"],
    )


def step_result(value: Mapping[str, Any]) -> StepResult:
    answers = tuple(
        tuple(
            Answer(
                tuple(
                    OutputData(
                        o["name"], o["datatype"], tuple(o["shape"]), base64.b64decode(o["data"])
                    )
                    for o in answer["outputs"]
                ),
                answer["error"],
                answer["error_code"],
                answer["final"],
                answer["empty"],
            )
            for answer in request
        )
        for request in value["answers"]
    )
    modified = tuple((m[0], m[1], m[2]) for m in value["modified"])
    return StepResult(
        value["error"], value["error_code"], answers, tuple(value["unanswered"]), modified,
        value["seconds"], value.get("config", ""),
    )
