# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
def counts() -> tuple[int, int]:
    """How many answers were sent so far without the loop, and how many the loop had to finish."""
