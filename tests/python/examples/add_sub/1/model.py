# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""OUTPUT0 is the sum of two vectors, OUTPUT1 their difference."""

import json

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        # What the configuration says decides, so that changing a type there needs no change here.
        self.types = [
            pb_utils.triton_string_to_numpy(
                pb_utils.get_output_config_by_name(config, name)["data_type"])
            for name in ("OUTPUT0", "OUTPUT1")
        ]
        print(f"{args['model_name']} {args['model_version']} starts")

    def execute(self, requests):
        responses = []
        for request in requests:
            a = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            b = pb_utils.get_input_tensor_by_name(request, "INPUT1").as_numpy()
            results = (a + b, a - b)
            responses.append(pb_utils.InferenceResponse(output_tensors=[
                pb_utils.Tensor(f"OUTPUT{i}", result.astype(kind))
                for i, (result, kind) in enumerate(zip(results, self.types))
            ]))
        return responses

    def finalize(self):
        print("add_sub ends")
