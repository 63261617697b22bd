# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Regression benchmarks: ``triton-py bench``.

The order of its parts, each of which imports only those before it:

* ``figures``: what is measured, in which unit, and which way is better;
* ``results``: samples, and the file that they are kept in;
* ``machine``: what the machine is, and what a process has used of it;
* ``statistics``: paired ratios, their confidence intervals, verdicts;
* ``scenarios``: what there is to run, as data;
* ``load``: what makes requests; ``peers``: who answers them;
* ``runner``: carries a plan out, one fresh process after the other;
* ``comparison``: a table of verdicts; ``fingerprints``: whether two machines are alike; ``foreign``:
  other tools' files; ``compare``: samples to that table; ``report``: it for people and machines.
"""
