# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Warm-up: requests that each instance executes before its model serves.

The core is their client, as it is of null requests: they count in no statistics, nobody sees what
they answer, and only whether they fail matters.
"""

from triton_py.core.objects cimport Instance, Model, Worker

# With the GIL, which is released meanwhile; before the model serves. Executes a sample, a dict of
# read_warmup() (triton_py/repository/warmup.py), once on the instance, on its worker's thread, and
# waits until everything was answered and released. Raises the first error.
cdef int warm_up(Model* model, Worker* worker, Instance* instance, dict sample) except -1
