# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counts on, a response each millisecond, until its client gives up.

How many such streams there are at the moment is a metric.
"""

import itertools
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.family = pb_utils.MetricFamily("example_streams", "Streams that are open",
                                            pb_utils.MetricFamily.GAUGE)
        self.open = self.family.Metric()

    def execute(self, requests):
        # Not by a coroutine or a thread: what another model asks for can be called off only while it is
        # executed.
        for request in requests:
            self.count(request)

    def count(self, request):
        self.open.increment(1)
        sender = request.get_response_sender()
        start = int(pb_utils.get_input_tensor_by_name(request, "FROM").as_numpy()[0])
        for number in itertools.count(start):
            if sender.is_cancelled():
                break
            sender.send(pb_utils.InferenceResponse([
                pb_utils.Tensor("NUMBER", np.array([number], np.int32))]))
            time.sleep(0.001)
        self.open.increment(-1)
        # The end is said to a request that was given up, too.
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
