/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* What json.c, json_parse.c and json_write.c share of a document; for nobody else. */

#ifndef TB_JSON_DOCUMENT_H
#define TB_JSON_DOCUMENT_H

#include "json.h"

typedef struct tb_json_block tb_json_block;

struct tb_json_document {
  tb_json *root;
  tb_json_block *blocks;
};

/* `size` bytes that live as long as the document, NULL when memory runs out. */
void *tb_json_allocate(tb_json_document *document, size_t size);

#endif
