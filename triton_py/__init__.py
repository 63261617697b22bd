# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""triton-py: a model server for Triton backends, and a certifier of them."""

from __future__ import annotations

import os

__version__ = "0.1.0"

_HERE = os.path.dirname(os.path.abspath(__file__))


def get_include() -> str:
    """The directory to pass to ``-I``; it holds ``triton/core/tritonbackend.h`` and the others."""
    installed = os.path.join(_HERE, "include")
    if os.path.isdir(installed):
        return installed
    # A source tree or an editable install keeps the headers where they are written.
    return os.path.join(os.path.dirname(_HERE), "cbackend", "include")


def get_library_dir() -> str:
    """The directory that holds ``libtritonserver.so``, to pass to ``-L``."""
    return os.path.join(_HERE, "lib")


def get_backend_dir() -> str:
    """The directory of the shipped backends, one folder each."""
    return os.path.join(_HERE, "backends")
