# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How near pixels are to each of ten digits, by the digits' own pictures as weights."""

import numpy as np
import triton_python_backend_utils as pb_utils

#: Bits, row by row, of 0 to 9.
DIGITS = ("111101101101111", "010110010010111", "111001111100111", "111001111001111",
          "101101111001001", "111100111001111", "111100111101111", "111001010010010",
          "111101111101111", "111101111001111")


class TritonPythonModel:
    def initialize(self, args):
        pictures = np.array([[bit == "1" for bit in digit] for digit in DIGITS], np.float32)
        # Pixels that agree count one, pixels that don't minus one.
        self.weights = (2 * pictures - 1).T

    def execute(self, requests):
        # All requests at a time, as a model on an accelerator would.
        pixels = [pb_utils.get_input_tensor_by_name(request, "PIXELS").as_numpy()
                  for request in requests]
        scores = (2 * np.concatenate(pixels) - 1) @ self.weights
        parts = np.split(scores, np.cumsum([len(part) for part in pixels])[:-1])
        return [pb_utils.InferenceResponse([pb_utils.Tensor("SCORES", part)]) for part in parts]
