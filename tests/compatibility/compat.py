# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The same requests to this server and to Triton, and what differs in the answers.

A scenario is a TOML file: models, flags, and steps in order.

.. code-block:: toml

    flags = ["--model-control-mode=explicit"]  # of both servers; optional
    ignore = ["model_stats.*.last_inference"]  # parts of every answer that may differ

    [models]
    copy = 'backend: "identity" ...'           # config.pbtxt; an empty version folder 1 beside it

    [[step]]
    name = "a wrong shape"
    http = { method = "POST", path = "/v2/models/copy/infer", json = { inputs = [] } }

    [[step]]
    name = "a stream"
    grpc = { method = "ModelStreamInfer", messages = [ {} ], metadata = {} }

An HTTP request has its body as ``json`` or as ``text``, and ``headers``. A gRPC call has ``message``, in
protobuf's JSON form, or ``messages`` of a stream. What is known to differ is in ``known.toml``, by steps and
parts of their answers, with what both say in a few words and the reason; docs/compatibility.md is made from it:

    python tests/compatibility/compat.py > docs/compatibility.md
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KNOWN = HERE / "known.toml"

#: Parts of every answer that say when, not what.
TIMES = ("model_stats.*.last_inference", "**.ns", "headers.date")


@dataclass(frozen=True)
class Step:
    name: str
    http: Mapping[str, Any] | None = None
    grpc: Mapping[str, Any] | None = None
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    name: str
    models: Mapping[str, str]
    steps: Sequence[Step]
    flags: Sequence[str] = ()


@dataclass(frozen=True)
class Difference:
    """Of one part of one answer."""

    step: str
    #: Where, as ``body.error``.
    part: str
    triton: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.step}: {self.part}: Triton {self.triton!r}, here {self.ours!r}"


@dataclass(frozen=True)
class Known:
    """A difference that is meant, or not closed yet."""

    scenario: str
    steps: tuple[str, ...]
    #: Patterns, as in ``ignore``.
    parts: tuple[str, ...]
    triton: str
    ours: str
    why: str

    def explains(self, difference: Difference) -> bool:
        return difference.step in self.steps and any(
            _pattern(part).fullmatch(difference.part) for part in self.parts)


def read(path: Path) -> Scenario:
    """Raises ``ValueError`` for what no scenario has."""
    data = tomllib.loads(path.read_text())
    if unknown := set(data) - {"models", "flags", "ignore", "step"}:
        raise ValueError(f"{path.name}: no scenario has {', '.join(sorted(unknown))}")
    common = tuple(data.get("ignore", ()))
    steps = []
    for entry in data["step"]:
        if (unknown := set(entry) - {"name", "http", "grpc", "ignore"}) or (
                ("http" in entry) == ("grpc" in entry)):
            raise ValueError(f"{path.name}: step '{entry.get('name')}' is one request, http or grpc"
                             + (f", and has no {', '.join(unknown)}" if unknown else ""))
        steps.append(Step(entry["name"], entry.get("http"), entry.get("grpc"),
                          common + tuple(entry.get("ignore", ()))))
    names = [step.name for step in steps]
    if len(set(names)) != len(names):
        raise ValueError(f"{path.name}: two steps have one name")
    return Scenario(path.stem, data.get("models", {}), steps, data.get("flags", ()))


def write_models(scenario: Scenario, folder: Path) -> None:
    for name, config in scenario.models.items():
        (folder / name / "1").mkdir(parents=True)
        if config:
            (folder / name / "config.pbtxt").write_text(config)


# --- asking ----------------------------------------------------------------------------------


def answers(scenario: Scenario, http_port: int, grpc_port: int) -> list[Any]:
    """What a server answers to each step, as plain data."""
    return [_http(step.http, http_port) if step.http is not None else
            _grpc(step.grpc or {}, grpc_port) for step in scenario.steps]


def _http(request: Mapping[str, Any], port: int) -> dict[str, Any]:
    headers = dict(request.get("headers", {}))
    body = request.get("text", "").encode()
    if "json" in request:
        body = json.dumps(request["json"]).encode()
        headers.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(request.get("method", "GET"), request["path"], body or None, headers)
        answer = connection.getresponse()
        data = answer.read()
    finally:
        connection.close()
    return {"status": answer.status, "body": _body(data, answer.headers)}


def _body(data: bytes, headers: Mapping[str, str]) -> Any:
    if headers.get("Content-Type", "").startswith("text/event-stream"):
        events = data.decode("utf-8", "backslashreplace").removesuffix("\n\n").split("\n\n")
        return {"events": [json.loads(event.removeprefix("data: ")) for event in events]}
    length = int(headers.get("Inference-Header-Content-Length") or len(data))
    text = data[:length].decode("utf-8", "backslashreplace")
    try:
        found = json.loads(text) if text else ""
    except ValueError:
        found = text
    return {"json": found, "binary": data[length:].hex()} if data[length:] else found


def _grpc(call: Mapping[str, Any], port: int) -> dict[str, Any]:
    import grpc
    from google.protobuf.json_format import MessageToDict, ParseDict

    from triton_py.proto import grpc_service as pb

    method = pb.METHODS[call["method"]]
    path = f"/inference.GRPCInferenceService/{call['method']}"
    metadata = tuple((call.get("metadata") or {}).items())
    parts = {"request_serializer": lambda message: message.SerializeToString(),
             "response_deserializer": method.response.FromString}

    def plain(message: Any) -> Any:
        return MessageToDict(message, preserving_proto_field_name=True)

    received: list[Any] = []
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            if "messages" in call:
                sent = iter([ParseDict(one, method.request()) for one in call["messages"]])
                for one in channel.stream_stream(path, **parts)(sent, timeout=60, metadata=metadata):
                    received.append(plain(one))
            else:
                made = ParseDict(call.get("message", {}), method.request())
                received.append(plain(channel.unary_unary(path, **parts)(
                    made, timeout=60, metadata=metadata)))
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details(), "messages": received}
    return {"code": "OK", "messages": received}


# --- comparing -------------------------------------------------------------------------------


def differences(scenario: Scenario, triton: Sequence[Any], ours: Sequence[Any]) -> list[Difference]:
    found = []
    for step, theirs, mine in zip(scenario.steps, triton, ours, strict=True):
        ignored = [_pattern(text) for text in (*TIMES, *step.ignore)]
        for part, a, b in _compare("", theirs, mine):
            if not any(pattern.fullmatch(part) for pattern in ignored):
                found.append(Difference(step.name, part, a, b))
    return found


def _pattern(text: str) -> re.Pattern[str]:
    """``*`` is one name or number, ``**`` any number of them; what lies below it belongs to it."""
    parts = [r"(?:.*\.)?" if part == "**" else (r"[^.]+" if part == "*" else re.escape(part)) + r"\."
             for part in text.split(".")]
    return re.compile("(?:body\\.|messages\\.[^.]+\\.)?" + "".join(parts).removesuffix(r"\.")
                      + r"(?:\..*)?")


def _compare(where: str, a: Any, b: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            yield from _compare(f"{where}.{key}".lstrip("."), a.get(key, "(absent)"),
                                b.get(key, "(absent)"))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _compare(f"{where}.{index}", x, y)
    elif a != b:
        yield where, a, b


def known() -> list[Known]:
    return [Known(**{**entry, "steps": tuple(entry["steps"]), "parts": tuple(entry["parts"])})
            for entry in tomllib.loads(KNOWN.read_text()).get("known", [])]


@dataclass
class Judged:
    """Differences, and what is known of them."""

    unknown: list[Difference] = field(default_factory=list)
    #: Listed steps and parts that do not differ: the list is out of date.
    gone: list[str] = field(default_factory=list)


def judge(scenario: str, found: Sequence[Difference], listed: Sequence[Known]) -> Judged:
    mine = [one for one in listed if one.scenario == scenario]
    out = Judged([difference for difference in found
                  if not any(one.explains(difference) for one in mine)])
    for one in mine:
        seen = [difference for difference in found if one.explains(difference)]
        out.gone += [step for step in one.steps if step not in {d.step for d in seen}]
        out.gone += [f"{part} of {', '.join(one.steps)}" for part in one.parts
                     if not any(_pattern(part).fullmatch(d.part) for d in seen)]
    return out


# --- the page --------------------------------------------------------------------------------

_HEAD = """\
# Compatibility with Triton

The same requests go to this server and to Triton (2.51, as nvidia-pytriton 0.7.0 carries it), and answers,
status codes and error texts are compared (`tests/compatibility`; the scenarios there say what is asked).
What is not in this list is the same, in what they ask.

"""


def document(listed: Sequence[Known]) -> str:
    lines = [_HEAD]
    for scenario in dict.fromkeys(one.scenario for one in listed):
        lines.append(f"## {scenario}\n\n| asked | Triton | here | why |\n|---|---|---|---|\n")
        lines += [f"| {_cell('; '.join(one.steps))} | {_cell(one.triton)} | {_cell(one.ours)} | "
                  f"{_cell(one.why)} |\n"
                  for one in listed if one.scenario == scenario]
        lines.append("\n")
    return "".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(document(known()))
