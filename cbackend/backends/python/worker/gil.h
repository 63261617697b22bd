/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The GIL on threads of the server's.
 *
 * A thread that Python has not made gets a thread state with its first turn, and keeps it to its end: making
 * one for each turn would cost a page of memory each time, and what a model has in a threading.local. */

#ifndef PY_GIL_H
#define PY_GIL_H

/* Between the two the thread has the GIL. Not within each other on one thread. */
void py_gil_take(void);
void py_gil_leave(void);

#endif
