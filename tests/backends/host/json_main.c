/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The backends' JSON reader as a filter: for each document on standard input (a line with its size
 * in bytes, then the bytes) a line "ok <size>" or "error <size>" and that many bytes, the document
 * written again or the error's text. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../cbackend/backends/common/json.h"

int main(void)
{
  size_t size;
  while (scanf("%zu", &size) == 1 && getchar() == '\n') {
    /* Exactly as large as the text: a byte read beyond it is a fault. */
    char *text = malloc(size > 0 ? size : 1);
    if (fread(text, 1, size, stdin) != size) return 1;
    tb_json_document *document;
    TRITONSERVER_Error *error = tb_json_parse(text, size, &document);
    free(text);
    if (error != NULL) {
      const char *message = TRITONSERVER_ErrorMessage(error);
      printf("error %zu\n%s", strlen(message), message);
      TRITONSERVER_ErrorDelete(error);
    } else {
      size_t length;
      char *written = tb_json_write(tb_json_root(document), &length);
      printf("ok %zu\n", length);
      fwrite(written, 1, length, stdout);
      free(written);
      tb_json_free(document);
    }
    fflush(stdout);
  }
  return 0;
}
