# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TIMES responses that say IN, by coroutines that run side by side."""

import asyncio

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    async def execute(self, requests):
        await asyncio.gather(*map(self.answer, requests))

    async def answer(self, request):
        sender = request.get_response_sender()
        data, times = (tensor.as_numpy() for tensor in request.inputs())
        left = int(times[0])
        while left > 0 and not request.is_cancelled():
            left -= 1
            # The last of an odd number ends the request itself.
            ends = left == 0 and times[0] % 2 == 1
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", data)]),
                        flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL if ends else 0)
            if ends:
                return
            await asyncio.sleep(0.004)
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
