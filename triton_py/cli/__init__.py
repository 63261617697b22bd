# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command line. One module a subcommand, each imported only when it runs.

``--help`` and ``--version`` import nothing but the standard library, so they answer at once, also
in a source tree that isn't built.
"""
