# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The protobuf messages of the model configuration and of the gRPC protocol.

    from triton_py.proto import grpc_service, model_config

    request = grpc_service.ModelInferRequest(model_name="m")
    config = model_config.ModelConfig(name="m", max_batch_size=8)

The modules look like those that protoc generates: classes, enums and their values as attributes.
The difference is that the messages are registered in a descriptor pool of this package's own.
Triton's client library registers messages of the same names in the process's default pool, and both
have to live in one process.
"""

from . import grpc_service, model_config

__all__ = ["grpc_service", "model_config"]
