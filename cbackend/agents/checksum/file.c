/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Files: only those of the model are opened, since what a mismatch says is a digest of the file. */

#define _GNU_SOURCE

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256u * 1024u)

TRITONSERVER_Error *checksum_error(TRITONSERVER_Error_Code code, const char *format, ...)
{
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  const int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "out of memory for a message");
  }
  TRITONSERVER_Error *error = TRITONSERVER_ErrorNew(code, text);
  free(text);
  return error;
}

static TRITONSERVER_Error *outside(const char *name)
{
  return checksum_error(TRITONSERVER_ERROR_INVALID_ARG,
                        "file '%s' is outside of the model's folder, where nothing is checked",
                        name);
}

static TRITONSERVER_Error *unreadable(const char *name, int number)
{
  return checksum_error(TRITONSERVER_ERROR_INVALID_ARG, "failed to open file '%s' for reading: %s",
                        name, strerror(number));
}

/* Whether one of the path's parts is "..". */
static bool goes_up(const char *name)
{
  for (const char *part = name; part != NULL;) {
    if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
    part = strchr(part, '/');
    if (part != NULL) ++part;
  }
  return false;
}

/* The path of the file with all links followed: to be freed by the caller. */
static TRITONSERVER_Error *resolve(const char *folder, const char *name, char **path)
{
  char *joined = NULL;
  *path = NULL;
  /* By the words alone first: whether something is there outside is nobody's business. */
  if (name[0] == '/' || goes_up(name)) return outside(name);
  char *root = realpath(folder, NULL);
  if (root == NULL) {
    return checksum_error(TRITONSERVER_ERROR_INTERNAL, "can't open the model's folder '%s': %s",
                          folder, strerror(errno));
  }
  TRITONSERVER_Error *error = NULL;
  char *real = NULL;
  if (asprintf(&joined, "%s/%s", root, name) < 0) {
    joined = NULL;
    error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "out of memory for a path");
  } else if ((real = realpath(joined, NULL)) == NULL) {
    error = unreadable(name, errno);
  } else {
    const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(real, root, length) != 0 || real[length] != '/') error = outside(name);
  }
  free(joined);
  free(root);
  if (error == NULL) {
    *path = real;
  } else {
    free(real);
  }
  return error;
}

static TRITONSERVER_Error *read_all(int file, const char *name, digest *d)
{
  uint8_t *buffer = malloc(READ_BYTES);
  if (buffer == NULL) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "out of memory for reading a file");
  }
  TRITONSERVER_Error *error = NULL;
  for (;;) {
    const ssize_t got = read(file, buffer, READ_BYTES);
    if (got > 0) {
      digest_update(d, buffer, (size_t)got);
    } else if (got == 0) {
      break;
    } else if (errno != EINTR) {
      error = checksum_error(TRITONSERVER_ERROR_INTERNAL, "failed to read file '%s': %s", name,
                             strerror(errno));
      break;
    }
  }
  free(buffer);
  return error;
}

TRITONSERVER_Error *checksum_of_file(const digest_algorithm *algorithm, const char *folder,
                                     const char *name, char hex[2 * DIGEST_MAX_BYTES + 1])
{
  char *path;
  TRITONSERVER_Error *error = resolve(folder, name, &path);
  if (error != NULL) return error;
  /* Links are followed already, and opening a pipe must not wait for its writer. */
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const int number = errno;
  free(path);
  if (file < 0) return unreadable(name, number);
  struct stat status;
  digest d;
  if (fstat(file, &status) != 0) {
    error = unreadable(name, errno);
  } else if (!S_ISREG(status.st_mode)) {
    error = checksum_error(TRITONSERVER_ERROR_INVALID_ARG, "'%s' is not a regular file", name);
  } else {
    digest_begin(&d, algorithm);
    error = read_all(file, name, &d);
    if (error == NULL) digest_end(&d, hex);
  }
  close(file);
  return error;
}
