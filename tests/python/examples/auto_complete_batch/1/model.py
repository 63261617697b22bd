# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sum and difference, with no configuration but what this file says of itself: it batches."""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        written = {entry["name"] for kind in ("input", "output") for entry in config.as_dict()[kind]}
        for name in ("INPUT0", "INPUT1"):
            if name not in written:
                config.add_input({"name": name, "data_type": "TYPE_FP32", "dims": [4],
                                  "optional": name == "INPUT1"})
        for name in ("OUTPUT0", "OUTPUT1"):
            if name not in written:
                config.add_output({"name": name, "data_type": "TYPE_FP32", "dims": [4]})
        config.set_max_batch_size(4)
        config.set_dynamic_batching()
        return config

    def execute(self, requests):
        responses = []
        for request in requests:
            a = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            second = pb_utils.get_input_tensor_by_name(request, "INPUT1")
            b = second.as_numpy() if second is not None else 0 * a
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("OUTPUT0", a + b), pb_utils.Tensor("OUTPUT1", a - b)]))
        return responses
