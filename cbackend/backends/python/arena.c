/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* First fit over a sorted list of free ranges: few blocks are taken at a time, and the lowest place is
 * the one whose pages are there already. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, PAGE = 4096 };

typedef struct {
  uint64_t offset, size;
} range;

/* Taken blocks by offset: open addressing, a power of two of slots, a size of 0 is an empty one. */
typedef struct {
  range *slots;
  size_t capacity, count;
} table;

struct py_arena {
  char *base;
  uint64_t size, taken, keep;
  /* Pages below this have been touched and not been given back: a bound from above. */
  uint64_t touched;
  range *free; /* sorted by offset, no two of them adjacent */
  size_t free_count, free_capacity;
  table blocks;
};

/* ---- the table of taken blocks ---- */

static size_t slot_of(const table *blocks, uint64_t offset)
{
  return (size_t)((offset / ALIGNMENT) * 0x9e3779b97f4a7c15u >> 32) & (blocks->capacity - 1);
}

static range *find(const table *blocks, uint64_t offset)
{
  size_t at = slot_of(blocks, offset);
  while (blocks->slots[at].size != 0 && blocks->slots[at].offset != offset)
    at = (at + 1) & (blocks->capacity - 1);
  return &blocks->slots[at];
}

static bool reserve_slot(table *blocks)
{
  if (blocks->slots != NULL && (blocks->count + 1) * 2 <= blocks->capacity) return true;
  table grown = {.capacity = blocks->capacity == 0 ? 64 : blocks->capacity * 2,
                 .count = blocks->count};
  grown.slots = calloc(grown.capacity, sizeof *grown.slots);
  if (grown.slots == NULL) return false;
  for (size_t i = 0; i < blocks->capacity; i++)
    if (blocks->slots[i].size != 0) *find(&grown, blocks->slots[i].offset) = blocks->slots[i];
  free(blocks->slots);
  *blocks = grown;
  return true;
}

/* Closes the gap: a search ends at the first empty slot. */
static void erase(table *blocks, range *slot)
{
  size_t hole = (size_t)(slot - blocks->slots);
  const size_t mask = blocks->capacity - 1;
  for (size_t at = (hole + 1) & mask; blocks->slots[at].size != 0; at = (at + 1) & mask) {
    size_t wanted = slot_of(blocks, blocks->slots[at].offset);
    if (((at - wanted) & mask) >= ((at - hole) & mask)) {
      blocks->slots[hole] = blocks->slots[at];
      hole = at;
    }
  }
  blocks->slots[hole] = (range){0};
  blocks->count--;
}

/* ---- the free ranges ---- */

/* Between n taken blocks lie n + 1 free ranges at most. Room for them is made when a block is taken, so
 * that giving it back can't fail. */
static bool reserve_ranges(py_arena *arena)
{
  if (arena->blocks.count + 2 <= arena->free_capacity) return true;
  size_t capacity = arena->free_capacity * 2;
  range *grown = realloc(arena->free, capacity * sizeof *grown);
  if (grown == NULL) return false;
  arena->free = grown;
  arena->free_capacity = capacity;
  return true;
}

static void remove_range(py_arena *arena, size_t index)
{
  memmove(&arena->free[index], &arena->free[index + 1],
          (arena->free_count - index - 1) * sizeof *arena->free);
  arena->free_count--;
}

/* Pages of a range that is free now and was beyond what is kept. */
static void give_pages_back(py_arena *arena, uint64_t offset, uint64_t size)
{
  if (arena->touched <= arena->keep || offset + size <= arena->keep) return;
  uint64_t from = offset > arena->keep ? offset : arena->keep;
  from = (from + PAGE - 1) / PAGE * PAGE;
  const uint64_t to = (offset + size) / PAGE * PAGE;
  if (from >= to) return;
  /* By address: a descriptor may be another file's, since a model closed it. */
  (void)madvise(arena->base + from, to - from, MADV_REMOVE);
  if (offset + size >= arena->touched) arena->touched = from;
}

/* ---- the arena ---- */

py_arena *py_arena_new(char *base, uint64_t size, uint64_t keep)
{
  py_arena *arena = calloc(1, sizeof *arena);
  if (arena == NULL) return NULL;
  *arena = (py_arena){.base = base, .size = size / ALIGNMENT * ALIGNMENT, .keep = keep,
                      .free_count = 1, .free_capacity = 16};
  arena->free = malloc(arena->free_capacity * sizeof *arena->free);
  if (arena->free == NULL || !reserve_slot(&arena->blocks)) {
    py_arena_delete(arena);
    return NULL;
  }
  arena->free[0] = (range){0, arena->size};
  return arena;
}

void py_arena_delete(py_arena *arena)
{
  if (arena == NULL) return;
  free(arena->free);
  free(arena->blocks.slots);
  free(arena);
}

bool py_arena_take(py_arena *arena, uint64_t size, uint64_t *offset)
{
  if (size > arena->size - ALIGNMENT) return false;
  size = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (!reserve_slot(&arena->blocks) || !reserve_ranges(arena)) return false;
  for (size_t i = 0; i < arena->free_count; i++) {
    range *place = &arena->free[i];
    if (place->size < size) continue;
    *offset = place->offset;
    place->offset += size;
    place->size -= size;
    if (place->size == 0) remove_range(arena, i);
    *find(&arena->blocks, *offset) = (range){*offset, size};
    arena->blocks.count++;
    arena->taken += size;
    if (*offset + size > arena->touched) arena->touched = *offset + size;
    return true;
  }
  return false;
}

bool py_arena_give(py_arena *arena, uint64_t offset)
{
  range *slot = find(&arena->blocks, offset);
  if (slot->size == 0) return false;
  range given = *slot;
  erase(&arena->blocks, slot);
  arena->taken -= given.size;
  give_pages_back(arena, given.offset, given.size);

  size_t low = 0, high = arena->free_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (arena->free[middle].offset < given.offset)
      low = middle + 1;
    else
      high = middle;
  }
  range *before = low > 0 ? &arena->free[low - 1] : NULL;
  range *behind = low < arena->free_count ? &arena->free[low] : NULL;
  const bool joins_before = before != NULL && before->offset + before->size == given.offset;
  const bool joins_behind = behind != NULL && given.offset + given.size == behind->offset;
  if (joins_before) {
    before->size += given.size + (joins_behind ? behind->size : 0);
    if (joins_behind) remove_range(arena, low);
  } else if (joins_behind) {
    behind->offset = given.offset;
    behind->size += given.size;
  } else {
    memmove(&arena->free[low + 1], &arena->free[low],
            (arena->free_count - low) * sizeof *arena->free);
    arena->free[low] = given;
    arena->free_count++;
  }
  return true;
}

void *py_arena_at(const py_arena *arena, uint64_t offset, uint64_t size)
{
  if (offset > arena->size || size > arena->size - offset) return NULL;
  return arena->base + offset;
}

uint64_t py_arena_size(const py_arena *arena) { return arena->size; }

uint64_t py_arena_taken_bytes(const py_arena *arena) { return arena->taken; }

size_t py_arena_taken_blocks(const py_arena *arena) { return arena->blocks.count; }
