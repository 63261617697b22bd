# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Holds any ``libtriton_<name>.so`` against the backend API, clause by clause.

The parts, each importing only those before it:

    clauses    the specification as data
    cases      what a worker is to do: models, requests, faults
    log        the recorder's events, as Python sees them
    worker     a process of its own that runs cases over the recorder and the core
    pool       starts workers, watches their time and memory, tells what a dead one did last
    rules      what the events of any case must obey
    properties cases made by Hypothesis and what their outcomes must be, one file a clause group
    results    what came out, as data
    run        all of it, within a time budget
    report     the results on the terminal and in files

Only ``TRITONSERVER_*`` and the recorder are used: a server's core is under the same rules.
"""
