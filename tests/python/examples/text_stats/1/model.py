# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Texts in, texts out: their words, in capitals, and how long they are.

TOKENS has a row for each text; shorter rows are filled with empty strings. LENGTHS has, for each
text, how many characters and how many bytes of UTF-8 it has.
"""

import re

import numpy as np
import triton_python_backend_utils as pb_utils

WORD = re.compile(r"\w+|[^\w\s]")


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        raw = pb_utils.get_input_tensor_by_name(request, "TEXT").as_numpy()
        try:
            texts = [element.decode() for element in raw[:, 0]]
        except UnicodeDecodeError as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                f"TEXT is not UTF-8: {error}", pb_utils.TritonError.INVALID_ARG))
        rows = [WORD.findall(text) for text in texts]
        tokens = np.full((len(rows), max(map(len, rows))), "", dtype=np.object_)
        for number, row in enumerate(rows):
            tokens[number, :len(row)] = row
        upper = np.array([[text.upper()] for text in texts], dtype=np.object_)
        lengths = np.array([[len(text), len(element)] for text, element in zip(texts, raw[:, 0])],
                           np.int32)
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("TOKENS", tokens), pb_utils.Tensor("UPPER", upper),
            pb_utils.Tensor("LENGTHS", lengths)])
