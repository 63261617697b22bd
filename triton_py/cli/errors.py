# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Failures that the command line reports as one sentence, without a traceback."""

from __future__ import annotations


class CliError(Exception):
    """Something the user can put right; the message says what and where. Exit status 1."""

    exit_status = 1


class UsageError(CliError):
    """The arguments themselves are wrong: the usage line precedes the message."""
