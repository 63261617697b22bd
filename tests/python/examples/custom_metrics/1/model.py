# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Three metrics of its own, on the server's metrics page: a counter, a gauge and a histogram."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        labels = {"model": args["model_name"], "version": args["model_version"]}
        # The families are kept, too: a metric is on the page as long as both are.
        self.families = [
            pb_utils.MetricFamily("example_values_total", "Values that were sent",
                                  pb_utils.MetricFamily.COUNTER),
            pb_utils.MetricFamily("example_largest_value", "The largest value of the last request",
                                  pb_utils.MetricFamily.GAUGE),
            pb_utils.MetricFamily("example_values", "How large the values were",
                                  pb_utils.MetricFamily.HISTOGRAM),
        ]
        self.count = self.families[0].Metric(labels=labels)
        self.largest = self.families[1].Metric(labels=labels)
        self.sizes = self.families[2].Metric(labels=labels, buckets=[1, 10, 100])

    def execute(self, requests):
        responses = []
        for request in requests:
            values = pb_utils.get_input_tensor_by_name(request, "VALUE").as_numpy()
            self.count.increment(values.size)
            self.largest.set(float(values.max()))
            for value in values:
                self.sizes.observe(float(value))
            pb_utils.Logger.log_info(f"{self.count.value():g} values so far")
            pb_utils.Logger.log(f"the largest is {self.largest.value():g}", pb_utils.Logger.WARNING)
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("COUNT", np.array([self.count.value()]))]))
        return responses
