# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Feeds its input to the model sequence, element by element, as one sequence of its own."""

import itertools

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.numbers = itertools.count(1)

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        name = f"inner-{next(self.numbers)}"
        sums = np.empty(values.shape, np.float32)
        for i, value in enumerate(values):
            flags = 0
            if i == 0:
                flags |= pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
            if i == len(values) - 1:
                flags |= pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_END
            answer = pb_utils.InferenceRequest(
                model_name="sequence", requested_output_names=["SUM"], correlation_id=name, flags=flags,
                inputs=[pb_utils.Tensor("IN", value.reshape(1, 1))]).exec()
            if answer.has_error():
                raise pb_utils.TritonModelException(answer.error().message())
            sums[i] = pb_utils.get_output_tensor_by_name(answer, "SUM").as_numpy()[0, 0]
        return pb_utils.InferenceResponse([pb_utils.Tensor("SUMS", sums)])
