# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Says itself whether it is ready, so that an operator can drain it: "drain", "resume" and "state".

A model that is not ready still answers the requests that it gets; it's for load balancers to ask.
"""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.accepting = True

    def is_ready(self):
        return self.accepting

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        command = pb_utils.get_input_tensor_by_name(request, "COMMAND").as_numpy()[0].decode()
        if command in ("drain", "resume"):
            self.accepting = command == "resume"
        elif command != "state":
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                f"COMMAND is drain, resume or state, not {command!r}",
                pb_utils.TritonError.INVALID_ARG))
        return pb_utils.InferenceResponse([pb_utils.Tensor("READY", np.array([self.accepting]))])
