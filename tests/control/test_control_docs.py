# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""docs/models.md against the code it describes."""

from __future__ import annotations

import re
from pathlib import Path

from triton_py.control import ModelState
from triton_py.control.states import UNLOADED

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text()


def test_the_page_has_every_state() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == {str(s) for s in ModelState}
    assert f"`{UNLOADED}` on purpose" in PAGE
