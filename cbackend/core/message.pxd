# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_Message: a JSON text."""

from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Message

# *message is owned by the caller. The text is copied.
cdef TRITONSERVER_Error* message_new(
    TRITONSERVER_Message** message, const char* base, size_t byte_size
) noexcept nogil
# Borrowed, zero-terminated, valid as long as the message.
cdef const char* message_text(TRITONSERVER_Message* message) noexcept nogil
cdef size_t message_size(TRITONSERVER_Message* message) noexcept nogil
cdef void message_free(TRITONSERVER_Message* message) noexcept nogil
# With the GIL: a message from a Python object that json can serialise, or from a str as it is.
cdef TRITONSERVER_Error* message_from_python(
    TRITONSERVER_Message** message, object value
) noexcept
