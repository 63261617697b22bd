# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The reaper of sequences (see reaper.pxd)."""

from libc.stdint cimport uint64_t

from triton_py.abi.types cimport TRITONSERVER_ERROR_CANCELLED, TRITONSERVER_ERROR_UNAVAILABLE
from triton_py.core.native cimport (
    FOREVER_NS,
    pthread_cond_wait,
    pthread_create,
    pthread_join,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    pthread_self,
    pthread_setname_np,
    tp_cond_wait_until,
    tp_now_ns,
)
from triton_py.core.objects cimport Queue, Request, Sequencer
from triton_py.core.request cimport request_fail_all
from triton_py.core.sequence cimport sequence_expire
from triton_py.core.statistics cimport FAILURE_CANCELED, FAILURE_REJECTED


cdef void* _main(void* argument) noexcept nogil:
    cdef Sequencer* sequencer = <Sequencer*>argument
    cdef Queue* queue = &sequencer.model.queue
    cdef Request* expired
    cdef Request* cancelled
    cdef uint64_t next
    pthread_setname_np(pthread_self(), b"tp-reaper")
    pthread_mutex_lock(&queue.mutex)
    while not queue.closing:
        expired = sequence_expire(sequencer, tp_now_ns(), &next)
        cancelled = sequencer.dropped
        sequencer.dropped = NULL
        if expired != NULL or cancelled != NULL:
            pthread_mutex_unlock(&queue.mutex)
            request_fail_all(expired, TRITONSERVER_ERROR_UNAVAILABLE,
                             b"timeout of the corresponding sequence has been expired",
                             FAILURE_REJECTED)
            request_fail_all(cancelled, TRITONSERVER_ERROR_CANCELLED, b"request is cancelled",
                             FAILURE_CANCELED)
            pthread_mutex_lock(&queue.mutex)
            continue
        sequencer.reap_at = next
        if next == FOREVER_NS:
            pthread_cond_wait(&sequencer.reap, &queue.mutex)
        else:
            tp_cond_wait_until(&sequencer.reap, &queue.mutex, next)
    pthread_mutex_unlock(&queue.mutex)
    return NULL


cdef int reaper_start(Sequencer* sequencer) except -1:
    if pthread_create(&sequencer.reaper, NULL, _main, sequencer) != 0:
        raise MemoryError("no thread for the sequences of a model")
    sequencer.reaping = True
    return 0


cdef void reaper_end(Sequencer* sequencer) noexcept nogil:
    if sequencer.reaping:
        pthread_join(sequencer.reaper, NULL)
        sequencer.reaping = False
