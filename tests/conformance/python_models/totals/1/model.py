# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The sum of what a sequence has sent. (States of the server's are nothing that Python models get.)"""

import triton_python_backend_utils as pb_utils


def value(request, name):
    return pb_utils.get_input_tensor_by_name(request, name).as_numpy()


class TritonPythonModel:
    def initialize(self, args):
        self.totals = {}

    def execute(self, requests):
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", self.answer(request))]) for request in requests]

    def answer(self, request):
        data = value(request, "IN")
        if not value(request, "READY").all():
            return data
        sequence = int(value(request, "CORRID").ravel()[0])
        total = data if value(request, "START").all() else self.totals[sequence] + data
        self.totals[sequence] = total
        if value(request, "END").all():
            del self.totals[sequence]
        return total
