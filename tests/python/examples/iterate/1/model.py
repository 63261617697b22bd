# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How many steps it takes from IN to 1, halving what is even and making 3n + 1 of what is odd.

One step for each time that the request is executed: until the end it is put back into the queue, so
that other requests have their turns between.
"""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        # By the id that the server gives to each request that it executes again and again.
        self.state = {}

    def execute(self, requests):
        responses = []
        for request in requests:
            start = int(pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()[0])
            number, steps = self.state.pop(request.correlation_id(), (start, 0))
            if number == 1:
                responses.append(pb_utils.InferenceResponse([
                    pb_utils.Tensor("OUT", np.array([steps], np.int32))]))
                continue
            number = 3 * number + 1 if number % 2 else number // 2
            self.state[request.correlation_id()] = (number, steps + 1)
            request.set_release_flags(pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)
            responses.append(None)
        return responses
