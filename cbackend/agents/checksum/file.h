/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The digest of one file of a model. */

#ifndef CHECKSUM_FILE_H_
#define CHECKSUM_FILE_H_

#include "digest.h"
#include "triton/core/tritonserver.h"

/* An error whose text is made as printf makes it; owned by the caller. */
TRITONSERVER_Error *checksum_error(TRITONSERVER_Error_Code code, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* Computes the digest of the file `name`, relative to the model's folder `folder`.
 *
 * Returns null, or an error that the caller owns: INVALID_ARG for a file that isn't in the folder
 * (links are followed first), isn't there or is no regular file; INTERNAL where reading fails. */
TRITONSERVER_Error *checksum_of_file(const digest_algorithm *algorithm, const char *folder,
                                     const char *name, char hex[2 * DIGEST_MAX_BYTES + 1]);

#endif /* CHECKSUM_FILE_H_ */
