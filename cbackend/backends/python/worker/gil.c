/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "gil.h"

#include "bridge.h"

typedef struct {
  PyThreadState *state; /* NULL: of a thread that has one by Python */
  PyGILState_STATE ensured;
} turn;

/* Of the C library: has a function called at the calling thread's end, before it drops what Python knows the
 * thread by (as it drops all pthread_setspecific() has set, before the destructors of such keys run). Not
 * every C library has it. */
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *argument, void *library)
    __attribute__((weak));

static __thread turn own;

/* At a thread's end. Where Python is at its end, it has cleared all states already. */
static void forget(void *nothing)
{
  (void)nothing;
  if (own.state == NULL || !Py_IsInitialized()) return;
  PyEval_RestoreThread(own.state);
  own.state = NULL;
  PyGILState_Release(own.ensured);
}

void py_gil_take(void)
{
  if (own.state != NULL) {
    PyEval_RestoreThread(own.state);
    return;
  }
  const bool is_new = PyGILState_GetThisThreadState() == NULL;
  own.ensured = PyGILState_Ensure();
  if (!is_new) return;
  /* Where nobody would let it go, it goes with each turn. */
  if (__cxa_thread_atexit_impl != NULL && __cxa_thread_atexit_impl(forget, NULL, &own) == 0)
    own.state = PyThreadState_Get();
}

void py_gil_leave(void)
{
  if (own.state != NULL)
    (void)PyEval_SaveThread();
  else
    PyGILState_Release(own.ensured);
}
