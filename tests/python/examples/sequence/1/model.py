# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Adds up what comes in a sequence: state between requests, kept by the sequence's id.

The sequence batcher says by control tensors where a sequence begins and ends and which it is; it sees to
it that all requests of a sequence come to the same instance.
"""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.sums = {}
        self.counts = {}

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        value, start, end, ready, name = (
            pb_utils.get_input_tensor_by_name(request, tensor).as_numpy().reshape(-1)[0]
            for tensor in ("IN", "START", "END", "READY", "ID"))
        if not ready:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError("an empty slot"))
        if start:
            self.sums[name], self.counts[name] = 0.0, 0
        elif name not in self.sums:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                f"sequence {name.decode()} has no beginning", pb_utils.TritonError.INVALID_ARG))
        self.sums[name] += float(value)
        self.counts[name] += 1
        total, count = self.sums[name], self.counts[name]
        if end:
            del self.sums[name], self.counts[name]
        text = f"{name.decode()}: {count} of {request.correlation_id()!r}, {len(self.sums)} open"
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("SUM", np.array([[total]], np.float32)),
            pb_utils.Tensor("SO_FAR", np.array([[text]], dtype=np.object_))])
