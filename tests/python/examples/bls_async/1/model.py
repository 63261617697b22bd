# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Asks add_sub twice at a time, once with its inputs the other way round."""

import asyncio

import triton_python_backend_utils as pb_utils


def ask(a, b, wanted):
    return pb_utils.InferenceRequest(
        model_name="add_sub",
        requested_output_names=[wanted],
        inputs=[pb_utils.Tensor("INPUT0", a), pb_utils.Tensor("INPUT1", b)],
    ).async_exec()


class TritonPythonModel:
    async def execute(self, requests):
        return [await self.answer(request) for request in requests]

    async def answer(self, request):
        a, b = (pb_utils.get_input_tensor_by_name(request, name).as_numpy()
                for name in ("INPUT0", "INPUT1"))
        answers = await asyncio.gather(ask(a, b, "OUTPUT0"), ask(b, a, "OUTPUT1"))
        for answer in answers:
            if answer.has_error():
                raise pb_utils.TritonModelException(answer.error().message())
        total = pb_utils.get_output_tensor_by_name(answers[0], "OUTPUT0").as_numpy()
        difference = pb_utils.get_output_tensor_by_name(answers[1], "OUTPUT1").as_numpy()
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("SUM", total), pb_utils.Tensor("REVERSED_DIFFERENCE", difference)])
