# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
import asyncio

from triton_py.grpc._endpoint import Endpoint

class Connection(asyncio.BufferedProtocol):
    """The protocol of one connection."""

    def __init__(self, endpoint: Endpoint) -> None: ...
