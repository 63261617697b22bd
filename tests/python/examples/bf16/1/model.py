# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""BF16, which numpy doesn't have: by DLPack, with numpy alone.

SAME is IN handed on as it is. The arithmetic of DOUBLED is done in FP32, of which BF16 is the upper
half; WIDE is IN as FP32. A framework that has BF16 needs none of this: see examples_torch.
"""

import bits  # beside this file
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "IN")
            wide = (bits.of(given).astype(np.uint32) << 16).view(np.float32)
            doubled = (wide * 2).view(np.uint32) >> 16
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor.from_dlpack("DOUBLED", bits.Bf16(doubled.astype(np.uint16))),
                pb_utils.Tensor.from_dlpack("SAME", given),
                pb_utils.Tensor("WIDE", wide)]))
        return responses
