# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers an odd IN when the next even one has come: by a response sender, without being decoupled.

Still there is one response for each request.
"""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.waiting = []

    def execute(self, requests):
        for request in requests:
            # An input is gone with execute; what is needed later is copied.
            value = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy().copy()
            self.waiting.append((request.get_response_sender(), value))
            if value[0] % 2 == 0:
                while self.waiting:
                    sender, value = self.waiting.pop()
                    sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", value * 10)]),
                                flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
