# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Takes the first WANTED responses of a model that has no end, and calls it off."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        wanted = int(pb_utils.get_input_tensor_by_name(request, "WANTED").as_numpy()[0])
        stream = pb_utils.InferenceRequest(
            model_name="endless", requested_output_names=["NUMBER"],
            inputs=[pb_utils.Tensor("FROM", np.zeros(1, np.int32))],
        ).exec(decoupled=True)
        numbers = []
        for answer in stream:
            if answer.has_error():
                # Whether what was called off ends with an error is up to the other model.
                if answer.error().code() != pb_utils.TritonError.CANCELLED:
                    raise pb_utils.TritonModelException(answer.error().message())
                break
            numbers += [tensor.as_numpy()[0] for tensor in answer.output_tensors()]
            if len(numbers) == wanted:
                stream.cancel()
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("NUMBERS", np.array(numbers[:wanted], np.int32))])
