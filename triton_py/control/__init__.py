# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The control plane: start-up, loading and unloading, states, descriptions, options.

``ControlPlane`` is what the core calls; ``DataPlane`` is what it implements in return. Parts, from the
disk upwards: ``planner`` (folder and configuration), ``builder`` (backend, model, instances),
``loader`` (all or nothing, atomic swap), ``retirer`` (drain and close), ``registry`` (states),
``operations`` (whose turn it is), ``plane`` (all of it together).
"""

from __future__ import annotations

from triton_py.control.dataplane import Backend, DataPlane, Model
from triton_py.control.loads import LoadProgress
from triton_py.control.options import ControlMode, ServerOptions
from triton_py.control.plane import EXTENSIONS, ControlPlane
from triton_py.control.registry import LATEST
from triton_py.control.states import ModelState

__all__ = [
    "EXTENSIONS",
    "LATEST",
    "Backend",
    "ControlMode",
    "ControlPlane",
    "DataPlane",
    "LoadProgress",
    "Model",
    "ModelState",
    "ServerOptions",
]
