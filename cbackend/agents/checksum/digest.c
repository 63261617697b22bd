/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What the algorithms share: cutting a message into blocks, and the padding at its end. */

#include "digest.h"

#include <string.h>

static const digest_algorithm *const ALGORITHMS[] = {&digest_md5, &digest_sha256};

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const digest_algorithm *digest_find(const char *name, size_t length)
{
  for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); ++i) {
    const char *known = ALGORITHMS[i]->name;
    size_t same = 0;
    while (same < length && known[same] != '\0' && lower(known[same]) == lower(name[same])) ++same;
    if (same == length && known[same] == '\0') return ALGORITHMS[i];
  }
  return NULL;
}

/* Written so that compilers make one load of it. */
static uint32_t little(const uint8_t *b)
{
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint32_t big(const uint8_t *b)
{
  return (uint32_t)b[3] | (uint32_t)b[2] << 8 | (uint32_t)b[1] << 16 | (uint32_t)b[0] << 24;
}

static void fold_block(digest *d, const uint8_t *bytes)
{
  uint32_t words[DIGEST_BLOCK_BYTES / 4];
  for (size_t i = 0; i < DIGEST_BLOCK_BYTES / 4; ++i) {
    words[i] = d->algorithm->big_endian ? big(bytes + 4 * i) : little(bytes + 4 * i);
  }
  d->algorithm->fold(d->state, words);
}

void digest_begin(digest *d, const digest_algorithm *algorithm)
{
  d->algorithm = algorithm;
  d->byte_count = 0;
  memcpy(d->state, algorithm->start, algorithm->word_count * sizeof(uint32_t));
}

void digest_update(digest *d, const void *data, size_t byte_count)
{
  const uint8_t *bytes = data;
  size_t kept = (size_t)(d->byte_count % DIGEST_BLOCK_BYTES);
  d->byte_count += byte_count;
  if (kept != 0) {
    size_t room = DIGEST_BLOCK_BYTES - kept;
    size_t taken = byte_count < room ? byte_count : room;
    memcpy(d->block + kept, bytes, taken);
    bytes += taken;
    byte_count -= taken;
    if (taken < room) return;
    fold_block(d, d->block);
  }
  for (; byte_count >= DIGEST_BLOCK_BYTES; byte_count -= DIGEST_BLOCK_BYTES) {
    fold_block(d, bytes);
    bytes += DIGEST_BLOCK_BYTES;
  }
  if (byte_count != 0) memcpy(d->block, bytes, byte_count);
}

void digest_end(digest *d, char hex[2 * DIGEST_MAX_BYTES + 1])
{
  static const char DIGITS[] = "0123456789abcdef";
  const uint64_t bit_count = d->byte_count * 8;
  /* A one bit, then zeros up to 8 bytes before the end of a block, then the length in bits. */
  uint8_t padding[DIGEST_BLOCK_BYTES + 8] = {0x80};
  const size_t kept = (size_t)(d->byte_count % DIGEST_BLOCK_BYTES);
  const size_t zeros_end = kept < 56 ? 56 - kept : 56 + DIGEST_BLOCK_BYTES - kept;
  for (size_t i = 0; i < 8; ++i) {
    size_t shift = 8 * (d->algorithm->big_endian ? 7 - i : i);
    padding[zeros_end + i] = (uint8_t)(bit_count >> shift);
  }
  digest_update(d, padding, zeros_end + 8);
  const size_t byte_count = 4 * d->algorithm->word_count;
  for (size_t i = 0; i < byte_count; ++i) {
    const size_t shift = 8 * (d->algorithm->big_endian ? 3 - i % 4 : i % 4);
    const uint8_t byte = (uint8_t)(d->state[i / 4] >> shift);
    hex[2 * i] = DIGITS[byte >> 4];
    hex[2 * i + 1] = DIGITS[byte & 15];
  }
  hex[2 * byte_count] = '\0';
}
