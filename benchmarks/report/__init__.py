# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Comparisons and runs for people and machines; each form is a function of a ``Document``.

    document    what a report is about: runs, and the comparison where there is one
    words       numbers and sentences that all forms share
    terminal    tables as wide as the terminal
    as_json     all of it as data, described by schema.json
    junit       for what reads JUnit's XML
    markdown    for a comment on a pull request
    svg         axes and marks; plots: the figures of a page made of them
    as_html     one page for people
    files       which forms are files, and writing them
"""
