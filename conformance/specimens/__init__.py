# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backends with a known fault each, to examine the harness with.

    sound/      a backend without one
    models/     its models
    patches/    the faults: a patch to sound/ each, with what it is about above the diff
    corpus      reads them
    reference   right answers, for the faults that only these show
    build       compiles one
    self_test   certifies all of them, and says which were found
"""
