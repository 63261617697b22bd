# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the core takes from C and the operating system: atomics, locks, clock, threads."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

cdef extern from * nogil:
    """
    #include <pthread.h>
    #include <sched.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <string.h>
    #include <time.h>
    #include <errno.h>

    #ifndef TP_NATIVE_INLINES
    #define TP_NATIVE_INLINES
    /* Some 290 years after boot: later than any wait, and it fits a timespec. */
    #define TP_FOREVER_NS 9000000000000000000ull
    static inline int64_t tp_add(int64_t* p, int64_t n) {
      return __atomic_add_fetch(p, n, __ATOMIC_SEQ_CST);
    }
    static inline int64_t tp_load(const int64_t* p) {
      return __atomic_load_n(p, __ATOMIC_SEQ_CST);
    }
    static inline void tp_store(int64_t* p, int64_t n) {
      __atomic_store_n(p, n, __ATOMIC_SEQ_CST);
    }
    static inline int64_t tp_exchange(int64_t* p, int64_t n) {
      return __atomic_exchange_n(p, n, __ATOMIC_SEQ_CST);
    }
    /* True and *p == to if *p was from. */
    static inline int tp_swap(int64_t* p, int64_t from, int64_t to) {
      return __atomic_compare_exchange_n(
          p, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    /* Relaxed: what only counts orders nothing. */
    static inline void tp_count(uint64_t* p) {
      __atomic_fetch_add(p, 1, __ATOMIC_RELAXED);
    }
    static inline uint64_t tp_counted(const uint64_t* p) {
      return __atomic_load_n(p, __ATOMIC_RELAXED);
    }
    static inline double tp_load_double(const double* p) {
      double value;
      __atomic_load(p, &value, __ATOMIC_RELAXED);
      return value;
    }
    static inline void tp_store_double(double* p, double n) {
      __atomic_store(p, &n, __ATOMIC_RELAXED);
    }
    static inline void tp_add_double(double* p, double n) {
      double old = tp_load_double(p), sum;
      do {
        sum = old + n;
      } while (!__atomic_compare_exchange(
          p, &old, &sum, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    }
    static inline uint64_t tp_now_ns(void) {
      struct timespec t;
      clock_gettime(CLOCK_MONOTONIC, &t);
      return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
    static inline uint64_t tp_wall_ns(void) {
      struct timespec t;
      clock_gettime(CLOCK_REALTIME, &t);
      return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
    /* Condition variables that wait on the monotonic clock: a set system time must
       not stretch a queue delay. */
    static inline void tp_cond_init(pthread_cond_t* c) {
      pthread_condattr_t a;
      pthread_condattr_init(&a);
      pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
      pthread_cond_init(c, &a);
      pthread_condattr_destroy(&a);
    }
    /* Waits until the monotonic time; non-zero when that time has come. */
    static inline int tp_cond_wait_until(
        pthread_cond_t* c, pthread_mutex_t* m, uint64_t when_ns) {
      struct timespec t;
      t.tv_sec = (time_t)(when_ns / 1000000000u);
      t.tv_nsec = (long)(when_ns % 1000000000u);
      return pthread_cond_timedwait(c, m, &t) == ETIMEDOUT;
    }
    #endif
    """
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    ctypedef struct pthread_rwlock_t:
        pass
    ctypedef unsigned long pthread_t
    ctypedef struct pthread_attr_t:
        pass

    int pthread_mutex_init(pthread_mutex_t*, const void*)
    int pthread_mutex_destroy(pthread_mutex_t*)
    int pthread_mutex_lock(pthread_mutex_t*)
    int pthread_mutex_unlock(pthread_mutex_t*)
    int pthread_cond_destroy(pthread_cond_t*)
    int pthread_cond_wait(pthread_cond_t*, pthread_mutex_t*)
    int pthread_cond_signal(pthread_cond_t*)
    int pthread_cond_broadcast(pthread_cond_t*)
    int pthread_rwlock_init(pthread_rwlock_t*, const void*)
    int pthread_rwlock_destroy(pthread_rwlock_t*)
    int pthread_rwlock_rdlock(pthread_rwlock_t*)
    int pthread_rwlock_wrlock(pthread_rwlock_t*)
    int pthread_rwlock_unlock(pthread_rwlock_t*)
    int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*) noexcept nogil, void*)
    int pthread_join(pthread_t, void**)
    pthread_t pthread_self()
    int pthread_setname_np(pthread_t, const char*)
    int sched_yield()

    uint64_t FOREVER_NS "TP_FOREVER_NS"

    int64_t tp_add(int64_t* p, int64_t n)
    int64_t tp_load(const int64_t* p)
    void tp_store(int64_t* p, int64_t n)
    int64_t tp_exchange(int64_t* p, int64_t n)
    int tp_swap(int64_t* p, int64_t expected, int64_t desired)
    void tp_count(uint64_t* p)
    uint64_t tp_counted(const uint64_t* p)
    double tp_load_double(const double* p)
    void tp_store_double(double* p, double n)
    void tp_add_double(double* p, double n)
    uint64_t tp_now_ns()
    uint64_t tp_wall_ns()
    void tp_cond_init(pthread_cond_t* c)
    int tp_cond_wait_until(pthread_cond_t* c, pthread_mutex_t* m, uint64_t when_ns)
