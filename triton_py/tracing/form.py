# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A recording as Triton writes traces: objects of a JSON array, which its trace_summary.py reads.

Every activity is an object of its own; those of one trace stand together, in the order in which they
were reported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from triton_py.tracing.notes import Happened, Recorded, Started, Tensor
from triton_py.tracing.values import tensor_text


def _compact(value: dict[str, Any]) -> str:
    # ASCII: names that are not UTF-8 have a form in it, too.
    return json.dumps(value, separators=(",", ":"))


def _timestamp(trace_id: int, name: str, ns: int) -> str:
    return _compact({"id": trace_id, "timestamps": [{"name": name, "ns": ns}]})


def _started(note: Started) -> Iterator[str]:
    head: dict[str, Any] = {"id": note.trace_id, "model_name": note.model,
                            "model_version": note.version}
    if note.request_id:
        head["request_id"] = note.request_id
    if note.parent_id:
        head["parent_id"] = note.parent_id
    yield _compact(head)
    yield _timestamp(note.trace_id, "REQUEST_START", note.ns)


def _tensor(note: Tensor) -> str:
    return _compact({
        "id": note.trace_id,
        "activity": note.activity,
        "tensor": {
            "name": note.name,
            "data": tensor_text(note.datatype, note.shape, note.data),
            "shape": ",".join(map(str, note.shape)),
            "dtype": note.datatype,
        },
    })


def _objects(notes: Iterable[Started | Happened | Tensor]) -> Iterator[str]:
    for note in notes:
        if isinstance(note, Started):
            yield from _started(note)
        elif isinstance(note, Tensor):
            yield _tensor(note)
        else:
            yield _timestamp(note.trace_id, note.name, note.ns)


def trace_text(recorded: Recorded) -> str:
    """The objects of one recording, joined by commas; empty if it has none."""
    by_trace: dict[int, list[Started | Happened | Tensor]] = {}
    for note in recorded.notes:
        by_trace.setdefault(note.trace_id, []).append(note)
    return ",".join(text for trace_id in sorted(by_trace) for text in _objects(by_trace[trace_id]))
