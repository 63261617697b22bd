# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sum and difference by a module of PyTorch; tensors come and go by DLPack, without a copy."""

import torch
import triton_python_backend_utils as pb_utils


class AddSub(torch.nn.Module):
    def forward(self, a, b):
        return a + b, a - b


class TritonPythonModel:
    def initialize(self, args):
        kind, device = args["model_instance_kind"], args["model_instance_device_id"]
        self.device = torch.device(f"cuda:{device}" if kind == "GPU" else "cpu")
        self.model = AddSub().to(self.device).eval()

    @torch.inference_mode()
    def execute(self, requests):
        responses = []
        for request in requests:
            a, b = (
                torch.from_dlpack(pb_utils.get_input_tensor_by_name(request, name)).to(self.device)
                for name in ("INPUT0", "INPUT1"))
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor.from_dlpack(f"OUTPUT{i}", result.cpu())
                for i, result in enumerate(self.model(a, b))]))
        return responses
