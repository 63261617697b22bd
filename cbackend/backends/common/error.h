/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Errors and log lines, shared by the backends that ship.
 *
 * A function that can fail returns a TRITONSERVER_Error *: NULL is success, anything else is owned
 * by the caller, who hands it on (return, ResponseSend does not take it) or deletes it. */

#ifndef TB_ERROR_H
#define TB_ERROR_H

#include "triton/core/tritonbackend.h"

/* Returns from the calling function when `expression` yields an error; the error is handed on. */
#define TB_RETURN_IF_ERROR(expression)            \
  do {                                            \
    TRITONSERVER_Error *tb_error_ = (expression); \
    if (tb_error_ != NULL) return tb_error_;      \
  } while (0)

#define TB_LOG(level, ...) tb_log((level), __FILE__, __LINE__, __VA_ARGS__)
#define TB_LOG_INFO(...) TB_LOG(TRITONSERVER_LOG_INFO, __VA_ARGS__)
#define TB_LOG_WARN(...) TB_LOG(TRITONSERVER_LOG_WARN, __VA_ARGS__)
#define TB_LOG_ERROR(...) TB_LOG(TRITONSERVER_LOG_ERROR, __VA_ARGS__)
#define TB_LOG_VERBOSE(...) TB_LOG(TRITONSERVER_LOG_VERBOSE, __VA_ARGS__)

/* For calls whose failure leaves nothing to do but tell: logs the error and deletes it. */
#define TB_LOG_IF_ERROR(expression, what) tb_log_if_error((expression), (what), __FILE__, __LINE__)

/* A new error with a printf-formatted message. Owned by the caller, never NULL on a sane server. */
TRITONSERVER_Error *tb_error(TRITONSERVER_Error_Code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The error with the formatted text before its message; takes `error`. NULL for NULL. */
TRITONSERVER_Error *tb_error_within(TRITONSERVER_Error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The error every failed allocation turns into; `what` names the thing there was no memory for. */
TRITONSERVER_Error *tb_out_of_memory(const char *what);

/* Sends one line to the server's log; costs one call and no formatting when `level` is off. */
void tb_log(TRITONSERVER_LogLevel level, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void tb_log_if_error(TRITONSERVER_Error *error, const char *what, const char *file, int line);

#endif
