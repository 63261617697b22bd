# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
def alive() -> int:
    """HTTP requests that are not finished and freed yet, in this process."""
