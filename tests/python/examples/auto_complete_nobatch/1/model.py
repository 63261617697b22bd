# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counts down, with no configuration but what this file says of itself: decoupled, no batches."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        config.add_input({"name": "FROM", "data_type": "TYPE_INT32", "dims": [1]})
        config.add_output({"name": "LEFT", "data_type": "TYPE_INT32", "dims": [1]})
        config.set_max_batch_size(0)
        config.set_model_transaction_policy({"decoupled": True})
        return config

    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            start = int(pb_utils.get_input_tensor_by_name(request, "FROM").as_numpy()[0])
            for left in range(start, -1, -1):
                sender.send(
                    pb_utils.InferenceResponse([
                        pb_utils.Tensor("LEFT", np.array([left], np.int32))]),
                    flags=0 if left else pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
