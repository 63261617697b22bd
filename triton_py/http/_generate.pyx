# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From a generate request to a TRITONSERVER_InferenceRequest in flight."""

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_MessageDelete,
    TRITONSERVER_MessageSerializeToJson,
    TRITONSERVER_ServerModelMetadata,
)
from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Message
from triton_py.frontend._fault cimport fault_set
from triton_py.http._describe cimport DescribeLimits
from triton_py.http._exchange cimport Exchange, fault_from
from triton_py.http._infer cimport (
    BodyShape,
    Route,
    infer_fits,
    infer_inputs,
    infer_new,
    infer_send,
)
from triton_py.http._json_generate cimport describe_generate
from triton_py.http._json_infer cimport description_init
from triton_py.http._response cimport on_response
from triton_py.http._stream cimport on_event


cdef int _describe(Exchange* ex, const Route* route, const BodyShape* body,
                   const DescribeLimits* limits) noexcept nogil:
    cdef TRITONSERVER_Message* message = NULL
    cdef const char* metadata = NULL
    cdef size_t metadata_size = 0
    cdef TRITONSERVER_Error* error
    cdef int result = -1
    error = TRITONSERVER_ServerModelMetadata(ex.server, route.model, route.version, &message)
    if error != NULL:
        return fault_from(&ex.fault, error)
    error = TRITONSERVER_MessageSerializeToJson(message, &metadata, &metadata_size)
    if error != NULL:
        fault_from(&ex.fault, error)
    else:
        description_init(&ex.description, &ex.arena)
        result = describe_generate(metadata, metadata_size, body.bytes, body.size, limits,
                                   &ex.description, &ex.fault)
    error = TRITONSERVER_MessageDelete(message)
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)
    return result


cdef int generate_submit(Exchange* ex, const Route* route, const BodyShape* body,
                         const DescribeLimits* limits) noexcept nogil:
    if body.header_length != NULL:
        return fault_set(&ex.fault, 400, "generate takes JSON alone, without "
                         "Inference-Header-Content-Length")
    if infer_fits(ex, body.size, limits) != 0 or _describe(ex, route, body, limits) != 0 \
            or infer_new(ex, route, body.size) != 0 or infer_inputs(ex, route, NULL, 0, False) != 0:
        return -1
    if ex.stream == NULL:
        return infer_send(ex, on_response)
    return infer_send(ex, on_event)
