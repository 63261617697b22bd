# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Words become vectors, by a table beside this file, which a module beside this file reads."""

import os

import numpy as np
import triton_python_backend_utils as pb_utils

from .table import Table


class TritonPythonModel:
    def initialize(self, args):
        place = os.path.join(args["model_repository"], args["model_version"], "words.csv")
        self.table = Table(place)

    def execute(self, requests):
        responses = []
        for request in requests:
            words = pb_utils.get_input_tensor_by_name(request, "WORD").as_numpy()[:, 0]
            found = [self.table.get(word.decode()) for word in words]
            responses.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("VECTOR", np.array(
                    [vector if vector is not None else self.table.mean for vector in found])),
                pb_utils.Tensor("KNOWN", np.array([[vector is not None] for vector in found]))]))
        return responses
