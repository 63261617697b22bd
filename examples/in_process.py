#!/usr/bin/env python3
# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A server inside this Python process: no port, no copy of the tensors. Usable cell by cell.

    python examples/in_process.py
"""

# %% A model repository: here one model of the identity backend, made on the fly.
from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import numpy as np

import triton_py

CONFIG = """
backend: "identity"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
dynamic_batching { }
# Each execution takes 2 ms, so that there is something to wait for and to batch.
parameters [ { key: "execute_delay_ms" value: { string_value: "2" } } ]
"""

repository = tempfile.TemporaryDirectory()
version = Path(repository.name, "echo", "1")
version.mkdir(parents=True)
version.with_name("config.pbtxt").write_text(CONFIG)

# %% The server. `with triton_py.Server(...) as server:` does the same and stops it in the end.
server = triton_py.Server(model_repository=repository.name, log_info=False)
server.start()
print("models:", [name for name, _ in server.models()])

# %% One request. Outputs are arrays over the server's memory.
model = server.model("echo")
response = model.infer(inputs={"INPUT0": np.array([[1, 2.5, -3]], np.float32)}).result()
print("OUTPUT0:", np.from_dlpack(response["OUTPUT0"]))


# %% Many at a time: the server forms batches of them.
async def many(count: int) -> float:
    requests = [model.async_infer(inputs={"INPUT0": np.full((1, 4), i, np.float32)})
                for i in range(count)]
    responses = await asyncio.gather(*requests)
    return sum(float(np.from_dlpack(r["OUTPUT0"]).sum()) for r in responses)


# In a notebook: total = await many(100)
total = asyncio.run(many(100))
print("sum of 100 responses:", total)
assert total == 4 * sum(range(100))

# %% What the server counted.
statistics = model.statistics()["model_stats"][0]
print("requests:", statistics["inference_count"], "executions:", statistics["execution_count"])

# %% The end: models are unloaded, backends finalized.
server.stop()
repository.cleanup()
