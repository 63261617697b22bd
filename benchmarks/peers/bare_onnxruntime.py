# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ONNX Runtime without a server: what of a request's time is the model's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from google.protobuf import text_format

from triton_py.errors import UnavailableError, UnsupportedError
from triton_py.proto.model_config import ModelConfig

from .. import load
from ..results import Subject
from .peer import Peer, Served, ask

#: The parameter of a model with as many threads as run one operator; 0: one for each core.
_THREADS = "intra_op_thread_count"

#: What the interpreter is asked, to know what it has installed. Metadata alone: the package takes
#: half a second to import.
_ASK = """
import json, sys
from importlib import metadata, util
found = util.find_spec("onnxruntime") is not None
print(json.dumps({"python": sys.version.split()[0],
                  "onnxruntime": metadata.version("onnxruntime") if found else ""}))
"""


class BareOnnxRuntime(Peer):
    """``InferenceSession.run`` in a loop, one caller. Of the session options it sets the threads, where
    the model's configuration does. What is in flight at the same time is one run of a batch.

    :param python: the interpreter whose onnxruntime it is; empty: the running one.
    """

    scenarios = "onnxruntime"
    countable = False

    def __init__(self, python: str = "") -> None:
        self._python = python or sys.executable

    @cached_property
    def _facts(self) -> dict[str, str]:
        return ask(self._python, _ASK, "onnxruntime")

    def subject(self) -> Subject:
        version = self._facts["onnxruntime"] or "(not installed)"
        return Subject(f"bare onnxruntime {version}", dict(self._facts))

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        raise UnsupportedError("is no server")

    def closed_loop(self, work: load.Work) -> load.Load:
        if not self._facts["onnxruntime"]:
            raise UnavailableError(f"the package onnxruntime is not installed for {self._python}")
        model = work.repository / work.model / "1" / "model.onnx"
        if not model.is_file():
            raise UnsupportedError(f"runs ONNX models only, and '{work.model}' is none")
        config = text_format.Parse((work.repository / work.model / "config.pbtxt").read_text(),
                                   ModelConfig())
        # As the backend reads it; reading it from a map of protobuf would make an entry.
        threads = (config.parameters[_THREADS].string_value if _THREADS in config.parameters else "0")
        return load.session(self._python, model, int(threads), work)
