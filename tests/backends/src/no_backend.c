/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A good shared library that has nothing to do with backends. */

int twice(int number) { return 2 * number; }
