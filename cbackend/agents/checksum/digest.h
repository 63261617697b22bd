/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Digests of files: MD5 (RFC 1321) and SHA-256 (FIPS 180-4).
 *
 * Both cut a message into blocks of 64 bytes, pad the last one in the same way and fold each into a
 * few 32-bit words. What differs is a digest_algorithm; the rest is in digest.c. */

#ifndef CHECKSUM_DIGEST_H_
#define CHECKSUM_DIGEST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BLOCK_BYTES 64
#define DIGEST_MAX_WORDS 8
#define DIGEST_MAX_BYTES (4 * DIGEST_MAX_WORDS)

typedef struct digest_algorithm {
  const char *name;  /* as a parameter's key begins, in any case */
  size_t word_count; /* of the state, which is the digest in the end */
  bool big_endian;   /* the order of a word's bytes, in blocks, in the length and in the digest */
  const uint32_t *start;
  void (*fold)(uint32_t *state, const uint32_t *block);
} digest_algorithm;

extern const digest_algorithm digest_md5;
extern const digest_algorithm digest_sha256;

typedef struct digest {
  const digest_algorithm *algorithm;
  uint32_t state[DIGEST_MAX_WORDS];
  uint64_t byte_count;
  uint8_t block[DIGEST_BLOCK_BYTES]; /* the last byte_count % 64 bytes */
} digest;

/* The algorithm whose name the first `length` characters of `name` are; null for an unknown one. */
const digest_algorithm *digest_find(const char *name, size_t length);

void digest_begin(digest *d, const digest_algorithm *algorithm);
void digest_update(digest *d, const void *data, size_t byte_count);
/* Writes the digest in lower-case hexadecimal and a zero. The digest can't be updated any more. */
void digest_end(digest *d, char hex[2 * DIGEST_MAX_BYTES + 1]);

static inline uint32_t digest_rotate_left(uint32_t word, unsigned count)
{
  return (word << count) | (word >> (32 - count));
}

#endif /* CHECKSUM_DIGEST_H_ */
