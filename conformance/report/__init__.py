# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The results of a run on the terminal and in files; each form is a function of a ``RunResult``.

    summary      what every form counts, and in which words
    case_text    foreign text made fit to print
    case_steps   a case as steps that a person reads
    event_text   the parts of an event that is told in words
    as_json      the results as data, described by schema.json
    junit        for what reads JUnit's XML
    as_html      one page for people, of html_parts and page_style
    certificate  what is handed on with a library
    verification whether it holds
    files        which forms are files, and writing them
    terminal     the table, the violations, the list of clauses
    progress     what is shown while a run goes on
    clause_docs  docs/conformance-clauses.md
"""
