# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Has the model that MODEL_NAME names do the work, and passes on what it answers."""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        name = pb_utils.get_input_tensor_by_name(request, "MODEL_NAME").as_numpy()[0].decode()
        inner = pb_utils.InferenceRequest(
            model_name=name,
            requested_output_names=["OUTPUT0", "OUTPUT1"],
            inputs=[pb_utils.get_input_tensor_by_name(request, name)
                    for name in ("INPUT0", "INPUT1")],
            request_id=request.request_id(),
        ).exec()
        if inner.has_error():
            # With the inner error's code, so that a client can tell a wrong name from a broken model.
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                f"asking '{name}': {inner.error().message()}", inner.error().code()))
        return pb_utils.InferenceResponse(inner.output_tensors())
