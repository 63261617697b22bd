# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model NAME: computes all requests of a batch at once.

The server makes one TritonPythonModel for each instance, and calls its methods from one thread.
"""

from __future__ import annotations

import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """The class has to have this name. Of its methods only execute() has to be there."""

    def initialize(self, args: dict[str, str]) -> None:
        """Called once, before the first request: the place to load weights. If it raises, the model
        is not served.

        ``args`` has model_name, model_version, model_repository (the model's folder),
        model_instance_name, model_instance_kind and model_instance_device_id, and model_config: the
        configuration as JSON.
        """
        config = json.loads(args["model_config"])
        declared = pb_utils.get_output_config_by_name(config, "OUTPUT")
        self.dtype = pb_utils.triton_string_to_numpy(declared["data_type"])
        self.weights = np.array([[1, 0], [0, 1], [1, 1]], self.dtype)

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> list[pb_utils.InferenceResponse]:
        """Called with one or more requests. Returns as many responses, in the same order."""
        inputs = [pb_utils.get_input_tensor_by_name(r, "INPUT").as_numpy() for r in requests]
        # One computation for the rows of all requests: what batching is for.
        outputs = np.concatenate(inputs) @ self.weights
        # Each request gets the rows that are its own.
        ends = np.cumsum([len(rows) for rows in inputs])
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", rows)])
                for rows in np.split(outputs, ends[:-1])]

    def finalize(self) -> None:
        """Called once, when the model is unloaded: the place to close what initialize() opened."""
