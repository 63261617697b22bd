# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Each string in upper case."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            made = np.array([text.upper() for text in given.ravel()], dtype=np.object_)
            answers.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("OUTPUT0", made.reshape(given.shape))]))
        return answers
