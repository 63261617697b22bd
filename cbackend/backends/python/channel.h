/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What a backend and a worker share: a file without a name, and messages through it.
 *
 * The file holds a head page, two rings of messages of one size, and two arenas for what they are about:
 * tensors, texts. Each side writes to its own ring and allocates in its own arena; the other side reads
 * and says which blocks it is done with through a list beside the ring. So nobody frees what it did not
 * allocate, and a side that is killed in the middle of anything leaves the other one whole.
 *
 * The file is as large as it may ever get from the start; it takes memory where it was written. It is in
 * no directory and needs none, and goes with the last process that has it. */

#ifndef PY_CHANNEL_H
#define PY_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* Changes with the layout of anything that goes through a channel: a worker of another version says so
 * instead of misreading. */
enum { PY_CHANNEL_VERSION = 2 };

/* A message. What the numbers mean is the kind's matter (messages.h). `block` is an offset in the
 * writer's arena, PY_NO_BLOCK for none; the block passes to the reader, who gives it back. */
typedef struct {
  uint32_t kind;
  uint32_t flags;
  uint64_t id;
  uint64_t block;
  uint64_t size; /* of what the block holds */
  uint64_t values[4];
} py_message;

#define PY_NO_BLOCK UINT64_MAX

typedef struct py_channel py_channel;

typedef enum { PY_BACKEND_SIDE, PY_WORKER_SIDE } py_side;

/* How a wait ended. */
typedef enum { PY_GOT, PY_NOTHING, PY_CLOSED } py_wait;

/* A new file with arenas of `arena_size` bytes each, and this process's side of it, the backend's. NULL
 * with errno set. `keep`: bytes of each arena that stay when they are free. */
py_channel *py_channel_new(uint64_t arena_size, uint64_t keep);

/* What a side that lies in the same process does with a message: at once, on the sender's thread. The block
 * is the receiver's then, as ever. */
typedef void (*py_deliver)(void *to, const py_message *message);

/* Both sides within one process: blocks are plain memory whose number is its address, sending is a call of
 * the other side's function, and the functions for receiving are not for these. False without memory.
 *
 * The backend's side ends first: py_channel_close() on it waits until nobody is in `to_backend` any more
 * and nobody comes into it again. The worker's may stay as long as it likes, for what its blocks hold. */
bool py_channel_pair(py_deliver to_backend, void *backend, py_deliver to_worker, void *worker,
                     py_channel *sides[2]);

/* Whether the other side lies in this process. */
bool py_channel_is_direct(const py_channel *channel);

/* The worker's side of a file that came with `fd`, which it takes. NULL with errno set: EPROTO for a
 * file of another version. */
py_channel *py_channel_open(int fd, uint64_t keep);

/* Unmaps and closes. Nobody may be in any other function of this side. */
void py_channel_delete(py_channel *channel);

/* The file, for a process to inherit; stays the channel's. */
int py_channel_fd(const py_channel *channel);

/* Takes `size` bytes of this side's arena. NULL when it is full, after what the other side is done with
 * was given back; py_channel_shortage() says how full it is. Threads: any, one lock. */
void *py_channel_take(py_channel *channel, uint64_t size, uint64_t *block);

/* Gives back a block of this side's arena that was not sent. */
void py_channel_untake(py_channel *channel, uint64_t block);

/* The largest block there could be, and what is taken at the moment. */
void py_channel_shortage(py_channel *channel, uint64_t *arena_size, uint64_t *taken);

/* Sends a message and wakes its reader. Waits while the ring is full; false, and nothing was sent, when the
 * channel is closed. Threads: any, one lock. */
bool py_channel_send(py_channel *channel, const py_message *message);

/* The next message of the other side. Waits `timeout_ns` (0: not at all, UINT64_MAX: for ever). Threads:
 * one at a time. */
py_wait py_channel_receive(py_channel *channel, py_message *message, uint64_t timeout_ns);

/* Whether a message is there, without a wait. */
bool py_channel_has_message(const py_channel *channel);

/* The bytes of the other side's block, NULL unless they lie in its arena. Valid until it is given back. */
void *py_channel_at(const py_channel *channel, uint64_t block, uint64_t size);

/* Says that this side is done with a block of the other side's. Threads: any, one lock. */
void py_channel_give(py_channel *channel, uint64_t block);

/* Ends all waits on this side, now and later: the other side is gone, or is to be. */
void py_channel_close(py_channel *channel);
bool py_channel_is_closed(const py_channel *channel);

/* Closes it because what the other side wrote makes no sense. It does so itself where numbers of the head
 * can't be. */
void py_channel_break(py_channel *channel);
bool py_channel_is_broken(const py_channel *channel);

/* A word in the shared head by which a side that can't take messages at the moment is told that there
 * are some: see `listening`. The other side reads it with each message it sends. */

/* This side's messages are received by whoever waits in py_channel_receive(), or (false) by nobody until
 * py_channel_await() returns. True at the beginning. */
void py_channel_set_listening(py_channel *channel, bool listening);

/* Waits until there is a message that came while nobody was listening, or the channel is closed. */
py_wait py_channel_await(py_channel *channel);

/* ---- calls: a question of the worker's, whose answer wakes the thread that asked ---- */

/* A place for an answer, at the beginning of a block of the asking side's arena: its number goes with
 * the question, and the other side answers into it. */
typedef struct {
  uint32_t state; /* a futex: 0 while there is no answer */
  uint32_t code;  /* what became of it; the kind's matter */
  uint64_t block; /* in the answering side's arena, PY_NO_BLOCK for none */
  uint64_t size;
  uint64_t value;
} py_answer;

/* Answers a question whose py_answer lies at `place` in the other side's arena. False when none can. */
bool py_channel_answer(py_channel *channel, uint64_t place, const py_answer *answer);

/* Waits for the answer in an own block. */
py_wait py_channel_wait_answer(py_channel *channel, py_answer *place, uint64_t timeout_ns);

#endif
