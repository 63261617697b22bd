/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  MAGIC = 0x74707963,
  MESSAGES = 512, /* of a ring: a power of two */
  RETURNS = 2048  /* of a list of blocks that are done with: a power of two */
};

/* One direction. Each word is written by one side alone, but for the futexes, which both may bump. Words
 * of the two sides lie in cache lines of their own. A side never reads its own numbers here: the other one
 * may have written anywhere. */
typedef struct {
  /* Written by the side that sends. */
  _Alignas(64) uint32_t sent;   /* messages, ever */
  uint32_t returns_taken;       /* of its own blocks, from `returned` */
  uint32_t waits_for_room;      /* it sleeps on `room` */
  uint32_t signal;              /* a futex: bumped with each message */
  uint32_t unheard;             /* a futex: bumped with each message that nobody was listening for */
  /* Written by the side that receives. */
  _Alignas(64) uint32_t received;
  uint32_t returns_given;
  uint32_t sleeps; /* it sleeps on `signal` */
  uint32_t deaf;   /* nobody waits in receive() */
  uint32_t room;   /* a futex: bumped when it has read while the other side waited */
  _Alignas(64) uint64_t returned[RETURNS]; /* blocks of the sender's that the receiver is done with */
  py_message messages[MESSAGES];
} ring;

typedef struct {
  uint32_t magic, version;
  uint64_t arena_size; /* of each of the two */
  uint64_t head_size;
  ring rings[2]; /* what the backend sends; what the worker sends */
} head;

struct py_channel {
  py_pair *pair; /* of a side that lies in one process with the other: then this and `side` are all there is */
  py_side side;
  head *head;
  uint64_t head_size, arena_size; /* as they were checked, whatever the file says later */
  size_t mapped;
  int fd;
  ring *out, *in;
  py_arena *arena; /* this side's */
  char *other;     /* the other side's arena */
  /* As this side counts: what it received (written by who reads messages, read by whoever waits for them),
   * sent, gave back, and took back. */
  uint32_t received, sent, returns_given, returns_taken;
  pthread_mutex_t send_lock, give_lock, arena_lock;
  uint32_t closed, broken;
  /* Blocks the other side's list had no room for. */
  uint64_t *late;
  size_t late_count, late_capacity;
};

/* Nobody sleeps longer: a model that has written over the head may have lost a wake-up. */
static const uint64_t LOOK_NS = UINT64_C(1000000000);

#define LOAD(place) __atomic_load_n(&(place), __ATOMIC_SEQ_CST)
#define STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_SEQ_CST)

/* What one thread writes reaches another of the same process by way of the other process: a sanitizer, which sees
 * one of them, has to be told. UNSEEN is a function whose writes come after that. */
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define LEAVES(channel) __tsan_release((channel)->head)
#define COMES_BACK(channel) __tsan_acquire((channel)->head)
#define UNSEEN __attribute__((noinline, no_sanitize("thread")))
#else
#define LEAVES(channel) ((void)(channel))
#define COMES_BACK(channel) ((void)(channel))
#define UNSEEN
#endif

static void futex_wait(uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
  struct timespec relative = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
  syscall(SYS_futex, word, FUTEX_WAIT, value, timeout_ns == UINT64_MAX ? NULL : &relative, NULL, 0);
}

static UNSEEN void futex_wake(uint32_t *word)
{
  __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static uint64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- making and ending ---- */

static uint64_t page_up(uint64_t size) { return (size + 4095) / 4096 * 4096; }

static py_channel *make(int fd, uint64_t arena_size, uint64_t keep, py_side side)
{
  py_channel *channel = calloc(1, sizeof *channel);
  if (channel == NULL) return NULL;
  channel->fd = fd;
  channel->head_size = page_up(sizeof(head));
  channel->arena_size = arena_size;
  const size_t shared = channel->head_size + 2 * arena_size;
  /* A page of zeros behind it: there ends every text, whatever the other side writes while it is read. */
  channel->mapped = shared + 4096;
  char *base = mmap(NULL, channel->mapped, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base != MAP_FAILED && mmap(base, shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd, 0) == MAP_FAILED) {
    munmap(base, channel->mapped);
    base = MAP_FAILED;
  }
  if (base == MAP_FAILED) {
    free(channel);
    return NULL;
  }
  /* A process that crashes is not to write all of it into a core file before it has ended. */
  (void)madvise(base, shared, MADV_DONTDUMP);
  channel->head = (head *)base;
  const uint64_t own = channel->head_size + (side == PY_BACKEND_SIDE ? 0 : arena_size);
  const uint64_t other = channel->head_size + (side == PY_BACKEND_SIDE ? arena_size : 0);
  channel->out = &channel->head->rings[side == PY_BACKEND_SIDE ? 0 : 1];
  channel->in = &channel->head->rings[side == PY_BACKEND_SIDE ? 1 : 0];
  channel->other = base + other;
  channel->arena = py_arena_new(base + own, arena_size, keep);
  if (channel->arena == NULL) {
    munmap(base, channel->mapped);
    free(channel);
    errno = ENOMEM;
    return NULL;
  }
  pthread_mutex_init(&channel->send_lock, NULL);
  pthread_mutex_init(&channel->give_lock, NULL);
  pthread_mutex_init(&channel->arena_lock, NULL);
  return channel;
}

py_channel *py_channel_new(uint64_t arena_size, uint64_t keep)
{
  arena_size = page_up(arena_size);
  int fd = (int)syscall(SYS_memfd_create, "triton-py python backend",
                        3u /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
  if (fd < 0) return NULL;
  py_channel *channel = NULL;
  /* Nobody may cut it off: who reads beyond a file's end is ended by the system. */
  if (ftruncate(fd, (off_t)(page_up(sizeof(head)) + 2 * arena_size)) == 0 &&
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    channel = make(fd, arena_size, keep, PY_BACKEND_SIDE);
  if (channel == NULL) {
    const int error = errno;
    close(fd);
    errno = error;
    return NULL;
  }
  channel->head->magic = MAGIC;
  channel->head->version = PY_CHANNEL_VERSION;
  channel->head->arena_size = arena_size;
  channel->head->head_size = channel->head_size;
  return channel;
}

/* What the file's first page says, without trusting its size. */
static bool read_head(int fd, uint64_t *arena_size)
{
  struct {
    uint32_t magic, version;
    uint64_t arena_size, head_size;
  } first;
  struct stat status;
  if (pread(fd, &first, sizeof first, 0) != (ssize_t)sizeof first || fstat(fd, &status) != 0)
    return false;
  *arena_size = first.arena_size;
  return first.magic == MAGIC && first.version == PY_CHANNEL_VERSION &&
         first.head_size == page_up(sizeof(head)) &&
         (uint64_t)status.st_size == first.head_size + 2 * first.arena_size;
}

py_channel *py_channel_open(int fd, uint64_t keep)
{
  uint64_t arena_size;
  if (!read_head(fd, &arena_size)) {
    errno = EPROTO;
    return NULL;
  }
  py_channel *channel = make(fd, arena_size, keep, PY_WORKER_SIDE);
  if (channel == NULL) return NULL;
  /* The mapping stays. The number may be closed by a model, and be another file's then. */
  close(fd);
  channel->fd = -1;
  return channel;
}

/* ---- two sides in one process ---- */

bool py_channel_pair(py_deliver to_backend, void *backend, py_deliver to_worker, void *worker,
                     py_channel *sides[2])
{
  py_pair *pair = py_pair_new(to_backend, backend, to_worker, worker);
  for (int side = 0; side < 2; side++) {
    sides[side] = calloc(1, sizeof **sides);
    if (sides[side] != NULL) *sides[side] = (py_channel){.pair = pair, .side = (py_side)side, .fd = -1};
  }
  if (pair != NULL && sides[0] != NULL && sides[1] != NULL) return true;
  free(sides[0]);
  free(sides[1]);
  if (pair != NULL) {
    py_pair_leave(pair);
    py_pair_leave(pair);
  }
  return false;
}

bool py_channel_is_direct(const py_channel *channel) { return channel->pair != NULL; }

/* ---- end ---- */

void py_channel_delete(py_channel *channel)
{
  if (channel == NULL) return;
  if (channel->pair != NULL) {
    py_pair_leave(channel->pair);
    free(channel);
    return;
  }
  munmap(channel->head, channel->mapped);
  if (channel->fd >= 0) close(channel->fd);
  py_arena_delete(channel->arena);
  pthread_mutex_destroy(&channel->send_lock);
  pthread_mutex_destroy(&channel->give_lock);
  pthread_mutex_destroy(&channel->arena_lock);
  free(channel->late);
  free(channel);
}

int py_channel_fd(const py_channel *channel) { return channel->fd; }

void py_channel_close(py_channel *channel)
{
  if (channel->pair != NULL) {
    py_pair_close(channel->pair, channel->side);
    return;
  }
  STORE(channel->closed, 1);
  futex_wake(&channel->in->signal);
  futex_wake(&channel->in->unheard);
  futex_wake(&channel->out->room);
}

bool py_channel_is_closed(const py_channel *channel) {
  return channel->pair != NULL ? py_pair_is_closed(channel->pair) : LOAD(channel->closed) != 0;
}

void py_channel_break(py_channel *channel)
{
  if (channel->pair != NULL) return;
  STORE(channel->broken, 1);
  py_channel_close(channel);
}

bool py_channel_is_broken(const py_channel *channel) {
  return channel->pair == NULL && LOAD(channel->broken) != 0;
}

/* Whether the other side's number is one that can be: so much ahead of this side's at most. */
static bool is_sound(py_channel *channel, uint32_t ahead, uint32_t most)
{
  if (ahead <= most && LOAD(channel->head->magic) == MAGIC) return true;
  py_channel_break(channel);
  return false;
}

/* ---- blocks ---- */

/* Takes back what the other side is done with. With the arena's lock. */
static void collect(py_channel *channel)
{
  ring *out = channel->out;
  uint32_t taken = channel->returns_taken;
  const uint32_t given = LOAD(out->returns_given);
  COMES_BACK(channel);
  if (!is_sound(channel, given - taken, RETURNS)) return;
  for (; taken != given; taken++)
    (void)py_arena_give(channel->arena, out->returned[taken % RETURNS]);
  channel->returns_taken = taken;
  STORE(out->returns_taken, taken);
}

void *py_channel_take(py_channel *channel, uint64_t size, uint64_t *block)
{
  if (channel->pair != NULL) return py_pair_take(size, block);
  pthread_mutex_lock(&channel->arena_lock);
  collect(channel);
  void *address = NULL;
  if (py_arena_take(channel->arena, size, block)) address = py_arena_at(channel->arena, *block, size);
  pthread_mutex_unlock(&channel->arena_lock);
  return address;
}

void py_channel_untake(py_channel *channel, uint64_t block)
{
  if (channel->pair != NULL) {
    py_pair_free(block);
    return;
  }
  pthread_mutex_lock(&channel->arena_lock);
  (void)py_arena_give(channel->arena, block);
  pthread_mutex_unlock(&channel->arena_lock);
}

void py_channel_shortage(py_channel *channel, uint64_t *arena_size, uint64_t *taken)
{
  *arena_size = *taken = 0;
  if (channel->pair != NULL) return;
  pthread_mutex_lock(&channel->arena_lock);
  collect(channel);
  *arena_size = py_arena_size(channel->arena);
  *taken = py_arena_taken_bytes(channel->arena);
  pthread_mutex_unlock(&channel->arena_lock);
}

void *py_channel_at(const py_channel *channel, uint64_t block, uint64_t size)
{
  if (channel->pair != NULL) return py_pair_at(block);
  if (block > channel->arena_size || size > channel->arena_size - block) return NULL;
  return channel->other + block;
}

void py_channel_give(py_channel *channel, uint64_t block)
{
  if (channel->pair != NULL) {
    py_pair_free(block);
    return;
  }
  ring *in = channel->in;
  pthread_mutex_lock(&channel->give_lock);
  uint32_t given = channel->returns_given;
  /* Those that waited for room go first. */
  size_t moved = 0;
  while (moved < channel->late_count && given - LOAD(in->returns_taken) < RETURNS)
    in->returned[given++ % RETURNS] = channel->late[moved++];
  if (moved > 0) {
    memmove(channel->late, channel->late + moved,
            (channel->late_count - moved) * sizeof *channel->late);
    channel->late_count -= moved;
  }
  if (channel->late_count == 0 && given - LOAD(in->returns_taken) < RETURNS) {
    in->returned[given++ % RETURNS] = block;
  } else {
    /* No more than there can be. */
    const bool may_grow = channel->late_capacity < channel->arena_size / 64;
    if (channel->late_count == channel->late_capacity && may_grow) {
      size_t capacity = channel->late_capacity == 0 ? 256 : channel->late_capacity * 2;
      uint64_t *grown = realloc(channel->late, capacity * sizeof *grown);
      if (grown != NULL) {
        channel->late = grown;
        channel->late_capacity = capacity;
      }
    }
    /* Without memory the block stays taken: the other side's arena is bounded all the same. */
    if (channel->late_count < channel->late_capacity) channel->late[channel->late_count++] = block;
  }
  channel->returns_given = given;
  LEAVES(channel);
  STORE(in->returns_given, given);
  pthread_mutex_unlock(&channel->give_lock);
}

/* ---- messages ---- */

bool py_channel_send(py_channel *channel, const py_message *message)
{
  if (channel->pair != NULL) return py_pair_send(channel->pair, channel->side, message);
  ring *out = channel->out;
  pthread_mutex_lock(&channel->send_lock);
  const uint32_t sent = channel->sent;
  uint32_t ahead;
  while ((ahead = sent - LOAD(out->received)) >= MESSAGES) {
    if (!is_sound(channel, ahead, MESSAGES) || py_channel_is_closed(channel)) {
      pthread_mutex_unlock(&channel->send_lock);
      return false;
    }
    STORE(out->waits_for_room, 1);
    const uint32_t room = LOAD(out->room);
    if (sent - LOAD(out->received) >= MESSAGES && !py_channel_is_closed(channel))
      futex_wait(&out->room, room, 1000000000u);
    STORE(out->waits_for_room, 0);
  }
  /* Not asked for afterwards: who ends because of the message has got it. */
  if (py_channel_is_closed(channel)) {
    pthread_mutex_unlock(&channel->send_lock);
    return false;
  }
  out->messages[sent % MESSAGES] = *message;
  channel->sent = sent + 1;
  LEAVES(channel);
  STORE(out->sent, sent + 1);
  pthread_mutex_unlock(&channel->send_lock);
  if (LOAD(out->deaf) != 0)
    futex_wake(&out->unheard);
  else if (LOAD(out->sleeps) != 0)
    futex_wake(&out->signal);
  return true;
}

bool py_channel_has_message(const py_channel *channel)
{
  return LOAD(channel->in->sent) != LOAD(channel->received);
}

static bool take_message(py_channel *channel, py_message *message)
{
  ring *in = channel->in;
  const uint32_t received = channel->received, ahead = LOAD(in->sent) - received;
  if (!is_sound(channel, ahead, MESSAGES) || ahead == 0 || py_channel_is_broken(channel)) return false;
  COMES_BACK(channel);
  *message = in->messages[received % MESSAGES];
  STORE(channel->received, received + 1);
  STORE(in->received, received + 1);
  if (LOAD(in->waits_for_room) != 0) futex_wake(&in->room);
  return true;
}

py_wait py_channel_receive(py_channel *channel, py_message *message, uint64_t timeout_ns)
{
  ring *in = channel->in;
  const uint64_t until =
      timeout_ns == 0 || timeout_ns == UINT64_MAX ? timeout_ns : now_ns() + timeout_ns;
  for (;;) {
    /* What the other side said before it went is heard first. */
    if (take_message(channel, message)) return PY_GOT;
    if (py_channel_is_closed(channel)) return PY_CLOSED;
    if (timeout_ns == 0) return PY_NOTHING;
    uint64_t rest = UINT64_MAX;
    if (until != UINT64_MAX) {
      const uint64_t now = now_ns();
      if (now >= until) return PY_NOTHING;
      rest = until - now;
    }
    const uint32_t signal = LOAD(in->signal);
    STORE(in->sleeps, 1);
    if (!py_channel_has_message(channel) && !py_channel_is_closed(channel))
      futex_wait(&in->signal, signal, rest < LOOK_NS ? rest : LOOK_NS);
    STORE(in->sleeps, 0);
  }
}

void py_channel_set_listening(py_channel *channel, bool listening)
{
  STORE(channel->in->deaf, listening ? 0 : 1);
  /* What came just before is somebody's, too. */
  if (!listening && py_channel_has_message(channel)) futex_wake(&channel->in->unheard);
}

py_wait py_channel_await(py_channel *channel)
{
  ring *in = channel->in;
  for (;;) {
    const uint32_t unheard = LOAD(in->unheard);
    if (py_channel_is_closed(channel)) return PY_CLOSED;
    if (LOAD(in->deaf) != 0 && py_channel_has_message(channel)) return PY_GOT;
    if (!is_sound(channel, LOAD(in->sent) - LOAD(channel->received), MESSAGES)) return PY_CLOSED;
    futex_wait(&in->unheard, unheard, LOOK_NS);
  }
}

/* ---- answers ---- */

bool py_channel_answer(py_channel *channel, uint64_t place, const py_answer *answer)
{
  py_answer *there = py_channel_at(channel, place, sizeof *there);
  if (there == NULL || place % _Alignof(py_answer) != 0) return false;
  there->code = answer->code;
  there->block = answer->block;
  there->size = answer->size;
  there->value = answer->value;
  LEAVES(channel);
  futex_wake(&there->state);
  return true;
}

py_wait py_channel_wait_answer(py_channel *channel, py_answer *place, uint64_t timeout_ns)
{
  const uint64_t until = timeout_ns == UINT64_MAX ? timeout_ns : now_ns() + timeout_ns;
  while (LOAD(place->state) == 0) {
    if (py_channel_is_closed(channel)) return PY_CLOSED;
    const uint64_t now = now_ns();
    if (now >= until) return PY_NOTHING;
    /* In pieces: nobody wakes this word when the channel is closed. */
    const uint64_t rest = until - now < 1000000000u ? until - now : 1000000000u;
    futex_wait(&place->state, 0, rest);
  }
  COMES_BACK(channel);
  return PY_GOT;
}
