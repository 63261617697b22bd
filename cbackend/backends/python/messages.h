/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What a backend and a worker say to each other. Who reads a message owns its block, and gives it back.
 *
 * Texts and numbers lie in blocks as wire.h writes them; "text" may be NULL where it says "or none".
 *
 * tensor:    text name; u32 data type, u32 rank; u64 each dimension; u32 memory type, u32 place;
 *            i64 device; u64 offset; u64 size
 *            `place` says what `offset` means: one in the arena of the block's owner, or, within one process,
 *            an address. Bytes at an address are the writer's, which keeps them until the reader has given
 *            the block back (of requests), or until the message was delivered (of responses).
 *            Memory of a GPU lies at an address, or, for another process, in an allocation that it opens by a
 *            handle of 64 bytes, which follows: `offset` is one in the allocation then. With PY_LOANED in `place`
 *            it is a buffer of the backend's own, part of the message's loan; with PY_STAYS, too, one that is
 *            not freed before the worker's end, so that the worker may keep it open. A worker hands on what was
 *            shown to it by the number of the loan, as `offset`, and its place there (PY_INDEX); what it has on a
 *            device may also come as a copy in the arena.
 * request:   text id; u32 flags, u32 correlation is a text; u64 correlation id; text correlation id;
 *            u64 timeout in µs; u64 priority; text parameters as JSON, or none; text trace context, or none;
 *            u32 count of inputs, u32 count of outputs; tensors; texts: names of requested outputs
 * response:  u32 what (PY_RESPONSE_...), u32 flags (TRITONSERVER_RESPONSE_COMPLETE_FINAL);
 *            of an error: u32 code, 0; text message
 *            of outputs: text parameters as JSON, or none; u32 count, 0; tensors */

#ifndef PY_MESSAGES_H
#define PY_MESSAGES_H

#include "channel.h"

/* From the backend. */
enum {
  /* block: texts: model.py; folders that are imported from; name; version; instance kind; device; model's
   * folder; configuration as JSON; instance name; what to do ("model", "auto_complete"); file of the server's
   * CUDA runtime, "" where it has no GPUs */
  PY_START = 1,
  /* id: of the batch; values[0]: requests; values[1]: a loan, or 0. block: the requests, one behind the
   * other. Each is known by the batch's id and its number. */
  PY_EXECUTE,
  PY_IS_READY, /* id: goes back with PY_READINESS */
  PY_FINALIZE,
};

/* From the worker. */
enum {
  PY_STARTED = 64, /* block of "auto_complete": text configuration as JSON */
  PY_START_FAILED, /* block: text */
  /* id: of the batch; values[0]: requests. block: a response each, PY_RESPONSE_LATER for those that are
   * answered by a sender, and u32 release flags, u32 0 behind each. flags: PY_BATCH_FAILED: block: text.
   * PY_AWAITS: it is a question, with the place of its answer in values[1]: the worker keeps tensors until
   * they were copied. */
  PY_EXECUTED,
  /* id: of the batch; values[0]: the request's number; flags: PY_AWAITS. block: a response. */
  PY_RESPONSE,
  PY_READINESS, /* id: as asked; values[0]: 1 where it is ready */
  PY_FINALIZED, /* block: text, what went wrong, or none */
  PY_LOG,       /* values[0]: TRITONSERVER_LogLevel; values[1]: line. block: text file; text message */
  /* Questions: values[0] is the place of a py_answer in the worker's arena. */
  PY_IS_CANCELLED, /* id: of the batch; values[1]: the request's number. Answered in `value` */
  PY_INFER, /* block: text model; u64 version (-1: any); u64 where outputs are to be: PY_ANYWHERE or a
             * TRITONSERVER_MemoryType; i64 on which device; request. The answer's block is a response. With
             * flags PY_INFER_MANY its `value` is the number of a call, whose responses PY_NEXT asks for. With
             * PY_INFER_TRACED it is part of the trace of a request: id and values[1] as of PY_IS_CANCELLED.
             * The `value` of an answer with a response is a loan, or 0. */
  PY_NEXT,         /* id: of a call. The answer's block is a response, or its code PY_ANSWER_DONE */
  PY_CANCEL,       /* id: of a call */
  PY_DROP,         /* id: of a call whose responses nobody asks for any more */
  PY_LOAD_MODEL,   /* block: text name; u64 count; parameters: u32 type, 0; text name; text value */
  PY_UNLOAD_MODEL, /* block: text name; u64 with its dependents */
  PY_MODEL_READY,  /* block: text name; u64 version. Answered in `value` */
  PY_METRIC_FAMILY, /* block: text name; text description. values[1]: its kind. `value`: its number */
  PY_METRIC, /* id: of the family. block: text labels as JSON, or none; text buckets as JSON, or none.
              * `value`: its number */
  PY_METRIC_DELETE, /* id: of a metric, or of a family */
  PY_LET_GO, /* id: of a batch with PY_LENT. Nobody looks at its inputs any more, those of its loan included */
  PY_METRIC_CHANGE, /* id: of the metric; flags: PY_METRIC_...; values[1] and `value`: a double's bits */
  PY_SETTLED, /* id: of a batch with PY_LENT that a process has executed: what is not let go of is kept */
  PY_RETURN,  /* id: of a loan, unless it is that of a batch with PY_LENT. Nobody looks at it any more */
};

enum { PY_BATCH_FAILED = 1, PY_AWAITS = 2 };
#define PY_ANYWHERE UINT64_MAX
enum { PY_RESPONSE_OUTPUTS, PY_RESPONSE_ERROR, PY_RESPONSE_NONE, PY_RESPONSE_LATER };
/* A tensor's place, and what may be said of it in addition. */
enum { PY_IN_ARENA, PY_AT_ADDRESS, PY_BY_HANDLE, PY_OF_LOAN, PY_PLACES = 15, PY_LOANED = 16, PY_STAYS = 32 };
/* Where in the loan, in the rest of the bits. */
enum { PY_INDEX_SHIFT = 8, PY_MOST_OF_LOAN = 1 << 24 };
#define PY_INDEX(place) ((place) >> PY_INDEX_SHIFT)

/* Where a tensor's bytes lie. An address counts within one process alone. NULL for what is outside. */
static inline void *py_tensor_at(const py_channel *channel, uint32_t place, uint64_t offset, uint64_t size)
{
  return place == PY_AT_ADDRESS && py_channel_is_direct(channel) ? (void *)(uintptr_t)offset
                                                                 : py_channel_at(channel, offset, size);
}

/* Flags of PY_EXECUTE: tensors lie at addresses, and PY_LET_GO is expected when the block is no more. */
enum { PY_LENT = 1 };
enum { PY_INFER_MANY = 1, PY_INFER_TRACED = 2 };
/* PY_ANSWER_ERROR: block: text; value: TRITONSERVER_Error_Code */
enum { PY_ANSWER_GOOD, PY_ANSWER_ERROR, PY_ANSWER_DONE };
enum { PY_METRIC_INCREMENT, PY_METRIC_SET, PY_METRIC_OBSERVE, PY_METRIC_VALUE };

#endif
