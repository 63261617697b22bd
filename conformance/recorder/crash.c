/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What an invalid access was to: the last thing that a process which crashes says (see recorder.h). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "recorder.h"

enum { MOST_INPUTS = 8192 };

/* The mappings of inputs that a request in flight has; beyond that many an access is just one. */
static struct {
  uintptr_t begin, end, data_end;
} inputs[MOST_INPUTS];
static uint32_t input_count;

void recorder_watch_input(uintptr_t begin, uintptr_t end, uintptr_t data_end)
{
  uint32_t place = __atomic_fetch_add(&input_count, 1, __ATOMIC_SEQ_CST);
  if (place >= MOST_INPUTS) return;
  inputs[place].begin = begin;
  inputs[place].data_end = data_end;
  inputs[place].end = end;
}

void recorder_forget_inputs(void)
{
  memset(inputs, 0, sizeof inputs);
  __atomic_store_n(&input_count, 0, __ATOMIC_SEQ_CST);
}

static uint16_t kind_of(uintptr_t address, uint64_t *detail)
{
  uint16_t kind = guard_kind_of(address, detail);
  if (kind != 0) return kind;
  uint32_t count = __atomic_load_n(&input_count, __ATOMIC_SEQ_CST);
  for (uint32_t i = 0; i < count && i < MOST_INPUTS; i++) {
    if (address < inputs[i].begin || address >= inputs[i].end) continue;
    *detail = address - inputs[i].data_end;
    return NOTE_CRASH_INPUT;
  }
  return NOTE_CRASH;
}

static uintptr_t instruction(const void *context)
{
  const ucontext_t *c = context;
#if defined(__x86_64__)
  return (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  return (uintptr_t)c->uc_mcontext.pc;
#else
  (void)c;
  return 0;
#endif
}

static void on_signal(int number, siginfo_t *info, void *context)
{
  Dl_info where;
  char text[RECORDER_TEXT] = "";
  uint64_t detail = 0;
  uintptr_t at = instruction(context);
  /* The next one ends the process, whatever goes wrong here. */
  signal(number, SIG_DFL);
  uint16_t kind = kind_of((uintptr_t)info->si_addr, &detail);
  if (at != 0 && dladdr((void *)at, &where) != 0 && where.dli_fname != NULL) {
    const char *name = strrchr(where.dli_fname, '/');
    snprintf(text, sizeof text, "%s+0x%lx", name != NULL ? name + 1 : where.dli_fname,
             (unsigned long)(at - (uintptr_t)where.dli_fbase));
  }
  recorder_note(kind, (uint64_t)(uintptr_t)info->si_addr, detail, text);
}

void crash_watch(void)
{
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}
