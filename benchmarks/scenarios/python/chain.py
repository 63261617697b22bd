# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Asks the models that its parameter ``steps`` names, one after the other, each with the answer before."""

import json

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        parameters = json.loads(args["model_config"])["parameters"]
        self.steps = parameters["steps"]["string_value"].split()

    def execute(self, requests):
        answers = []
        for request in requests:
            tensor = pb_utils.get_input_tensor_by_name(request, "INPUT0")
            for step in self.steps:
                answer = pb_utils.InferenceRequest(
                    model_name=step, requested_output_names=["OUTPUT0"],
                    inputs=[pb_utils.Tensor("INPUT0", tensor.as_numpy())]).exec()
                if answer.has_error():
                    raise pb_utils.TritonModelException(answer.error().message())
                tensor = pb_utils.get_output_tensor_by_name(answer, "OUTPUT0")
            answers.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("OUTPUT0", tensor.as_numpy())]))
        return answers
