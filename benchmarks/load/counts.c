// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libcounts.so: preloaded into a server (LD_PRELOAD), it counts allocations and copied bytes.
//
// Any server can be counted so, as it is, whoever built it. The counts go to the file that the
// environment's TRITON_PY_COUNTS names, mapped and shared, so that they can be read while the server
// runs and children add to the same ones; without it they stay in the process.
//
// Counting costs time, so a process that is counted is not one that is timed.

#include "counts.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static Counts own;
static _Atomic(Counts*) counts = &own;

const Counts* triton_py_counts(void) { return atomic_load(&counts); }

static void add(uint64_t* to, uint64_t number) { __atomic_fetch_add(to, number, __ATOMIC_RELAXED); }

static void allocated(void)
{
  add(&atomic_load_explicit(&counts, memory_order_relaxed)->allocations, 1);
}

static void moved(size_t size)
{
  add(&atomic_load_explicit(&counts, memory_order_relaxed)->copied, size);
}

// --- what comes next in the process ----------------------------------------------------------

#define NEXT(name, type, ...)                          \
  typedef type (*name##_fn)(__VA_ARGS__);              \
  static _Atomic(name##_fn) next_##name;               \
  static name##_fn find_##name(void)                   \
  {                                                    \
    name##_fn found = atomic_load_explicit(&next_##name, memory_order_relaxed); \
    if (found == NULL) {                               \
      finding = true;                                  \
      *(void**)&found = dlsym(RTLD_NEXT, #name);       \
      finding = false;                                 \
      if (found == NULL) abort();                      \
      atomic_store(&next_##name, found);               \
    }                                                  \
    return found;                                      \
  }

// dlsym may allocate: that memory comes from here, and is never given back.
static _Thread_local bool finding __attribute__((tls_model("initial-exec")));
static _Alignas(16) char early[1 << 16];
static atomic_size_t early_used;

static void* early_memory(size_t size)
{
  const size_t whole = (size + 15) & ~(size_t)15;
  const size_t at = atomic_fetch_add(&early_used, whole);
  if (at + whole > sizeof early) abort();
  return early + at;
}

static bool is_early(const void* memory)
{
  return (const char*)memory >= early && (const char*)memory < early + sizeof early;
}

NEXT(malloc, void*, size_t)
NEXT(calloc, void*, size_t, size_t)
NEXT(realloc, void*, void*, size_t)
NEXT(aligned_alloc, void*, size_t, size_t)
NEXT(memalign, void*, size_t, size_t)
NEXT(posix_memalign, int, void**, size_t, size_t)
NEXT(free, void, void*)
NEXT(memcpy, void*, void*, const void*, size_t)
NEXT(memmove, void*, void*, const void*, size_t)

// --- memory ----------------------------------------------------------------------------------

void* malloc(size_t size)
{
  if (finding) return early_memory(size);
  allocated();
  return find_malloc()(size);
}

void* calloc(size_t count, size_t size)
{
  // Zeros: that memory is given out once.
  if (finding) return early_memory(count * size);
  allocated();
  return find_calloc()(count, size);
}

void free(void* memory)
{
  if (memory != NULL && !is_early(memory)) find_free()(memory);
}

// A copy byte by byte that stays one, and no call of memcpy.
static void* by_bytes(void* to, const void* from, size_t size)
{
  volatile char* out = to;
  const volatile char* in = from;
  while (size-- != 0) *out++ = *in++;
  return to;
}

static void* from_early(void* memory, size_t size)
{
  char* made = find_malloc()(size);
  const size_t there = (size_t)(early + sizeof early - (char*)memory);
  if (made != NULL) by_bytes(made, memory, size < there ? size : there);
  return made;
}

void* realloc(void* memory, size_t size)
{
  // How large what it has is, nobody knows here: for dlsym there is no more of it.
  if (finding) return memory == NULL ? early_memory(size) : NULL;
  allocated();
  if (is_early(memory)) return from_early(memory, size);
  return find_realloc()(memory, size);
}

void* reallocarray(void* memory, size_t count, size_t size)
{
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(memory, whole);
}

void* aligned_alloc(size_t alignment, size_t size)
{
  allocated();
  return find_aligned_alloc()(alignment, size);
}

void* memalign(size_t alignment, size_t size)
{
  allocated();
  return find_memalign()(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size)
{
  allocated();
  return find_posix_memalign()(memory, alignment, size);
}

// --- copies ----------------------------------------------------------------------------------

static void* copy(void* to, const void* from, size_t size)
{
  if (finding) return by_bytes(to, from, size);
  moved(size);
  return find_memcpy()(to, from, size);
}

static void* move(void* to, const void* from, size_t size)
{
  // While dlsym looks, nothing overlaps.
  if (finding) return by_bytes(to, from, size);
  moved(size);
  return find_memmove()(to, from, size);
}

void* memcpy(void* restrict to, const void* restrict from, size_t size) { return copy(to, from, size); }
void* memmove(void* to, const void* from, size_t size) { return move(to, from, size); }
void* mempcpy(void* restrict to, const void* restrict from, size_t size)
{
  return (char*)copy(to, from, size) + size;
}

// What _FORTIFY_SOURCE makes of them: the size of the place is known, and checked.
static void checked(size_t size, size_t room) { if (size > room) abort(); }

void* __memcpy_chk(void* to, const void* from, size_t size, size_t room)
{
  checked(size, room);
  return copy(to, from, size);
}

void* __memmove_chk(void* to, const void* from, size_t size, size_t room)
{
  checked(size, room);
  return move(to, from, size);
}

void* __mempcpy_chk(void* to, const void* from, size_t size, size_t room)
{
  checked(size, room);
  return (char*)copy(to, from, size) + size;
}

// --- where the counts are --------------------------------------------------------------------

__attribute__((constructor)) static void begin(void)
{
  const char* name = getenv("TRITON_PY_COUNTS");
  const int kept = errno;
  const int file = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
  if (file >= 0) {
    void* place = mmap(NULL, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) atomic_store(&counts, (Counts*)place);
    close(file);
  }
  errno = kept;
}
