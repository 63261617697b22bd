# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Encoded pictures in; resized, normalized pixels out, as a model of pictures wants them.

The size is that of the output in the configuration, mean and deviation of each colour are parameters.
"""

import json

import numpy as np
import png  # beside this file
import triton_python_backend_utils as pb_utils


def resized(pixels, height, width):
    """Bilinear, with the pixels' centres in mind."""
    for axis, size in enumerate((height, width)):
        given = pixels.shape[axis]
        place = np.clip((np.arange(size) + 0.5) * given / size - 0.5, 0, given - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, given - 1)
        shape = [-1 if i == axis else 1 for i in range(3)]
        part = (place - low).reshape(shape)
        pixels = pixels.take(low, axis) * (1 - part) + pixels.take(high, axis) * part
    return pixels


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        dims = pb_utils.get_output_config_by_name(config, "PIXELS")["dims"]
        self.height, self.width = int(dims[1]), int(dims[2])
        self.mean, self.deviation = (
            np.array(json.loads(config["parameters"][name]["string_value"]), np.float32)
            for name in ("mean", "std"))

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        pictures = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()[:, 0]
        made = np.empty((len(pictures), 3, self.height, self.width), np.float32)
        for number, data in enumerate(pictures):
            try:
                pixels = png.decode(data)
            except ValueError as error:
                return pb_utils.InferenceResponse(error=pb_utils.TritonError(
                    f"picture {number} of {len(pictures)}: {error}", pb_utils.TritonError.INVALID_ARG))
            small = resized(pixels.astype(np.float32) / 255, self.height, self.width)
            made[number] = ((small - self.mean) / self.deviation).transpose(2, 0, 1)
        return pb_utils.InferenceResponse([pb_utils.Tensor("PIXELS", made)])
