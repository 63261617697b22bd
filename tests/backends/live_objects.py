# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether the core's objects are gone again."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping

from triton_py.core import counters


def more_than(before: Mapping[str, int], seconds: float = 10.0) -> dict[str, tuple[int, int]]:
    """What there is more of, kind by kind: {} as soon as there is nothing, at the latest after so long.

    A request that Python has let go is deleted by the next thread that has the GIL, so it may take a moment;
    and what was there before, of an earlier test, may go meanwhile.
    """
    end = time.monotonic() + seconds
    while True:
        gc.collect()
        after = counters.snapshot()
        # The process's one default allocator is made with the first request, and stays.
        more = {kind: (before[kind], count) for kind, count in after.items()
                if kind != "allocator" and count > before[kind]}
        if not more or time.monotonic() > end:
            return more
        time.sleep(0.01)
