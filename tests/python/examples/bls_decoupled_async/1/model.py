# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The same twice at a time: two streams of responses of square, added up together."""

import asyncio

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    async def execute(self, requests):
        return [await self.answer(request) for request in requests]

    async def answer(self, request):
        given = pb_utils.get_input_tensor_by_name(request, "IN")
        streams = await asyncio.gather(*(
            pb_utils.InferenceRequest(
                model_name="square", requested_output_names=["OUT"], inputs=[given],
            ).async_exec(decoupled=True)
            for _ in range(2)))
        total = np.zeros(1, np.int32)
        for stream in streams:
            for answer in stream:
                if answer.has_error():
                    raise pb_utils.TritonModelException(answer.error().message())
                for tensor in answer.output_tensors():
                    total += tensor.as_numpy()
        return pb_utils.InferenceResponse([pb_utils.Tensor("SUM", total)])
