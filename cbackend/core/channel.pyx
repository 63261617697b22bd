# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Channels (see channel.pxd) and TRITONBACKEND_ResponseFactory."""

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcpy, strdup, strlen
from libcpp cimport bool as cbool

from triton_py.abi.types cimport (
    TRITONBACKEND_Request,
    TRITONBACKEND_ResponseFactory,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_RESPONSE_COMPLETE_FINAL,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
    TRITONSERVER_InferenceResponse,
)
from triton_py.core.account cimport (
    account_counts,
    account_ends,
    account_free,
    account_holds,
    account_new,
    account_tell,
)
from triton_py.core.counters cimport LIVE_CHANNEL, LIVE_FACTORY, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.model cimport model_leave
from triton_py.core.native cimport sched_yield, tp_add, tp_exchange, tp_load, tp_store
from triton_py.core.objects cimport (
    CHANNEL_MAGIC,
    FACTORY_MAGIC,
    REQUEST_EXECUTING,
    REQUEST_MAGIC,
    Channel,
    Factory,
    Instance,
    Model,
    Request,
    Response,
)
from triton_py.core.order cimport order_deliver
from triton_py.core.response cimport response_new_error
from triton_py.core.slab cimport Slab, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.statistics cimport statistics_first_response
from triton_py.core.trace cimport Trace, trace_give_back

cdef Slab _channels
cdef Slab _factories
slab_init(&_channels, CHANNEL_MAGIC, sizeof(Channel), 64)
slab_init(&_factories, FACTORY_MAGIC, sizeof(Factory), 256)


cdef Channel* channel_new(Request* request, Model* model) noexcept nogil:
    cdef Channel* channel = <Channel*>slab_get(&_channels)
    cdef size_t size
    if channel == NULL:
        return NULL
    size = strlen(request.id) + 1
    if size <= sizeof(channel.short_id):
        channel.id = channel.short_id
        memcpy(channel.short_id, request.id, size)
    else:
        channel.id = strdup(request.id)
        if channel.id == NULL:
            slab_put(&_channels, &channel.slot)
            return NULL
    channel.references = 1
    channel.model = model
    channel.instance = NULL
    channel.pending = 2
    channel.final = 0
    channel.sending = 0
    channel.failed = 0
    channel.ordered = False
    tp_store(&channel.cancelled, <int64_t>channel.slot.serial << 1
             | (tp_load(&request.cancelled) != 0))
    request.watched = channel
    request.watched_serial = <int64_t>channel.slot.serial
    channel.sent = 0
    channel.allocator = request.allocator
    channel.allocator_userp = request.allocator_userp
    channel.response_fn = request.response_fn
    channel.response_userp = request.response_userp
    # Of a request that only fills a slot nobody asks how long it took.
    channel.request_start = 0 if request.is_null else request.request_start
    channel.trace = NULL
    channel.account = NULL
    live(LIVE_CHANNEL, 1)
    if request.account.wanted:
        channel.account = account_new(request)
        if channel.account == NULL:
            _free(channel)
            return NULL
    return channel


cdef void _free(Channel* channel) noexcept nogil:
    cdef Trace* trace = channel.trace
    if channel.account != NULL:
        account_free(channel.account)
    if channel.id != channel.short_id:
        free(channel.id)
    slab_put(&_channels, &channel.slot)
    live(LIVE_CHANNEL, -1)
    if trace != NULL:
        trace_give_back(trace)


cdef void channel_abandon(Channel* channel) noexcept nogil:
    channel.trace = NULL  # whoever submits gives it back, in any case
    _free(channel)


cdef void channel_retain(Channel* channel) noexcept nogil:
    tp_add(&channel.references, 1)


cdef void _settled(Channel* channel) noexcept nogil:
    """One of the two things that keep the model busy with this request is over."""
    cdef Model* model = channel.model
    cdef Instance* instance = channel.instance
    if tp_add(&channel.pending, -1) == 0:
        # First: who waits for the model to be idle may take its instances away.
        if instance != NULL:
            tp_add(&instance.in_flight, -1)
        model_leave(model)


cdef void channel_release(Channel* channel) noexcept nogil:
    cdef int64_t left = tp_add(&channel.references, -1)
    if left == 0:
        if not tp_load(&channel.final):
            # The response needs a channel to refer to while it is made.
            tp_store(&channel.references, 1)
            channel_fail(
                channel, TRITONSERVER_ERROR_INTERNAL,
                b"the backend released the request without sending its final response",
            )
            tp_store(&channel.references, 0)
        channel_forget(channel)


cdef void channel_forget(Channel* channel) noexcept nogil:
    # What is not the client's yet is held by the order, whose hold is none of the references: the
    # last of those has to be seen, for a final response that is missing.
    if channel.ordered and tp_add(&channel.keepers, -1) != 0:
        return
    _free(channel)


cdef void channel_request_done(Channel* channel) noexcept nogil:
    if channel.account != NULL and account_ends(channel.account):
        _hand_last(channel)
    _settled(channel)
    channel_release(channel)


cdef bint channel_claim(Channel* channel, bint final) noexcept nogil:
    # A backend may send from several threads. Whoever sends the final response waits for those
    # who began before it, so that the client never sees a response after the final one.
    if final:
        if tp_exchange(&channel.final, 1) != 0:
            return False
        while tp_load(&channel.sending) != 0:
            sched_yield()
        return True
    tp_add(&channel.sending, 1)
    if tp_load(&channel.final) != 0:
        tp_add(&channel.sending, -1)
        return False
    return True


cdef void _hand_last(Channel* channel) noexcept nogil:
    """The final response of a request with an account, of which everything is known by now."""
    if channel.account.last != NULL:
        account_tell(channel.account, channel.account.last)
    _hand_over(channel, channel.account.last, TRITONSERVER_RESPONSE_COMPLETE_FINAL)


cdef void _deliver_accounted(Channel* channel, Response* response, uint32_t flags) noexcept nogil:
    cdef Response* before
    if response != NULL:
        account_counts(channel.account, response)
    if not flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        if response != NULL and not channel.model.decoupled:
            # It is the only one of its request, or something is wrong with the backend.
            response = account_holds(channel.account, response)
            if response == NULL:
                tp_add(&channel.sending, -1)
                return
        if response != NULL:
            account_tell(channel.account, response)
        _hand_over(channel, response, flags)
        return
    before = account_holds(channel.account, NULL)
    if response == NULL:
        response = before
    elif before != NULL:
        account_tell(channel.account, before)
        tp_add(&channel.sending, 1)
        _hand_over(channel, before, 0)
    channel.account.last = response
    if account_ends(channel.account):
        _hand_last(channel)


cdef void channel_deliver(Channel* channel, Response* response, uint32_t flags) noexcept nogil:
    if channel.account != NULL:
        _deliver_accounted(channel, response, flags)
    else:
        _hand_over(channel, response, flags)


cdef void _hand_over(Channel* channel, Response* response, uint32_t flags) noexcept nogil:
    if response != NULL:
        if tp_add(&channel.sent, 1) == 1 and channel.request_start:
            statistics_first_response(&channel.model.statistics, channel.request_start)
        if response.error != NULL:
            tp_store(&channel.failed, 1)
    if channel.ordered:
        order_deliver(channel, response, flags)
        return
    channel_hand_out(channel, response, flags)
    if not flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        tp_add(&channel.sending, -1)


cdef void channel_hand_out(Channel* channel, Response* response, uint32_t flags) noexcept nogil:
    channel.response_fn(<TRITONSERVER_InferenceResponse*>response, flags, channel.response_userp)
    if flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        _settled(channel)


cdef void channel_fail(
    Channel* channel, TRITONSERVER_Error_Code code, const char* message
) noexcept nogil:
    cdef Response* response
    if not channel_claim(channel, True):
        return
    response = response_new_error(channel, code, message)
    if response == NULL:
        tp_store(&channel.failed, 1)
    # Out of memory even for the error: the bare final flag still ends the client's wait.
    channel_deliver(channel, response, TRITONSERVER_RESPONSE_COMPLETE_FINAL)


# --- response factories --------------------------------------------------------------------


cdef Factory* _factory(
    const char* function, TRITONBACKEND_ResponseFactory* handle, TRITONSERVER_Error** error
) noexcept nogil:
    if handle == NULL:
        error[0] = error_null(function, b"factory")
        return NULL
    if not slot_alive(handle, FACTORY_MAGIC):
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG,
                             b"not a live response factory: it was deleted before")
        return NULL
    error[0] = NULL
    return <Factory*>handle


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseFactoryNew(
    TRITONBACKEND_ResponseFactory** factory, TRITONBACKEND_Request* request
) noexcept nogil:
    cdef Factory* f
    cdef Request* r = <Request*>request
    if factory == NULL or request == NULL:
        return error_null(b"TRITONBACKEND_ResponseFactoryNew", b"factory and request")
    if not slot_alive(request, REQUEST_MAGIC) or tp_load(&r.state) != REQUEST_EXECUTING:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"a response factory needs a request that the backend still owns")
    f = <Factory*>slab_get(&_factories)
    if f == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a response factory")
    channel_retain(r.channel)
    f.channel = r.channel
    live(LIVE_FACTORY, 1)
    factory[0] = <TRITONBACKEND_ResponseFactory*>f
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseFactoryDelete(
    TRITONBACKEND_ResponseFactory* factory
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Factory* f = _factory(b"TRITONBACKEND_ResponseFactoryDelete", factory, &error)
    cdef Channel* channel
    if f == NULL:
        return error
    channel = f.channel
    slab_put(&_factories, &f.slot)
    live(LIVE_FACTORY, -1)
    channel_release(channel)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseFactoryIsCancelled(
    TRITONBACKEND_ResponseFactory* factory, cbool* is_cancelled
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Factory* f = _factory(b"TRITONBACKEND_ResponseFactoryIsCancelled", factory, &error)
    if f == NULL:
        return error
    if is_cancelled == NULL:
        return error_null(b"TRITONBACKEND_ResponseFactoryIsCancelled", b"is_cancelled")
    is_cancelled[0] = tp_load(&f.channel.cancelled) & 1
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseFactorySendFlags(
    TRITONBACKEND_ResponseFactory* factory, const uint32_t send_flags
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Factory* f = _factory(b"TRITONBACKEND_ResponseFactorySendFlags", factory, &error)
    cdef Channel* channel
    if f == NULL:
        return error
    if send_flags & ~<uint32_t>TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"unknown response flags: only TRITONSERVER_RESPONSE_COMPLETE_FINAL "
                         b"is defined")
    channel = f.channel
    if not channel_claim(channel, (send_flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) != 0):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"the final response of this request was sent before")
    # The callback may delete nothing of ours, but another thread may delete the factory meanwhile.
    channel_retain(channel)
    channel_deliver(channel, NULL, send_flags)
    channel_release(channel)
    return NULL


cdef Channel* factory_channel(
    TRITONBACKEND_ResponseFactory* factory, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Factory* f = _factory(b"TRITONBACKEND_ResponseNewFromFactory", factory, error)
    return f.channel if f != NULL else NULL
