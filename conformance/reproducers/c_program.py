# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""reproduce.c: a case as a C program over the server's in-process API (program.c has the rest of it)."""

from __future__ import annotations

import json
from pathlib import Path

from ..cases import Case, CaseRequest, Infer, Load
from ..results import ClauseResult, Violation

TEMPLATE = Path(__file__).with_name("program.c")
#: Longer buffers are read from files.
LONGEST_ARRAY = 4096
#: More requests than this make no readable program.
MOST_REQUESTS = 64

COMMANDS = (
    "cc reproduce.c -o reproduce -I$(triton-py config --include) -L$(triton-py config --libdir) \\",
    "   -ltritonserver -pthread -Wl,-rpath,$(triton-py config --libdir)",
    "./reproduce BACKEND_DIRECTORY        # the folder that has <name>/libtriton_<name>.so",
)


def why_not(case: Case, clause: str) -> str:
    """Why a case can't be shown so; "" if it can."""
    if case.faults:
        return "calls of the server are made to fail, which takes the harness"
    if case.api_version is not None:
        return "the server claims to have another API version, which takes the harness"
    if case.output_memory >= 0:
        return "outputs claim to be in another memory type, which takes the harness"
    if sum(len(s.requests) for s in case.steps if isinstance(s, Infer)) > MOST_REQUESTS:
        return f"the case has more than {MOST_REQUESTS} requests"
    if clause.startswith(("hygiene.", "statistics.", "lifecycle.state")):
        return "it shows in the calls that are made, or over many repetitions, not in the answers"
    return ""


def text(case: Case, clause: ClauseResult, violation: Violation, place: Path) -> str:
    """The program; large buffers are written into ``place``."""
    builder = _Builder(place)
    for step in case.steps:
        if isinstance(step, Infer):
            builder.infer(step)
        elif isinstance(step, Load):
            builder.steps.append(f'  load({_quoted(step.model)});')
        else:
            builder.steps.append(f'  unload({_quoted(step.model)});')
    head = "\n".join(
        f" * {line}" for line in
        (clause.clause.id, clause.clause.sentence, "", f"Observed: {violation.summary}")
    ).replace("*/", "* /")  # fmt: skip
    program = TEMPLATE.read_text()
    program = program.replace("/*HEAD*/", f"/*\n{_ascii(head)}\n */")
    program = program.replace("/*DATA*/", "\n".join(builder.data))
    return program.replace("/*STEPS*/", "\n".join(builder.steps))


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _quoted(text: str) -> str:
    """A C string literal."""
    return json.dumps(text).replace("\\u", "\\\\u")


class _Builder:
    def __init__(self, place: Path) -> None:
        self.place = place
        self.data: list[str] = []
        self.steps: list[str] = []
        self.buffers: dict[bytes, str] = {}

    def infer(self, step: Infer) -> None:
        lines = self.steps
        lines.append("  begin();")
        for number, request in enumerate(step.requests):
            self._request(request, request.model or step.model, number)
        lines.append(f"  finish({step.timeout_s:.0f});")

    def _request(self, request: CaseRequest, model: str, number: int) -> None:
        flags = (1 if request.start else 0) | (2 if request.end else 0)
        lines = self.steps
        lines.append(
            f'  new_request({_quoted(model)}, "case-{number}", {flags}u, '
            f"{request.correlation_id}ull);"
        )
        for name, value in request.parameters.items():
            lines.append(f"  {_parameter(name, value)}")
        for name, tensor in request.inputs.items():
            shape = ", ".join(str(dim) for dim in tensor.shape) or "0"
            lines.append(
                f"  input({_quoted(name)}, TRITONSERVER_TYPE_{tensor.datatype}, "
                f"(int64_t[]){{{shape}}}, {len(tensor.shape)});"
            )
            for piece in tensor.pieces():
                lines.append(f"  data({_quoted(name)}, {self._buffer(piece)}, {tensor.shift % 16});")
        for output in request.outputs or ():
            lines.append(f"  want({_quoted(output)});")
        lines.append("  send();")
        if request.cancel_after_ms is not None:
            lines.append(f"  cancel_after({request.cancel_after_ms:.1f});")

    def _buffer(self, piece: bytes) -> str:
        """The arguments that name these bytes: a pointer and a size, or a file."""
        if not piece:
            return "NULL, 0, NULL"
        if piece not in self.buffers:
            name = f"bytes_{len(self.buffers)}"
            if len(piece) > LONGEST_ARRAY:
                (self.place / f"{name}.bin").write_bytes(piece)
                self.buffers[piece] = f'NULL, {len(piece)}, "{name}.bin"'
            else:
                rows = [piece[i : i + 16] for i in range(0, len(piece), 16)]
                body = ",\n  ".join(", ".join(f"0x{b:02x}" for b in row) for row in rows)
                self.data.append(
                    f"static const unsigned char {name}[{len(piece)}] = {{\n  {body}}};"
                )
                self.buffers[piece] = f"{name}, {len(piece)}, NULL"
        return self.buffers[piece]


def _parameter(name: str, value: str | bool | float) -> str:
    quoted = _quoted(name)
    if isinstance(value, bool):
        return f"check(TRITONSERVER_InferenceRequestSetBoolParameter(newest()->request, {quoted}, {str(value).lower()}));"
    if isinstance(value, int):
        return f"check(TRITONSERVER_InferenceRequestSetIntParameter(newest()->request, {quoted}, {value}ll));"
    if isinstance(value, float):
        return f"check(TRITONSERVER_InferenceRequestSetDoubleParameter(newest()->request, {quoted}, {value!r}));"
    return f"check(TRITONSERVER_InferenceRequestSetStringParameter(newest()->request, {quoted}, {_quoted(value)}));"
