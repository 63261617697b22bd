# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is alive in the core right now, for leak tests and the debug endpoint."""

from __future__ import annotations

from importlib import import_module

from triton_py.inprocess.queue import collect


def live_objects() -> dict[str, int]:
    """The number of live C objects by kind: requests, responses, errors, messages ...

    Requests whose owner vanished are settled first, so that what is counted is really in use.
    """
    collect()
    return dict(import_module("triton_py.core.counters").snapshot())
