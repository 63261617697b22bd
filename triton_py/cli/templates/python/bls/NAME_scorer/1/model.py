# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model that NAME asks: put your own in its place, of any backend."""

from __future__ import annotations

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """Scores that add up to 1."""

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> list[pb_utils.InferenceResponse]:
        responses = []
        for request in requests:
            values = pb_utils.get_input_tensor_by_name(request, "VALUES").as_numpy()
            powers = np.exp(values - values.max())
            scores = pb_utils.Tensor("SCORES", powers / powers.sum())
            responses.append(pb_utils.InferenceResponse([scores]))
        return responses
