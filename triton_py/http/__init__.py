# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The HTTP front end: KServe v2 with Triton's extensions, over HTTP/1.1."""
