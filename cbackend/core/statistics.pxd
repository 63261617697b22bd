# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model version counts: the statistics extension's figures and more.

Durations are nanoseconds. All functions lock for themselves; histograms need no lock.
"""

from libc.stdint cimport uint64_t
from libcpp cimport bool as cbool

from triton_py.core.histogram cimport Histogram
from triton_py.core.native cimport pthread_mutex_t
from triton_py.core.summary cimport Summary

cdef enum FailureReason:
    FAILURE_REJECTED
    FAILURE_CANCELED
    FAILURE_BACKEND
    FAILURE_OTHER
    FAILURE_REASONS

# Why a batch was closed.
cdef enum CloseReason:
    CLOSED_SINGLE     # the model takes one request at a time
    CLOSED_PREFERRED  # a preferred batch size was reached
    CLOSED_FULL       # no further request fits
    CLOSED_SHAPE      # the next request's inputs may not be batched with these
    CLOSED_DELAY      # the oldest request waited for the maximum queue delay
    CLOSED_IDLE       # nothing else was queued and no delay is set
    CLOSED_DRAIN      # the model is being stopped
    CLOSED_STRATEGY   # the model's own batching strategy left the next request out
    CLOSE_REASONS

cdef enum HistogramKind:
    HISTOGRAM_FIRST_RESPONSE  # in ms; the others' times are in us
    HISTOGRAM_REQUEST
    HISTOGRAM_QUEUE
    HISTOGRAM_COMPUTE_INPUT
    HISTOGRAM_COMPUTE_INFER
    HISTOGRAM_COMPUTE_OUTPUT
    HISTOGRAM_BATCH_SIZE      # of the batches that the core formed
    HISTOGRAM_KINDS

cdef enum SummaryKind:
    SUMMARY_REQUEST
    SUMMARY_QUEUE
    SUMMARY_COMPUTE_INPUT
    SUMMARY_COMPUTE_INFER
    SUMMARY_COMPUTE_OUTPUT
    SUMMARY_KINDS

cdef struct Duration:
    uint64_t count
    uint64_t ns

cdef struct BatchRow:
    uint64_t size
    uint64_t count
    uint64_t input_ns
    uint64_t infer_ns
    uint64_t output_ns

# Rows sorted by batch size; the array is owned.
cdef struct BatchTable:
    BatchRow* rows
    uint64_t count
    uint64_t capacity

cdef struct ResponseRow:
    Duration compute_infer
    Duration compute_output
    Duration success
    Duration fail
    Duration empty_response
    Duration cancel

cdef struct Statistics:
    pthread_mutex_t mutex
    Duration success
    Duration fail
    Duration queue
    Duration compute_input
    Duration compute_infer
    Duration compute_output
    Duration cache_hit
    Duration cache_miss
    uint64_t inference_count
    uint64_t last_inference_ms
    uint64_t failures[<int>FAILURE_REASONS]
    uint64_t closed[<int>CLOSE_REASONS]
    # A backend that reports batches is believed; of one that never does, the core's own count
    # is shown. Both are kept because nobody knows beforehand which kind a backend is.
    BatchTable reported
    BatchTable observed
    ResponseRow* responses  # by response index; owned
    uint64_t response_count
    Histogram* histograms[<int>HISTOGRAM_KINDS]  # owned; NULL: not asked for
    Summary* summaries   # SUMMARY_KINDS of them, owned; NULL: not asked for

cdef void statistics_init(Statistics* s) noexcept nogil
cdef void statistics_destroy(Statistics* s) noexcept nogil
cdef void statistics_success(
    Statistics* s, uint64_t batch_size, uint64_t request_start, uint64_t queue_start,
    uint64_t exec_start, uint64_t compute_start, uint64_t compute_end, uint64_t exec_end,
    uint64_t now,
) noexcept nogil
cdef void statistics_failure(
    Statistics* s, FailureReason reason, uint64_t request_start, uint64_t now
) noexcept nogil
cdef void statistics_batch(
    Statistics* s, bint reported, uint64_t size, uint64_t exec_start, uint64_t compute_start,
    uint64_t compute_end, uint64_t exec_end,
) noexcept nogil
cdef void statistics_closed(Statistics* s, CloseReason reason, uint64_t size) noexcept nogil
# For the first response of each request; does nothing where its histogram was not asked for.
cdef void statistics_first_response(Statistics* s, uint64_t request_start) noexcept nogil
# Any of the times may be 0: not known.
cdef void statistics_response(
    Statistics* s, uint64_t index, uint64_t start, uint64_t output_start, uint64_t end,
    bint failed, bint cancelled, bint empty,
) noexcept nogil
# With the GIL, before the model has its first instance: which histograms (their upper bounds, by
# "first_response", "request", "queue", "compute_input", "compute_infer", "compute_output",
# "batch_size"), and whether summaries, are made.
cdef int statistics_ask(Statistics* s, dict histograms, bint summaries) except -1
# With the GIL: the statistics extension's members, without name and version, and beside them
# for the metrics "failures", "batch_closed", "histograms" and "summaries", the latter with these
# quantiles; both by the names above, and empty where none are made.
cdef dict statistics_python(Statistics* s, list quantiles)
