# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model NAME: prepares its input, has another model compute, and makes an answer of the result.

The other model may be of any backend. The server makes one TritonPythonModel for each instance, and
calls its methods from one thread.
"""

from __future__ import annotations

import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """The class has to have this name. Of its methods only execute() has to be there."""

    def initialize(self, args: dict[str, str]) -> None:
        """Called once, before the first request. Other models can't be asked here yet.

        ``args`` has model_name, model_version, model_repository (the model's folder),
        model_instance_name, model_instance_kind and model_instance_device_id, and model_config: the
        configuration as JSON.
        """
        config = json.loads(args["model_config"])
        self.scorer = config["parameters"]["SCORER"]["string_value"]

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> list[pb_utils.InferenceResponse]:
        """Called with one or more requests. Returns as many responses, in the same order.

        To ask several models side by side, make it ``async`` and await several ``async_exec()``
        with ``asyncio.gather``. Of a decoupled model ``exec(decoupled=True)`` gives an iterator.
        """
        return [self.answer(request) for request in requests]

    def answer(self, request: pb_utils.InferenceRequest) -> pb_utils.InferenceResponse:
        values = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
        if values.size == 0:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                "INPUT is empty", pb_utils.TritonError.INVALID_ARG))
        # Before: numbers from 0 to 1.
        span = np.ptp(values)
        scaled = (values - values.min()) / (span if span else 1)
        # The other model, as any client would ask it.
        scores = pb_utils.InferenceRequest(
            model_name=self.scorer,
            inputs=[pb_utils.Tensor("VALUES", scaled)],
            requested_output_names=["SCORES"],
        ).exec()
        if scores.has_error():
            return pb_utils.InferenceResponse(error=scores.error())
        # After: the best of them.
        found = pb_utils.get_output_tensor_by_name(scores, "SCORES").as_numpy()
        best = int(found.argmax())
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("BEST", np.array([best], np.int64)),
            pb_utils.Tensor("SCORE", found[best:best + 1]),
        ])

    def finalize(self) -> None:
        """Called once, when the model is unloaded: the place to close what initialize() opened."""
