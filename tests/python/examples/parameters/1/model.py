# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Parameters: of the configuration, of a request, of a response.

IN is multiplied by the request's parameter ``factor``, or by the configuration's where it has none.
The response says as parameters what was done, and what else was sent.
"""

import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.factor = int(
            json.loads(args["model_config"])["parameters"]["factor"]["string_value"])

    def execute(self, requests):
        responses = []
        for request in requests:
            text = request.parameters()
            sent = json.loads(text) if text else {}
            factor = sent.pop("factor", self.factor)
            data = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
            responses.append(pb_utils.InferenceResponse(
                [pb_utils.Tensor("OUT", data * np.float32(factor))],
                parameters={"factor": factor, "default": factor == self.factor,
                            "others": ",".join(sorted(sent)),
                            **{f"sent_{name}": value for name, value in sent.items()}}))
        return responses
