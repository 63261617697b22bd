# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Works for STEPS hundredths of a second, unless its client gives up; then it stops at once.

How often that happened is a metric.
"""

import time

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.family = pb_utils.MetricFamily("example_cancelled_total", "Requests whose clients gave up",
                                            pb_utils.MetricFamily.COUNTER)
        self.count = self.family.Metric()
        self.begun_family = pb_utils.MetricFamily("example_begun_total", "Requests that were begun",
                                                  pb_utils.MetricFamily.COUNTER)
        self.begun = self.begun_family.Metric()

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        self.begun.increment(1)
        steps = pb_utils.get_input_tensor_by_name(request, "STEPS").as_numpy()
        for step in range(steps[0]):
            if request.is_cancelled():
                self.count.increment(1)
                return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                    f"given up after {step} of {steps[0]} steps", pb_utils.TritonError.CANCELLED))
            time.sleep(0.01)
        return pb_utils.InferenceResponse([pb_utils.Tensor("DONE", steps)])
