# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The scenarios' Python models, as servers want them that don't take Triton's model.py.

Each file runs in the environment of its peer, which has nothing of this package.
"""
