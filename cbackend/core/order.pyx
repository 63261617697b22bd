# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The order of responses (see order.pxd)."""

from libc.stdint cimport uint32_t
from libc.string cimport memset

from triton_py.abi.types cimport TRITONSERVER_RESPONSE_COMPLETE_FINAL
from triton_py.core.channel cimport channel_forget, channel_hand_out
from triton_py.core.model cimport model_leave
from triton_py.core.native cimport (
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_add,
)
from triton_py.core.objects cimport Channel, Model, Order, Response


cdef void order_init(Order* order) noexcept nogil:
    memset(order, 0, sizeof(Order))
    pthread_mutex_init(&order.mutex, NULL)


cdef void order_destroy(Order* order) noexcept nogil:
    pthread_mutex_destroy(&order.mutex)


cdef void order_enter(Model* model, Channel* channel) noexcept nogil:
    cdef Order* order = &model.order
    channel.ordered = True
    channel.keepers = 2
    channel.behind = NULL
    channel.held = channel.held_last = NULL
    channel.held_end = False
    pthread_mutex_lock(&order.mutex)
    if order.tail == NULL:
        order.head = channel
    else:
        order.tail.behind = channel
    order.tail = channel
    pthread_mutex_unlock(&order.mutex)


cdef bint _next(
    Order* order, Channel** channel, Response** response, uint32_t* flags
) noexcept nogil:
    """What may be handed out now, which is taken out; false if it is somebody else's turn. Needs
    the mutex."""
    cdef Channel* first = order.head
    if first == NULL:
        return False
    channel[0] = first
    response[0] = first.held
    if first.held != NULL:
        flags[0] = first.held.held_flags
        first.held = first.held.held_next
        if first.held == NULL:
            first.held_last = NULL
    elif first.held_end:
        flags[0] = TRITONSERVER_RESPONSE_COMPLETE_FINAL
    else:
        return False
    if flags[0] & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        order.head = first.behind
        if order.head == NULL:
            order.tail = NULL
    return True


cdef void order_deliver(Channel* channel, Response* response, uint32_t flags) noexcept nogil:
    cdef Model* model = channel.model
    cdef Order* order = &model.order
    cdef bint final = (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) != 0
    if response == NULL and not final:
        # It says nothing that could be out of order.
        channel_hand_out(channel, NULL, flags)
        tp_add(&channel.sending, -1)
        return
    pthread_mutex_lock(&order.mutex)
    if response == NULL:
        channel.held_end = True
    else:
        response.held_flags = flags
        response.held_next = NULL
        if channel.held_last == NULL:
            channel.held = response
        else:
            channel.held_last.held_next = response
        channel.held_last = response
    if not final:
        # Whoever sends the final one waits for those who began before it, not for their turn.
        tp_add(&channel.sending, -1)
    if order.delivering:
        pthread_mutex_unlock(&order.mutex)
        return
    order.delivering = True
    # The last final response that is handed out may let the model go, and this order with it.
    tp_add(&model.in_flight, 1)
    while _next(order, &channel, &response, &flags):
        pthread_mutex_unlock(&order.mutex)
        channel_hand_out(channel, response, flags)
        if flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
            channel_forget(channel)
        pthread_mutex_lock(&order.mutex)
    order.delivering = False
    pthread_mutex_unlock(&order.mutex)
    model_leave(model)
