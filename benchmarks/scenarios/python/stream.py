# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The input again and again, each time with the response's number added; how often, its parameter
``responses`` says."""

import json

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        parameters = json.loads(args["model_config"])["parameters"]
        self.responses = int(parameters["responses"]["string_value"])

    def execute(self, requests):
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            sender = request.get_response_sender()
            for number in range(self.responses):
                sender.send(pb_utils.InferenceResponse([
                    pb_utils.Tensor("OUTPUT0", given + given.dtype.type(number))]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
