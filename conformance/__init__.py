# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Holds any ``libtriton_<name>.so`` against the backend API, clause by clause.

The parts, each importing only those before it:

    clauses      the specification as data
    defaults     what a run is where nobody says otherwise
    cases        what a worker is to do: models, requests, faults
    literal      a check's value as Python source, and back
    configs      what a model's configuration declares
    log          the recorder's events, as Python sees them
    story        the objects that they are about
    wording      events in words
    server_alias what a library's file says of itself; servers of another name
    cuda         memory of GPUs
    placement    memory for inputs that ends at a page nobody may touch
    worker       a process of its own that runs cases over the recorder and the core
    pool         starts workers, watches their time and memory, tells what a dead one did last
    rules        what the events of any case must obey
    target       the library and its models
    strategies   requests that fit a model, for Hypothesis to make and to shrink
    results      what came out, as data
    coverage     what models declare, and whether a case exercised it
    examiner     runs properties, keeps what does not hold
    properties   cases made by Hypothesis and what their outcomes must be, one file a clause group
    replay       one violation's check once more
    confirm      whether each violation shows again, and what has to be run before it
    run          all of it, within a time budget
    reference, bounds, waivers, settings
                 conformance.toml
    sweep        models for a library that nobody gave one for
    subject      library, settings and models together
    report       the results on the terminal and in files
    reproducers  violations as programs of their own
    pytest_plugin
                 the clauses as tests of pytest
    specimens    known faults, and whether they are found

Only ``TRITONSERVER_*`` and the recorder are used: a server's core is under the same rules.
"""
