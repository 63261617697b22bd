# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Makes a model of an expression in x, has the server load it from memory, asks it, unloads it.

Needs a server with --model-control-mode=explicit.
"""

import json

import triton_python_backend_utils as pb_utils

NAME = "made_of_an_expression"
CONFIG = {
    "name": NAME, "backend": "python",
    "input": [{"name": "X", "data_type": "TYPE_FP32", "dims": [-1]}],
    "output": [{"name": "Y", "data_type": "TYPE_FP32", "dims": [-1]}],
}
CODE = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([pb_utils.Tensor("Y", self.y(r.inputs()[0].as_numpy()))])
                for r in requests]

    def y(self, x):
        return np.asarray({expression}, np.float32)
"""


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        expression = pb_utils.get_input_tensor_by_name(request, "EXPRESSION").as_numpy()[0].decode()
        compile(expression, "EXPRESSION", "eval")
        pb_utils.load_model(
            model_name=NAME, config=json.dumps(CONFIG),
            files={"file:1/model.py": CODE.format(expression=expression).encode()})
        if not pb_utils.is_model_ready(model_name=NAME, model_version="1"):
            raise pb_utils.TritonModelException(f"{NAME} was loaded, and is not ready")
        answer = pb_utils.InferenceRequest(
            model_name=NAME, requested_output_names=["Y"],
            inputs=[pb_utils.get_input_tensor_by_name(request, "X")]).exec()
        pb_utils.unload_model(model_name=NAME)
        if answer.has_error():
            raise pb_utils.TritonModelException(answer.error().message())
        return pb_utils.InferenceResponse(answer.output_tensors())
