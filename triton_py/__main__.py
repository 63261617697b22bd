# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``python -m triton_py`` is ``triton-py``."""

from __future__ import annotations

import sys

from triton_py.cli.main import main

sys.exit(main())
