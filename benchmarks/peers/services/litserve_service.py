# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""For LitServe: the sum and the difference of two tensors, as JSON.

    python litserve_service.py PORT
"""

import sys
from typing import Any

import litserve
import numpy as np


class AddSub(litserve.LitAPI):
    def setup(self, device: str) -> None:
        """There is nothing to set up; the class has no such method by itself."""

    def decode_request(self, request: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        return (np.array(request["INPUT0"], np.float32), np.array(request["INPUT1"], np.float32))

    def predict(self, x: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        a, b = x
        return a + b, a - b

    def encode_response(self, output: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
        total, difference = output
        return {"OUTPUT0": total.tolist(), "OUTPUT1": difference.tolist()}


def main() -> None:
    server = litserve.LitServer(AddSub(), accelerator="cpu", workers_per_device=1)
    # At the level of warnings nothing is logged for a request, as on the other servers.
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning",
               generate_client_file=False)


if __name__ == "__main__":
    main()
