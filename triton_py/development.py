# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What ``triton-py serve`` turns on for developers, and no function of the C API could say.

For the servers of this process that are made afterwards. The module belongs to neither side, so that
the command line needn't know the control plane.
"""

from __future__ import annotations

_watching = False


def watch_backends(on: bool) -> None:
    """Whether servers take up backend libraries that are built anew while they serve."""
    global _watching
    _watching = on


def watching_backends() -> bool:
    """What ``watch_backends`` was last told."""
    return _watching
