# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Asks its instance where it is to run, and says so with each answer.

A model with a framework would choose its device here: ``cuda:0`` where the kind is GPU and the device
0, the CPU otherwise.
"""

import json
import os

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        kind = args["model_instance_kind"]
        self.device = f"cuda:{args['model_instance_device_id']}" if kind == "GPU" else "cpu"
        self.where = {"kind": kind, "device": self.device, "name": args["model_instance_name"],
                      "process": os.getpid(), "files": sorted(os.listdir(args["model_repository"]))}

    def execute(self, requests):
        where = np.array([json.dumps(self.where)], dtype=np.object_)
        return [
            pb_utils.InferenceResponse([
                pb_utils.Tensor("OUT", pb_utils.get_input_tensor_by_name(request, "IN").as_numpy() ** 2),
                pb_utils.Tensor("WHERE", where)])
            for request in requests
        ]
