# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Who answers: servers that speak the same protocol or one of their own, libraries with the same
in-process API, and what a backend calls, without a server.

A peer is a class with what ``Peer`` says, under its name in ``PEERS``.
"""

from __future__ import annotations

from collections.abc import Callable

from .bare_onnxruntime import BareOnnxRuntime
from .floor import Floor
from .litserve import LitServe
from .mlserver import MLServer
from .mosec import Mosec
from .peer import InProcess, Peer, Served, ServerEndedError
from .triton_py import TritonPy
from .tritonserver import TritonServer

__all__ = ["PEERS", "BareOnnxRuntime", "Floor", "InProcess", "LitServe", "MLServer", "Mosec", "Peer",
           "Served", "ServerEndedError", "TritonPy", "TritonServer"]

#: Name on the command line -> what makes it of an optional path.
PEERS: dict[str, Callable[[str], Peer]] = {
    "tritonserver": TritonServer,
    "triton-py": TritonPy,
    "floor": Floor,
    "bare-onnxruntime": BareOnnxRuntime,
    "mlserver": MLServer,
    "litserve": LitServe,
    "mosec": Mosec,
}
