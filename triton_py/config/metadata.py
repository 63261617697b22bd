# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model metadata, as the KServe protocol has it, from a configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from triton_py.proto.model_config import ModelConfig, ModelInput, ModelOutput

from .names import datatype_string


def metadata(config: ModelConfig, versions: Iterable[int | str]) -> dict[str, Any]:
    """What TRITONSERVER_ServerModelMetadata answers, ready for JSON.

    `versions` are those that are ready, in the order in which they are to be named. `platform` is
    the backend's name for a model without a platform. A shape starts with -1 for the batch where
    the model batches, and has -1 for every dimension of any size.
    """
    batch = [-1] if config.max_batch_size > 0 else []

    def describe(tensor: ModelInput | ModelOutput) -> dict[str, Any]:
        return {
            "name": tensor.name,
            "datatype": datatype_string(tensor.data_type),
            "shape": batch + list(tensor.dims),
        }

    return {
        "name": config.name,
        "versions": [str(version) for version in versions],
        "platform": config.platform or config.backend,
        "inputs": [describe(tensor) for tensor in config.input],
        "outputs": [describe(tensor) for tensor in config.output],
    }
