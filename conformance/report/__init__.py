# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The results of a run on the terminal and in files; each form is a function of a ``RunResult``.

    summary     what every form counts, and in which words
    case_text   a case in lines that a person reads
    as_json     the results as data, there and back
    junit       for what reads JUnit's XML
    html        one page for people
    terminal    the table, the violations, the list of clauses
    progress    what is shown while a run goes on
    certificate what is handed on with a library, and its verification
    clause_docs docs/conformance-clauses.md
"""
