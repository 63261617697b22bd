/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A library with nothing in it but a name, which server_alias.py writes into a copy: what a library under
 * test calls the server by. It is loaded first, so that nobody looks for a file of that name, and the
 * server's functions are found where they are, in the recorder. */

const char triton_py_alias[] = "triton-py";
