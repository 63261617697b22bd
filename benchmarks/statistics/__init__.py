# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From samples to verdicts. Its parts, each of which imports only those before it:

    rules       what is declared before anything is measured: error rate, margins
    student     Student's distribution
    interval    a mean of few values, and how far it can be off
    ratios      samples as log ratios per block, above 0 where the subject is worse
    decision    one figure of one case: slower, same, or inconclusive, and why
    holm        the same error rate for many cases as for one
    power       what could have been found

All ratios are natural logarithms until they are shown.
"""
