# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""For mosec: one model, at the path ``/inference``.

    TRITON_PY_MODEL=python-add-sub python mosec_service.py --address HOST --port PORT ...

The name of the model is in the environment, for mosec reads the arguments.
"""

import os
from typing import Any

import mosec
import numpy as np


class AddSub(mosec.Worker):
    """The sum and the difference of two tensors, in mosec's own JSON."""

    def forward(self, data: dict[str, Any]) -> dict[str, Any]:
        a, b = (np.array(data[name], np.float32) for name in ("INPUT0", "INPUT1"))
        return {"OUTPUT0": (a + b).tolist(), "OUTPUT1": (a - b).tolist()}


class Passed(mosec.Worker):
    """The input as the output. mosec has no form of its own for tensors: a body is the bytes alone."""

    def deserialize(self, data: bytes) -> np.ndarray:
        return np.frombuffer(data, np.float32)

    def forward(self, data: np.ndarray) -> np.ndarray:
        return data

    def serialize(self, data: np.ndarray) -> bytes:
        return data.tobytes()


MODELS = {"python-add-sub": AddSub, "python-passed": Passed}

if __name__ == "__main__":
    server = mosec.Server()
    server.append_worker(MODELS[os.environ["TRITON_PY_MODEL"]], num=1)
    server.run()
