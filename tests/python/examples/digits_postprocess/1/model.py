# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Scores become the name of the best, and how probable it is."""

import numpy as np
import triton_python_backend_utils as pb_utils

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            scores = pb_utils.get_input_tensor_by_name(request, "SCORES").as_numpy()
            powers = np.exp(scores - scores.max())
            best = int(scores.argmax())
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("LABEL", np.array([NAMES[best]], dtype=np.object_)),
                pb_utils.Tensor("PROBABILITY", powers[best:best + 1] / powers.sum())]))
        return responses
