# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A digit drawn with characters, five rows of three, becomes pixels."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        rows = [row.decode() for row in
                pb_utils.get_input_tensor_by_name(request, "ROWS").as_numpy()]
        for number, row in enumerate(rows):
            if len(row) != 3:
                return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                    f"row {number} has {len(row)} characters, where 3 are expected",
                    pb_utils.TritonError.INVALID_ARG))
        pixels = np.array([character != " " for row in rows for character in row], np.float32)
        return pb_utils.InferenceResponse([pb_utils.Tensor("PIXELS", pixels)])
