# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Three models one after the other: pixels of a drawing, scores of the pixels, a name for the scores."""

import triton_python_backend_utils as pb_utils


class Failed(Exception):
    """The response with an error of one of the three."""


def ask(model, wanted, **inputs):
    """The wanted outputs of another model."""
    answer = pb_utils.InferenceRequest(
        model_name=model, requested_output_names=wanted,
        inputs=[pb_utils.Tensor(name, array) for name, array in inputs.items()]).exec()
    if answer.has_error():
        raise Failed(pb_utils.InferenceResponse(error=pb_utils.TritonError(
            f"{model}: {answer.error().message()}", answer.error().code())))
    return [pb_utils.get_output_tensor_by_name(answer, name) for name in wanted]


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        rows = pb_utils.get_input_tensor_by_name(request, "ROWS").as_numpy()
        try:
            (pixels,) = ask("digits_preprocess", ["PIXELS"], ROWS=rows)
            (scores,) = ask("digits_classify", ["SCORES"], PIXELS=pixels.as_numpy().reshape(1, -1))
            outputs = ask("digits_postprocess", ["LABEL", "PROBABILITY"],
                          SCORES=scores.as_numpy().reshape(-1))
        except Failed as failure:
            return failure.args[0]
        return pb_utils.InferenceResponse(outputs)
