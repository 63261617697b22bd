# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the HTTP and the gRPC front end have in common: memory, faults, the completion list."""
