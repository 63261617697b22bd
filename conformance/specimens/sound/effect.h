/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* How a fault says that it took effect: a corpus whose faults are never reached proves nothing. */

#ifndef SPECIMEN_EFFECT_H
#define SPECIMEN_EFFECT_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Makes the file that TRITON_PY_SPECIMEN_EFFECT names. Keeps nothing open and allocates nothing. */
static inline void took_effect(void)
{
  const char *path = getenv("TRITON_PY_SPECIMEN_EFFECT");
  if (path == NULL) return;
  int file = open(path, O_WRONLY | O_CREAT, 0644);
  if (file >= 0) close(file);
}

#endif
