# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model NAME: multiplies its input.

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
        self.factor = np.float32(config["parameters"]["FACTOR"]["string_value"])
        pb_utils.Logger.log_info(f"multiplies by {self.factor}")  # goes to the server's log

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> list[pb_utils.InferenceResponse]:
        """Called with one or more requests. Returns as many responses, in the same order."""
        responses = []
        for request in requests:
            # A numpy array in the memory that the server filled: read it, don't write to it.
            values = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
            if np.isnan(values).any():
                # An error for this request alone; one that is raised here fails all of them.
                responses.append(pb_utils.InferenceResponse(error=pb_utils.TritonError(
                    "INPUT is not a number", pb_utils.TritonError.INVALID_ARG)))
                continue
            output = pb_utils.Tensor("OUTPUT", values * self.factor)
            responses.append(pb_utils.InferenceResponse([output]))
        return responses

    def finalize(self) -> None:
        """Called once, when the model is unloaded: the place to close what initialize() opened."""
