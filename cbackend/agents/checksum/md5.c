/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* MD5, as RFC 1321 describes it. It tells accidents from what was meant, not an attacker's work:
 * two files with one MD5 are easily made. */

#include "digest.h"

static const uint32_t START[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

/* The integer part of 2^32 times |sin(i + 1)|. */
static const uint32_t SINES[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

/* By which the steps of a round rotate, in turn. */
static const unsigned ROTATIONS[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static inline uint32_t step(uint32_t a, uint32_t b, uint32_t mixed, uint32_t word, unsigned i)
{
  return b + digest_rotate_left(a + mixed + word + SINES[i], ROTATIONS[i / 16][i % 4]);
}

/* One round: MIXED of b, c and d, and the words of the block in an order of its own. Unrolled, the
 * four values stay in registers and SINES and ROTATIONS become constants. */
#define ROUND(FIRST, MIXED, WORD)                                        \
  _Pragma("GCC unroll 16") for (unsigned i = FIRST; i < FIRST + 16; ++i) \
  {                                                                      \
    const uint32_t next = step(a, b, MIXED, block[(WORD) % 16], i);      \
    a = d;                                                               \
    d = c;                                                               \
    c = b;                                                               \
    b = next;                                                            \
  }

static void fold(uint32_t *state, const uint32_t *block)
{
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  ROUND(0, (b & c) | (~b & d), i)
  ROUND(16, (b & d) | (c & ~d), 5 * i + 1)
  ROUND(32, b ^ c ^ d, 3 * i + 5)
  ROUND(48, c ^ (b | ~d), 7 * i)
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

const digest_algorithm digest_md5 = {
    .name = "MD5", .word_count = 4, .big_endian = false, .start = START, .fold = fold};
