# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Messages of reflection.proto: gRPC's own server reflection."""

from ._pool import expose

expose("reflection.proto", globals())
