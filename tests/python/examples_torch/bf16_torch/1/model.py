# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Arithmetic in BF16, which PyTorch has and numpy doesn't."""

import torch
import triton_python_backend_utils as pb_utils
from torch.utils.dlpack import from_dlpack, to_dlpack


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            given = from_dlpack(pb_utils.get_input_tensor_by_name(request, "IN").to_dlpack())
            assert given.dtype is torch.bfloat16
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor.from_dlpack("DOUBLED", to_dlpack(given * 2))]))
        return responses
