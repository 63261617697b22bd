/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Blocks within a range of memory that two processes share.
 *
 * What is free and what is taken is kept in the owner's own memory, never in the shared one: whatever
 * the other side writes, a block is found, counted and given back right. One side allocates, the other
 * only reads and says when it is done with a block.
 *
 * Threads: one at a time; whoever shares an arena among threads brings the lock. */

#ifndef PY_ARENA_H
#define PY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct py_arena py_arena;

/* An arena over `size` bytes at `base`, which are shared memory and stay the caller's. Freed memory
 * beyond `keep` bytes goes back to the system. NULL when memory runs out. */
py_arena *py_arena_new(char *base, uint64_t size, uint64_t keep);
void py_arena_delete(py_arena *arena);

/* `size` bytes, aligned to 64; their offset in the arena is in *offset. False when there is no room:
 * py_arena_free_bytes() and py_arena_size() tell how far off it is. A block of 0 bytes is one, too. */
bool py_arena_take(py_arena *arena, uint64_t size, uint64_t *offset);

/* Gives a block back. False when none begins there, as a broken worker may say. */
bool py_arena_give(py_arena *arena, uint64_t offset);

/* The address of a block's byte; NULL unless [offset, offset + size) lies in the arena. */
void *py_arena_at(const py_arena *arena, uint64_t offset, uint64_t size);

uint64_t py_arena_size(const py_arena *arena);
uint64_t py_arena_taken_bytes(const py_arena *arena);
size_t py_arena_taken_blocks(const py_arena *arena);

#endif
