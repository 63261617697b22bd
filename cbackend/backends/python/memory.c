/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The memory that a worker may take, and what the system does where there is none. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "python.h"

/* What is shared with the server is no data of the process's, and does not count. The model can't raise
 * it again, unless it has the right to raise any limit. */
bool py_limit_memory(pid_t pid, int64_t bytes)
{
  const struct rlimit limit = {(rlim_t)bytes, (rlim_t)bytes};
  return prlimit(pid, RLIMIT_DATA, &limit, NULL) == 0;
}

void py_offer_to_the_system(pid_t pid)
{
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  /* It may not be allowed; then all are equal, as they were. */
  if (write(fd, "500", 3) < 0) TB_LOG_VERBOSE("%s: %s", path, strerror(errno));
  close(fd);
}

/* ---- how often the system has ended a process because memory ran out ---- */

/* The number behind `word` at a line's beginning. -1 where there is none. */
static int64_t read_count(const char *path, const char *word)
{
  char line[256];
  int64_t count = -1;
  const size_t length = strlen(word);
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  while (count < 0 && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, word, length) == 0 && line[length] == ' ') count = strtoll(line + length, NULL, 10);
  fclose(file);
  return count;
}

/* Of a group of the first hierarchy (with the controller memory) or of the second; the path is as the
 * group sees itself, or as the host does, which may not be there. */
static int64_t read_group(const char *group, bool second)
{
  char path[4096];
  const char *root = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  const char *file = second ? "memory.events" : "memory.oom_control";
  if ((size_t)snprintf(path, sizeof path, "%s%s/%s", root, group, file) >= sizeof path) return -1;
  int64_t count = read_count(path, "oom_kill");
  if (count >= 0) return count;
  snprintf(path, sizeof path, "%s/%s", root, file);
  return read_count(path, "oom_kill");
}

static int64_t of_own_group(void)
{
  char line[4096];
  int64_t count = -1;
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (file == NULL) return -1;
  /* NUMBER:CONTROLLERS:PATH, without controllers where there is but one hierarchy. */
  while (count < 0 && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (path == NULL) continue;
    *path++ = '\0';
    const bool second = controllers[1] == '\0';
    if (!second && strcmp(controllers + 1, "memory") != 0) continue;
    count = read_group(strcmp(path, "/") == 0 ? "" : path, second);
  }
  fclose(file);
  return count;
}

py_oom_count py_count_oom_kills(void)
{
  return (py_oom_count){.group = of_own_group(), .system = read_count("/proc/vmstat", "oom_kill")};
}

const char *py_killer_text(const py_oom_count *before)
{
  const py_oom_count now = py_count_oom_kills();
  if (before->group >= 0 && now.group > before->group) return " by the system, since memory ran out";
  /* Of the whole system, and so with the process, unless it is another one's. */
  if (before->system >= 0 && now.system == before->system) return " by another process";
  return ", as the system does where memory runs out";
}
