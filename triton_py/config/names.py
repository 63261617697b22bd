# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Names that conventions fix: platforms, backends, file names, data types."""

from __future__ import annotations

from typing import Final, NamedTuple

from triton_py.proto import model_config

CONFIG_FILE: Final = "config.pbtxt"
CONFIGS_FOLDER: Final = "configs"
WARMUP_FOLDER: Final = "warmup"
INITIAL_STATE_FOLDER: Final = "initial_state"

ENSEMBLE_PLATFORM: Final = "ensemble"
TENSORRT_PLATFORM: Final = "tensorrt_plan"

#: Batch size that a backend assumes while it auto-completes a model that can batch, as the backend
#: setting `default-max-batch-size`.
DEFAULT_MAX_BATCH_SIZE: Final = 4
#: A sequence that stays silent for longer gives up its slot.
DEFAULT_SEQUENCE_IDLE_MICROSECONDS: Final = 1_000_000


class Known(NamedTuple):
    """A backend whose models are recognized by their platform or by their file."""

    backend: str
    platform: str  # "" where the backend has no platform name
    file: str
    kind: str  # what the file must be: "file", "folder" or "any"


#: In the order in which a version folder is searched.
KNOWN: Final = (
    Known("tensorflow", "tensorflow_savedmodel", "model.savedmodel", "folder"),
    Known("tensorflow", "tensorflow_graphdef", "model.graphdef", "file"),
    Known("tensorrt", TENSORRT_PLATFORM, "model.plan", "file"),
    Known("onnxruntime", "onnxruntime_onnx", "model.onnx", "any"),  # large models are folders
    Known("openvino", "", "model.xml", "any"),
    Known("pytorch", "pytorch_libtorch", "model.pt", "file"),
    Known("pytorch", "torch_aoti", "model.pt2", "file"),
    Known("python", "", "model.py", "any"),
)

#: Other spellings of a platform.
PLATFORM_ALIASES: Final = {"libtorch": "pytorch_libtorch"}

#: Backends for which two instances on the CPU pay off by default.
TWO_CPU_INSTANCES: Final = frozenset({"tensorflow", "onnxruntime"})


def platforms_of(backend: str) -> frozenset[str]:
    """The platforms that may stand beside a known backend; empty for a backend that isn't known."""
    names = {known.platform for known in KNOWN if known.backend == backend and known.platform}
    return frozenset(names | {alias for alias, name in PLATFORM_ALIASES.items() if name in names})


# The protocol's names; numbers are the same in the protobuf enum and in TRITONSERVER_DataType.
_PROTOCOL = {"TYPE_STRING": "BYTES", "TYPE_INVALID": ""}
PROTOCOL_NAMES: Final = {
    number: _PROTOCOL.get(name, name.removeprefix("TYPE_"))
    for name, number in model_config.DataType.items()
}
#: Bytes of an element; a STRING element has its own length.
ELEMENT_SIZES: Final = {
    model_config.TYPE_BOOL: 1,
    model_config.TYPE_UINT8: 1,
    model_config.TYPE_UINT16: 2,
    model_config.TYPE_UINT32: 4,
    model_config.TYPE_UINT64: 8,
    model_config.TYPE_INT8: 1,
    model_config.TYPE_INT16: 2,
    model_config.TYPE_INT32: 4,
    model_config.TYPE_INT64: 8,
    model_config.TYPE_FP16: 2,
    model_config.TYPE_FP32: 4,
    model_config.TYPE_FP64: 8,
    model_config.TYPE_BF16: 2,
}


def datatype_string(data_type: int) -> str:
    """The protocol's name of a data type ("FP32", "BYTES"), "" for an invalid one."""
    return PROTOCOL_NAMES.get(data_type, "")
