# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The server behind a front end that is fuzzed: a few models of the shipped backends."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import triton_py
from triton_py.inprocess import NativeServer, Options, live_objects

KINDS = ("request", "response", "error", "output_buffer", "response_factory")

ONE = """backend: "identity"
input [ {{ name: "INPUT0" data_type: TYPE_{0} dims: [ {1} ] }} ]
output [ {{ name: "OUTPUT0" data_type: TYPE_{0} dims: [ {1} ] }} ]
"""

MIXED = """backend: "identity"
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] },
        { name: "INPUT1" data_type: TYPE_STRING dims: [ -1 ] },
        { name: "INPUT2" data_type: TYPE_INT64 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] },
         { name: "OUTPUT1" data_type: TYPE_STRING dims: [ -1 ] },
         { name: "OUTPUT2" data_type: TYPE_INT64 dims: [ -1 ] } ]
"""

REPEAT = """backend: "repeat"
model_transaction_policy { decoupled: true }
input [ { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
        { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
        { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
         { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] } ]
"""

TWO = """backend: "identity"
input [ { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] },
        { name: "INPUT1" data_type: TYPE_STRING dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] },
         { name: "OUTPUT1" data_type: TYPE_STRING dims: [ -1 ] } ]
"""

# Slots that are free again at once: what one case leaves open is not in the next one's way.
SEQUENCE = "sequence_batching { max_sequence_idle_microseconds: 1000 }\n"

ECHO = 'parameters { key: "echo_parameters" value { string_value: "true" } }\n'

#: The first of them by the names that the samples of tests/http and tests/client have.
MODELS = {
    "identity_fp32": ONE.format("FP32", "-1"),
    "identity_bytes": ONE.format("STRING", "-1"),
    "m": TWO,
    "b": "max_batch_size: 4\ndynamic_batching { }\n" + ONE.format("FP32", "-1"),
    **{name: ONE.format("STRING" if name == "BYTES" else name, "-1")
       for name in ("INT8", "UINT16", "BYTES", "FP64", "BOOL")},
    "fp16": ONE.format("FP16", "-1"),
    "matrix": ONE.format("INT64", "-1, -1"),
    "one": ONE.format("STRING", "1"),
    "echo": ONE.format("UINT8", "-1") + ECHO,
    "sequence": "max_batch_size: 2\n" + SEQUENCE + ONE.format("INT32", "1"),
    "mixed": MIXED,
    "repeat": REPEAT,
}


class Served:
    """A server over :data:`MODELS`, and what of it was alive before anybody asked it anything."""

    def __init__(self) -> None:
        #: The repository, and whatever else has to be somewhere as long as the server runs.
        self.place = Path(tempfile.mkdtemp(prefix="triton-py-fuzz-"))
        for name, config in MODELS.items():
            (self.place / name / "1").mkdir(parents=True)
            (self.place / name / "config.pbtxt").write_text(config)
        options = Options()
        options.set_model_repository_path(str(self.place))
        options.set_backend_directory(triton_py.get_backend_dir())
        options.set_log_info(False)
        options.set_log_warn(False)
        options.set_log_error(False)
        self.native = NativeServer(options)
        self._before = live_objects()

    def grown(self) -> dict[str, int]:
        """Which objects of the core there are more of than at first."""
        now = live_objects()
        return {kind: now[kind] - self._before[kind] for kind in KINDS
                if now[kind] != self._before[kind]}

    def close(self) -> None:
        self.native.close()
        shutil.rmtree(self.place)
