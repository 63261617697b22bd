# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
def coding_of(accept_encoding: bytes) -> str:
    """Which of identity, gzip and deflate an Accept-Encoding header gets."""
