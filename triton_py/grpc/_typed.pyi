# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.grpc._decode import InferRequest

def typed_bytes(request: InferRequest, index: int) -> bytes: ...
