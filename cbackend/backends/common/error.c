/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Formats into `stack` when it fits and into the heap when not; *heap is what the caller frees. */
static const char *format_text(char *stack, size_t capacity, char **heap, const char *format,
                               va_list args)
{
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(stack, capacity, format, args);
  *heap = NULL;
  if (length >= 0 && (size_t)length >= capacity) {
    *heap = malloc((size_t)length + 1);
    if (*heap != NULL) vsnprintf(*heap, (size_t)length + 1, format, again);
  }
  va_end(again);
  return *heap != NULL ? *heap : stack;
}

TRITONSERVER_Error *tb_error(TRITONSERVER_Error_Code code, const char *format, ...)
{
  char stack[512];
  char *heap;
  va_list args;
  va_start(args, format);
  const char *text = format_text(stack, sizeof stack, &heap, format, args);
  va_end(args);
  TRITONSERVER_Error *error = TRITONSERVER_ErrorNew(code, text);
  free(heap);
  return error;
}

TRITONSERVER_Error *tb_error_within(TRITONSERVER_Error *error, const char *format, ...)
{
  if (error == NULL) return NULL;
  char stack[512];
  char *heap;
  va_list args;
  va_start(args, format);
  const char *text = format_text(stack, sizeof stack, &heap, format, args);
  va_end(args);
  TRITONSERVER_Error *within =
      tb_error(TRITONSERVER_ErrorCode(error), "%s: %s", text, TRITONSERVER_ErrorMessage(error));
  free(heap);
  TRITONSERVER_ErrorDelete(error);
  return within;
}

TRITONSERVER_Error *tb_out_of_memory(const char *what)
{
  return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "out of memory for %s", what);
}

void tb_log(TRITONSERVER_LogLevel level, const char *file, int line, const char *format, ...)
{
  if (!TRITONSERVER_LogIsEnabled(level)) return;
  char stack[512];
  char *heap;
  va_list args;
  va_start(args, format);
  const char *text = format_text(stack, sizeof stack, &heap, format, args);
  va_end(args);
  /* A log that cannot be written has no better place to say so. */
  TRITONSERVER_Error *error = TRITONSERVER_LogMessage(level, file, line, text);
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
  free(heap);
}

void tb_log_if_error(TRITONSERVER_Error *error, const char *what, const char *file, int line)
{
  if (error == NULL) return;
  tb_log(TRITONSERVER_LOG_ERROR, file, line, "%s: %s (%s)", what, TRITONSERVER_ErrorMessage(error),
         TRITONSERVER_ErrorCodeString(error));
  TRITONSERVER_ErrorDelete(error);
}
