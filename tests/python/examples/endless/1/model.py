# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counts on, a response each millisecond, until its client gives up.

How many such streams there are at the moment is a metric.
"""

import asyncio
import itertools

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.family = pb_utils.MetricFamily("example_streams", "Streams that are open",
                                            pb_utils.MetricFamily.GAUGE)
        self.open = self.family.Metric()

    async def execute(self, requests):
        await asyncio.gather(*(self.count(request) for request in requests))

    async def count(self, request):
        self.open.increment(1)
        sender = request.get_response_sender()
        start = int(pb_utils.get_input_tensor_by_name(request, "FROM").as_numpy()[0])
        for number in itertools.count(start):
            if sender.is_cancelled():
                break
            sender.send(pb_utils.InferenceResponse([
                pb_utils.Tensor("NUMBER", np.array([number], np.int32))]))
            await asyncio.sleep(0.001)
        self.open.increment(-1)
        # The end is said to a request that was given up, too.
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
