# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a run is where nobody says otherwise; apart from ``run``, which needs hypothesis."""

DEFAULT_SEED = 1
DEFAULT_EXAMPLES = 25
DEFAULT_BUDGET_S = 80.0
