# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models of the specimens that take part in sequences, and a client of one sequence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from backend_support import model, tensors
from live_objects import more_than

from triton_py import Server
from triton_py.core import counters

IO = tensors([("INPUT", "TYPE_INT32", [1])], [("OUTPUT", "TYPE_INT32", [1])])
VARIABLE_IO = tensors([("INPUT", "TYPE_INT32", [-1])], [("OUTPUT", "TYPE_INT32", [-1])])
CONTROLS = "".join(
    f"""control_input {{ name: "{kind}"
      control {{ kind: CONTROL_SEQUENCE_{kind} int32_false_true: [ 0, 1 ] }} }}
    """
    for kind in ("START", "END", "READY")
)
CORRID = """control_input { name: "CORRID"
  control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } }
"""
STATE = """state { input_name: "PAST" output_name: "NEXT" data_type: TYPE_INT32 dims: [ %s ] %s }
"""


def sequences(*parts: str) -> str:
    return "sequence_batching {\n" + "\n".join(parts) + "\n}"


@contextmanager
def serving(
    folder: Path, specimens: Callable[[str], Path], name: str, **options: Any
) -> Iterator[Server]:
    """A server of models of that specimen; at its end no object of the core's is left."""
    directory = specimens(name).parent.parent
    before = counters.snapshot()
    with Server(
        model_repository=folder, backend_directory=directory, log_error=True, **options
    ) as server:
        yield server
    assert more_than(before) == {}


def counts(server: Server, name: str) -> tuple[int, int]:
    """Executions and inferences of a model so far."""
    statistics = server.model(name).statistics()["model_stats"][0]
    return statistics["execution_count"], statistics["inference_count"]


def counts_reach(server: Server, name: str, executions: int, inferences: int) -> None:
    """Asserts the counts. They are made after the response: when the request is released, and when
    Execute has returned; so they may be late."""
    deadline = time.monotonic() + 10
    while counts(server, name) != (executions, inferences) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert counts(server, name) == (executions, inferences)


class Client:
    """Sends the requests of one sequence."""

    def __init__(self, server: Server, name: str, correlation_id: int | str) -> None:
        self._model = server.model(name)
        self.correlation_id = correlation_id

    def send(self, *values: int, start: bool = False, end: bool = False, **options: Any) -> Any:
        """The iterator over the request's responses."""
        return self._model.infer(
            inputs={"INPUT": np.array([values], np.int32)},
            correlation_id=self.correlation_id,
            sequence_start=start,
            sequence_end=end,
            **options,
        )

    def ask(self, *values: int, **options: Any) -> Any:
        """The request's one response."""
        return self.send(*values, **options).result(timeout=30)

    def sum(self, *values: int, **options: Any) -> Any:
        """The output's values: a number where there is one."""
        return output(self.ask(*values, **options))


def output(response: Any) -> Any:
    """The values of OUTPUT: a number where there is one."""
    found = response["OUTPUT"].tolist()[0]
    return found[0] if len(found) == 1 else found


__all__ = [
    "CONTROLS",
    "CORRID",
    "IO",
    "STATE",
    "VARIABLE_IO",
    "Client",
    "counts",
    "counts_reach",
    "model",
    "output",
    "sequences",
    "serving",
]
