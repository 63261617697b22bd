# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The way from a request to its responses, which may outlive the request."""

from libc.stdint cimport uint32_t

from triton_py.abi.types cimport (
    TRITONBACKEND_ResponseFactory,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
)
from triton_py.core.objects cimport Channel, Model, Request, Response

# A channel with one reference, the request's. Takes over one count of model.in_flight.
cdef Channel* channel_new(Request* request, Model* model) noexcept nogil
cdef void channel_retain(Channel* channel) noexcept nogil
# Drops a reference. If it was the last and no final response was sent, the client gets an error
# response with the final flag: nothing that was accepted goes unanswered.
cdef void channel_release(Channel* channel) noexcept nogil
# The request went back to the client.
cdef void channel_request_done(Channel* channel) noexcept nogil
# Claims the right to send; with `final`, only one caller ever gets it. False: final was sent.
cdef bint channel_claim(Channel* channel, bint final) noexcept nogil
# Hands a response (or NULL: flags only) to the client, after channel_claim.
cdef void channel_deliver(Channel* channel, Response* response, uint32_t flags) noexcept nogil
# Calls the client back, at once: what channel_deliver does where no order is to be kept.
cdef void channel_hand_out(Channel* channel, Response* response, uint32_t flags) noexcept nogil
# The order is through with a channel that had a place in it.
cdef void channel_forget(Channel* channel) noexcept nogil
# Sends an error response with the final flag unless the final response was sent already.
cdef void channel_fail(
    Channel* channel, TRITONSERVER_Error_Code code, const char* message
) noexcept nogil
# Undoes channel_new without calling anybody: the request was never accepted, and the count in
# flight and the trace are the caller's again.
cdef void channel_abandon(Channel* channel) noexcept nogil
# The channel of a live factory (borrowed), or NULL and *error.
cdef Channel* factory_channel(
    TRITONBACKEND_ResponseFactory* factory, TRITONSERVER_Error** error
) noexcept nogil
