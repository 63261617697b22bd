# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers with an error of the code that CODE names; RAISE raises an exception instead."""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        tensor = pb_utils.get_input_tensor_by_name(request, "CODE")
        name = tensor.as_numpy()[0].decode()
        if name == "RAISE":
            raise pb_utils.TritonModelException("this and every other request of the batch fail")
        if name == "NONE":
            return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", tensor.as_numpy())])
        return pb_utils.InferenceResponse(error=pb_utils.TritonError(
            f"as was wished: {name}", getattr(pb_utils.TritonError, name)))
