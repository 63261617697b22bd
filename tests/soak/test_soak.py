# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The soak, for a short time; ``TRITON_PY_SOAK_SECONDS=1800`` for as long as it is meant."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from soak import soak

SECONDS = float(os.environ.get("TRITON_PY_SOAK_SECONDS", "15"))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
def test_mixed_load() -> None:
    result = soak(SECONDS, 1, lambda text: None)
    assert result["wrong"] == []
    done = result["done"]
    for what in ("http: answered", "grpc: answered", "stream: answered", "http: failed as asked",
                 "grpc: failed as asked", "crowd: answered", "crowd: refused by a full queue",
                 "crowd: waited too long", "vanish: left", "cancel: ended", "operate: done", "look: done"):
        assert done.get(what, 0) > 0, done
