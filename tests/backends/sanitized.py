# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether the tests run on a build with a sanitizer (tests/sanitizers says so by a variable).

It keeps memory of its own, so that what a process takes says nothing; and programs that it was not built
into, such as valgrind and browsers, don't run beside it.
"""

from __future__ import annotations

import os

SANITIZED = "TRITON_PY_SANITIZED" in os.environ
