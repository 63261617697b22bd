# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The thread of a queue's time-outs (see queue_timer.pxd)."""

from libc.stdint cimport uint64_t

from triton_py.core.native cimport (
    FOREVER_NS,
    pthread_cond_broadcast,
    pthread_cond_destroy,
    pthread_cond_signal,
    pthread_cond_wait,
    pthread_create,
    pthread_join,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    pthread_self,
    pthread_setname_np,
    tp_cond_init,
    tp_cond_wait_until,
    tp_now_ns,
)
from triton_py.core.objects cimport Model, Queue, QueueTimer, Request
from triton_py.core.queue_levels cimport levels_expire
from triton_py.core.request cimport request_expired

# From one walk along the queue to the next: deadlines may lie close together.
cdef uint64_t REST_NS = 1_000_000


cdef void* _main(void* argument) noexcept nogil:
    cdef Model* model = <Model*>argument
    cdef Queue* queue = &model.queue
    cdef QueueTimer* timer = &model.timer
    cdef Request* expired
    cdef uint64_t rested = 0
    cdef uint64_t now
    pthread_setname_np(pthread_self(), b"tp-queue-timer")
    pthread_mutex_lock(&queue.mutex)
    while not queue.closing:
        now = tp_now_ns()
        if queue.next_deadline and queue.next_deadline <= now and rested <= now:
            expired = levels_expire(queue, now)
            rested = now + REST_NS
            if expired != NULL:
                pthread_mutex_unlock(&queue.mutex)
                request_expired(expired)
                pthread_mutex_lock(&queue.mutex)
            continue
        timer.at = queue.next_deadline if queue.next_deadline else FOREVER_NS
        timer.at = max(timer.at, rested)
        if timer.at == FOREVER_NS:
            pthread_cond_wait(&timer.changed, &queue.mutex)
        else:
            tp_cond_wait_until(&timer.changed, &queue.mutex, timer.at)
    pthread_mutex_unlock(&queue.mutex)
    return NULL


cdef int queue_timer_start(Model* model) except -1:
    if not model.queue.timeouts:
        return 0
    tp_cond_init(&model.timer.changed)
    model.timer.at = FOREVER_NS
    if pthread_create(&model.timer.thread, NULL, _main, model) != 0:
        pthread_cond_destroy(&model.timer.changed)
        raise MemoryError("no thread for the time-outs of a model's queue")
    model.timer.running = True
    return 0


cdef void queue_timer_told(Model* model) noexcept nogil:
    if (model.timer.running and model.queue.next_deadline
            and model.queue.next_deadline < model.timer.at):
        pthread_cond_signal(&model.timer.changed)


cdef void queue_timer_end(Model* model) noexcept nogil:
    if not model.timer.running:
        return
    pthread_mutex_lock(&model.queue.mutex)
    pthread_cond_broadcast(&model.timer.changed)
    pthread_mutex_unlock(&model.queue.mutex)
    pthread_join(model.timer.thread, NULL)
    pthread_cond_destroy(&model.timer.changed)
    model.timer.running = False
