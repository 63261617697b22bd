# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Carries a plan out: ``measure`` makes one subject's samples, ``plan`` says in which order,
``execute`` does it all and keeps what there is so far."""
