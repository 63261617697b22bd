# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of a model version (see statistics.pxd)."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memmove, memset

from triton_py.core.histogram cimport (
    histogram_free,
    histogram_from_python,
    histogram_observe,
    histogram_python,
)
from triton_py.core.native cimport (
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_now_ns,
    tp_wall_ns,
)
from triton_py.core.summary cimport (
    SUMMARY_BUCKETS,
    Summary,
    summary_add,
    summary_observe,
    summary_quantile,
)

_FAILURES = ("REJECTED", "CANCELED", "BACKEND", "OTHER")
_CLOSED = ("single", "preferred", "full", "shape", "delay", "idle", "drain", "strategy")
_SUMMARIES = ("request", "queue", "compute_input", "compute_infer", "compute_output")
_HISTOGRAMS = ("first_response", *_SUMMARIES, "batch_size")
assert len(_FAILURES) == FAILURE_REASONS and len(_CLOSED) == CLOSE_REASONS
assert len(_SUMMARIES) == SUMMARY_KINDS and len(_HISTOGRAMS) == HISTOGRAM_KINDS

cdef enum:
    # A decoupled model may answer without end; figures beyond this index share the last row.
    MAX_RESPONSE_ROWS = 1024


cdef void statistics_init(Statistics* s) noexcept nogil:
    memset(s, 0, sizeof(Statistics))
    pthread_mutex_init(&s.mutex, NULL)


cdef void statistics_destroy(Statistics* s) noexcept nogil:
    free(s.reported.rows)
    free(s.observed.rows)
    free(s.responses)
    _free_asked(s)
    pthread_mutex_destroy(&s.mutex)


cdef void _free_asked(Statistics* s) noexcept nogil:
    cdef int kind
    for kind in range(<int>HISTOGRAM_KINDS):
        histogram_free(s.histograms[kind])
        s.histograms[kind] = NULL
    free(s.summaries)
    s.summaries = NULL


cdef int statistics_ask(Statistics* s, dict histograms, bint summaries) except -1:
    cdef int kind
    _free_asked(s)
    for name, bounds in histograms.items():
        kind = _HISTOGRAMS.index(name)
        s.histograms[kind] = histogram_from_python(bounds)
    if summaries:
        s.summaries = <Summary*>calloc(<size_t>SUMMARY_KINDS, sizeof(Summary))
        if s.summaries == NULL:
            raise MemoryError("out of memory for the summaries of a model")
    return 0


cdef inline uint64_t _between(uint64_t start, uint64_t end) noexcept nogil:
    # A backend's clock readings are its own affair; a negative duration must not wrap.
    return end - start if end > start else 0


cdef inline void _count(Duration* d, uint64_t ns) noexcept nogil:
    d.count += 1
    d.ns += ns


cdef void statistics_success(
    Statistics* s, uint64_t batch_size, uint64_t request_start, uint64_t queue_start,
    uint64_t exec_start, uint64_t compute_start, uint64_t compute_end, uint64_t exec_end,
    uint64_t now,
) noexcept nogil:
    cdef uint64_t ns[<int>SUMMARY_KINDS]
    cdef int kind
    ns[<int>SUMMARY_REQUEST] = _between(request_start, now)
    ns[<int>SUMMARY_QUEUE] = _between(queue_start, exec_start)
    ns[<int>SUMMARY_COMPUTE_INPUT] = _between(exec_start, compute_start)
    ns[<int>SUMMARY_COMPUTE_INFER] = _between(compute_start, compute_end)
    ns[<int>SUMMARY_COMPUTE_OUTPUT] = _between(compute_end, exec_end)
    pthread_mutex_lock(&s.mutex)
    _count(&s.success, ns[<int>SUMMARY_REQUEST])
    _count(&s.queue, ns[<int>SUMMARY_QUEUE])
    _count(&s.compute_input, ns[<int>SUMMARY_COMPUTE_INPUT])
    _count(&s.compute_infer, ns[<int>SUMMARY_COMPUTE_INFER])
    _count(&s.compute_output, ns[<int>SUMMARY_COMPUTE_OUTPUT])
    s.inference_count += batch_size if batch_size else 1
    s.last_inference_ms = tp_wall_ns() // 1000000
    if s.summaries != NULL:
        for kind in range(<int>SUMMARY_KINDS):
            summary_observe(&s.summaries[kind], ns[kind] // 1000, now)
    pthread_mutex_unlock(&s.mutex)
    # The histograms of the same times, in the same order, behind that of the first response.
    for kind in range(<int>SUMMARY_KINDS):
        if s.histograms[<int>HISTOGRAM_REQUEST + kind] != NULL:
            histogram_observe(s.histograms[<int>HISTOGRAM_REQUEST + kind], <double>ns[kind] / 1e3)


cdef void statistics_failure(
    Statistics* s, FailureReason reason, uint64_t request_start, uint64_t now
) noexcept nogil:
    pthread_mutex_lock(&s.mutex)
    _count(&s.fail, _between(request_start, now))
    s.failures[<int>reason] += 1
    s.last_inference_ms = tp_wall_ns() // 1000000
    pthread_mutex_unlock(&s.mutex)


cdef BatchRow* _row(BatchTable* table, uint64_t size) noexcept nogil:
    cdef uint64_t low = 0
    cdef uint64_t high = table.count
    cdef uint64_t middle, capacity
    cdef void* fresh
    while low < high:
        middle = (low + high) // 2
        if table.rows[middle].size < size:
            low = middle + 1
        else:
            high = middle
    if low < table.count and table.rows[low].size == size:
        return &table.rows[low]
    if table.count == table.capacity:
        capacity = table.capacity * 2 if table.capacity else 8
        fresh = realloc(table.rows, capacity * sizeof(BatchRow))
        if fresh == NULL:
            return NULL
        table.rows = <BatchRow*>fresh
        table.capacity = capacity
    memmove(&table.rows[low + 1], &table.rows[low], (table.count - low) * sizeof(BatchRow))
    memset(&table.rows[low], 0, sizeof(BatchRow))
    table.rows[low].size = size
    table.count += 1
    return &table.rows[low]


cdef void statistics_batch(
    Statistics* s, bint reported, uint64_t size, uint64_t exec_start, uint64_t compute_start,
    uint64_t compute_end, uint64_t exec_end,
) noexcept nogil:
    cdef BatchRow* row
    pthread_mutex_lock(&s.mutex)
    row = _row(&s.reported if reported else &s.observed, size)
    if row != NULL:
        row.count += 1
        row.input_ns += _between(exec_start, compute_start)
        row.infer_ns += _between(compute_start, compute_end)
        row.output_ns += _between(compute_end, exec_end)
    pthread_mutex_unlock(&s.mutex)


cdef void statistics_closed(Statistics* s, CloseReason reason, uint64_t size) noexcept nogil:
    pthread_mutex_lock(&s.mutex)
    s.closed[<int>reason] += 1
    pthread_mutex_unlock(&s.mutex)
    if s.histograms[<int>HISTOGRAM_BATCH_SIZE] != NULL:
        histogram_observe(s.histograms[<int>HISTOGRAM_BATCH_SIZE], <double>size)


cdef void statistics_first_response(Statistics* s, uint64_t request_start) noexcept nogil:
    if s.histograms[<int>HISTOGRAM_FIRST_RESPONSE] != NULL:
        histogram_observe(s.histograms[<int>HISTOGRAM_FIRST_RESPONSE],
                          <double>_between(request_start, tp_now_ns()) / 1e6)


cdef void statistics_response(
    Statistics* s, uint64_t index, uint64_t start, uint64_t output_start, uint64_t end,
    bint failed, bint cancelled, bint empty,
) noexcept nogil:
    cdef void* fresh
    cdef ResponseRow* row
    cdef uint64_t total = _between(start, end)
    if index >= MAX_RESPONSE_ROWS:
        index = MAX_RESPONSE_ROWS - 1
    pthread_mutex_lock(&s.mutex)
    if index >= s.response_count:
        fresh = realloc(s.responses, (index + 1) * sizeof(ResponseRow))
        if fresh == NULL:
            pthread_mutex_unlock(&s.mutex)
            return
        s.responses = <ResponseRow*>fresh
        memset(&s.responses[s.response_count], 0,
               (index + 1 - s.response_count) * sizeof(ResponseRow))
        s.response_count = index + 1
    row = &s.responses[index]
    if cancelled:
        _count(&row.cancel, total)
    elif failed:
        _count(&row.fail, total)
    elif empty:
        _count(&row.empty_response, total)
    else:
        _count(&row.success, total)
        if output_start:
            _count(&row.compute_output, _between(output_start, end))
    if not empty:
        _count(&row.compute_infer, _between(start, output_start if output_start else end))
    pthread_mutex_unlock(&s.mutex)


cdef dict _duration(Duration d):
    return {"count": d.count, "ns": d.ns}


cdef list _batches(BatchRow* rows, uint64_t count):
    cdef uint64_t i
    return [
        {
            "batch_size": rows[i].size,
            "compute_input": {"count": rows[i].count, "ns": rows[i].input_ns},
            "compute_infer": {"count": rows[i].count, "ns": rows[i].infer_ns},
            "compute_output": {"count": rows[i].count, "ns": rows[i].output_ns},
        }
        for i in range(count)
    ]


cdef dict _summary(Statistics* s, int kind, list quantiles):
    """One summary: {"count", "sum", "quantiles": [[quantile, value], ...]}, in us."""
    cdef uint64_t totals[<int>SUMMARY_BUCKETS]
    cdef uint64_t now = tp_now_ns()
    cdef uint64_t count, count_of_all, sum_us
    memset(totals, 0, sizeof(totals))
    with nogil:
        pthread_mutex_lock(&s.mutex)
        count = summary_add(&s.summaries[kind], now, totals)
        count_of_all = s.summaries[kind].count
        sum_us = s.summaries[kind].sum_us
        pthread_mutex_unlock(&s.mutex)
    return {
        "count": count_of_all,
        "sum": sum_us,
        "quantiles": [[q, summary_quantile(totals, count, q)] for q in quantiles],
    }


cdef dict statistics_python(Statistics* s, list quantiles):
    """Copies under the lock, builds Python objects after it: no Python while a lock is held."""
    cdef Statistics copy
    cdef BatchTable* table
    cdef BatchRow* rows = NULL
    cdef ResponseRow* responses = NULL
    cdef uint64_t i, count, executions = 0
    with nogil:
        pthread_mutex_lock(&s.mutex)
        memcpy(&copy, s, sizeof(Statistics))
        table = &s.reported if s.reported.count else &s.observed
        count = table.count
        rows = <BatchRow*>realloc(NULL, (count + 1) * sizeof(BatchRow))
        responses = <ResponseRow*>realloc(NULL, (s.response_count + 1) * sizeof(ResponseRow))
        if rows != NULL and responses != NULL:
            # A table in which nothing stands has no memory to copy from.
            if count:
                memcpy(rows, table.rows, count * sizeof(BatchRow))
            if s.response_count:
                memcpy(responses, s.responses, s.response_count * sizeof(ResponseRow))
        pthread_mutex_unlock(&s.mutex)
    try:
        if rows == NULL or responses == NULL:
            raise MemoryError("out of memory for statistics")
        for i in range(count):
            executions += rows[i].count
        return {
            "last_inference": copy.last_inference_ms,
            "inference_count": copy.inference_count,
            "execution_count": executions,
            "inference_stats": {
                "success": _duration(copy.success),
                "fail": _duration(copy.fail),
                "queue": _duration(copy.queue),
                "compute_input": _duration(copy.compute_input),
                "compute_infer": _duration(copy.compute_infer),
                "compute_output": _duration(copy.compute_output),
                "cache_hit": _duration(copy.cache_hit),
                "cache_miss": _duration(copy.cache_miss),
            },
            "response_stats": {
                str(i): {
                    "compute_infer": _duration(responses[i].compute_infer),
                    "compute_output": _duration(responses[i].compute_output),
                    "success": _duration(responses[i].success),
                    "fail": _duration(responses[i].fail),
                    "empty_response": _duration(responses[i].empty_response),
                    "cancel": _duration(responses[i].cancel),
                }
                for i in range(copy.response_count)
            },
            "batch_stats": _batches(rows, count),
            "failures": {name: copy.failures[k] for k, name in enumerate(_FAILURES)},
            "batch_closed": {name: copy.closed[k] for k, name in enumerate(_CLOSED)},
            "histograms": {
                name: histogram_python(copy.histograms[k])
                for k, name in enumerate(_HISTOGRAMS) if copy.histograms[k] != NULL
            },
            "summaries": {
                name: _summary(s, k, quantiles)
                for k, name in enumerate(_SUMMARIES) if copy.summaries != NULL
            },
        }
    finally:
        free(rows)
        free(responses)
