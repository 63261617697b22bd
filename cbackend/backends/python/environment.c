/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* Environments of interpreters: unpacking those that come as archives, the variables that a process in one
 * has, whether an interpreter will do.
 *
 * What unpacks is a script, worker/unpack_environment.py: it also keeps several from doing so at a time, and
 * removes what nobody uses any more. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "python.h"

extern char **environ;

enum { OLDEST_MINOR = 9 };

struct py_environments {
  pthread_mutex_t lock;
  char *folder;   /* NULL: not made yet */
  bool temporary;
  int alive; /* of a temporary one: while it is locked, no other server takes it for abandoned */
};

/* ---- the folder ---- */

TRITONSERVER_Error *py_environments_new(const char *folder, py_environments **environments)
{
  py_environments *made = calloc(1, sizeof *made);
  if (made != NULL && folder != NULL) made->folder = strdup(folder);
  if (made == NULL || (folder != NULL && made->folder == NULL)) {
    free(made);
    return tb_out_of_memory("the backend");
  }
  made->temporary = folder == NULL;
  made->alive = -1;
  pthread_mutex_init(&made->lock, NULL);
  *environments = made;
  return NULL;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
  (void)status, (void)type, (void)where;
  /* Go on: what can't be removed is told by the folder that stays. */
  (void)remove(path);
  return 0;
}

static void remove_tree(const char *folder)
{
  (void)nftw(folder, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
  if (access(folder, F_OK) == 0) TB_LOG_WARN("'%s' can't be removed as a whole", folder);
}

void py_environments_delete(py_environments *environments)
{
  if (environments == NULL) return;
  if (environments->temporary && environments->folder != NULL) remove_tree(environments->folder);
  if (environments->alive >= 0) close(environments->alive);
  pthread_mutex_destroy(&environments->lock);
  free(environments->folder);
  free(environments);
}

/* A temporary folder, with a file that is locked from the moment on at which it has its name. 0, or errno's
 * number. */
static int make_temporary(py_environments *environments)
{
  const char *where = getenv("TMPDIR");
  char *folder = NULL, *unnamed = NULL, *named = NULL;
  if (where == NULL || *where == '\0') where = "/tmp";
  if (asprintf(&folder, "%s/triton-py-env-XXXXXX", where) < 0) return ENOMEM;
  if (mkdtemp(folder) == NULL) {
    const int error = errno;
    free(folder);
    return error;
  }
  int error = 0;
  if (asprintf(&unnamed, "%s/.new", folder) < 0) unnamed = NULL;
  if (asprintf(&named, "%s/.alive", folder) < 0) named = NULL;
  if (unnamed == NULL || named == NULL) error = ENOMEM;
  if (error == 0) {
    environments->alive = open(unnamed, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (environments->alive < 0 || flock(environments->alive, LOCK_SH) != 0 || rename(unnamed, named) != 0)
      error = errno;
  }
  free(unnamed);
  free(named);
  if (error == 0) {
    environments->folder = folder;
    return 0;
  }
  if (environments->alive >= 0) close(environments->alive);
  environments->alive = -1;
  remove_tree(folder);
  free(folder);
  return error;
}

static TRITONSERVER_Error *have_folder(py_environments *environments)
{
  pthread_mutex_lock(&environments->lock);
  const int error = environments->folder == NULL ? make_temporary(environments) : 0;
  pthread_mutex_unlock(&environments->lock);
  return error == 0 ? NULL
                    : tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                               "no temporary folder for a packed environment: %s", strerror(error));
}

/* ---- programs ---- */

/* Runs a program, and gives each line that it writes to `line`. Its standard input ends when `line` says
 * true. 0 with *status as waitpid() has it, or errno's number. */
static int run(char *const arguments[], char *const variables[], bool (*line)(void *, const char *),
               void *context, int *status)
{
  int ends[2];
  pid_t pid;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  const int fds[] = {ends[1], ends[1]}, numbers[] = {STDIN_FILENO, STDOUT_FILENO};
  const int error = py_spawn(arguments, variables, fds, numbers, 2, &pid);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return error;
  }
  FILE *output = fdopen(ends[0], "r");
  char *text = NULL;
  size_t size = 0;
  ssize_t length;
  while (output != NULL && (length = getline(&text, &size, output)) > 0) {
    if (text[length - 1] == '\n') text[length - 1] = '\0';
    if (line(context, text)) shutdown(ends[0], SHUT_WR);
  }
  free(text);
  if (output == NULL)
    close(ends[0]);
  else
    fclose(output);
  while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
  }
  return 0;
}

/* ---- unpacking ---- */

bool py_environment_is_packed(const char *path)
{
  static const char *const ENDS[] = {".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz",
                                     ".tar.zst"};
  const size_t length = strlen(path);
  for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
    const size_t size = strlen(ENDS[i]);
    if (length > size && strcmp(path + length - size, ENDS[i]) == 0) return true;
  }
  return false;
}

typedef struct {
  char *folder;
  char *error;
  int keep;
} unpacked;

/* "info TEXT", "error TEXT", "lock PATH", and last "folder PATH": the script holds the lock itself until its
 * input ends. */
static bool take_line(void *context, const char *line)
{
  unpacked *result = context;
  const char *rest = strchr(line, ' ');
  if (rest == NULL) return false;
  rest++;
  if (strncmp(line, "info ", 5) == 0) {
    TB_LOG_INFO("%s", rest);
  } else if (strncmp(line, "error ", 6) == 0 && result->error == NULL) {
    result->error = strdup(rest);
  } else if (strncmp(line, "lock ", 5) == 0 && result->keep < 0) {
    result->keep = open(rest, O_RDONLY | O_CLOEXEC);
    if (result->keep >= 0 && flock(result->keep, LOCK_SH) != 0)
      TB_LOG_WARN("'%s' can't be locked: %s", rest, strerror(errno));
  } else if (strncmp(line, "folder ", 7) == 0 && result->folder == NULL) {
    result->folder = strdup(rest);
    return true;
  }
  return false;
}

TRITONSERVER_Error *py_environment_unpack(const py_backend *backend, const char *archive, char **folder,
                                          int *keep)
{
  char *script;
  TB_RETURN_IF_ERROR(have_folder(backend->environments));
  const bool foreign = backend->own != NULL && strcmp(backend->interpreter, backend->own) != 0;
  char **variables = py_environment_variables(backend->interpreter, foreign);
  if (variables == NULL || asprintf(&script, "%s/worker/unpack_environment.py", backend->folder) < 0) {
    py_environment_free_variables(variables);
    return tb_out_of_memory("an environment");
  }
  unpacked result = {.keep = -1};
  int status = 0;
  char *const arguments[] = {backend->interpreter, script, (char *)archive, backend->environments->folder,
                             NULL};
  const int failed = run(arguments, variables, take_line, &result, &status);
  py_environment_free_variables(variables);
  free(script);
  TRITONSERVER_Error *error = NULL;
  if (failed != 0)
    error = tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "can't start '%s' to unpack '%s': %s",
                     backend->interpreter, archive, strerror(failed));
  else if (result.error != NULL)
    error = tb_error(TRITONSERVER_ERROR_INVALID_ARG, "'%s' can't be unpacked: %s", archive, result.error);
  else if (result.folder == NULL)
    error = tb_error(TRITONSERVER_ERROR_INTERNAL,
                     "'%s' can't be unpacked: the program that does it ended with %s %d", archive,
                     WIFSIGNALED(status) ? "signal" : "status",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  free(result.error);
  if (error != NULL) {
    free(result.folder);
    if (result.keep >= 0) close(result.keep);
    return error;
  }
  *folder = result.folder;
  *keep = result.keep;
  return NULL;
}

/* ---- variables ---- */

typedef struct {
  char **entries;
  size_t count;
  bool failed;
} variables;

static bool is_named(const char *entry, const char *name)
{
  const size_t length = strlen(name);
  return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static void drop(variables *of, const char *name)
{
  size_t kept = 0;
  for (size_t i = 0; i < of->count; i++) {
    if (is_named(of->entries[i], name))
      free(of->entries[i]);
    else
      of->entries[kept++] = of->entries[i];
  }
  of->entries[kept] = NULL;
  of->count = kept;
}

/* There is room for what is set here: see below. */
__attribute__((format(printf, 3, 4))) static void set(variables *of, const char *name, const char *format, ...)
{
  char *value, *entry = NULL;
  va_list values;
  va_start(values, format);
  if (vasprintf(&value, format, values) < 0) value = NULL;
  va_end(values);
  if (value != NULL && asprintf(&entry, "%s=%s", name, value) < 0) entry = NULL;
  free(value);
  if (entry == NULL) {
    of->failed = true;
    return;
  }
  drop(of, name);
  of->entries[of->count++] = entry;
  of->entries[of->count] = NULL;
}

/* Sets a list of folders to `first` and what it is without it. */
static void set_first(variables *of, const char *name, const char *first, const char *otherwise)
{
  const char *rest = otherwise;
  for (size_t i = 0; i < of->count; i++)
    if (is_named(of->entries[i], name)) rest = of->entries[i] + strlen(name) + 1;
  const size_t length = strlen(first);
  if (strncmp(rest, first, length) == 0 && (rest[length] == ':' || rest[length] == '\0'))
    return; /* it is activated */
  if (*rest == '\0')
    set(of, name, "%s", first);
  else
    set(of, name, "%s:%s", first, rest);
}

static bool has(const char *folder, const char *name)
{
  char *path;
  if (asprintf(&path, "%s/%s", folder, name) < 0) return false;
  const bool there = access(path, F_OK) == 0;
  free(path);
  return there;
}

/* The folder of the environment with bin/python, NULL for an interpreter by name. */
static char *environment_of(const char *interpreter)
{
  if (strchr(interpreter, '/') == NULL) return NULL;
  char *root = interpreter[0] == '/' ? strdup(interpreter) : NULL;
  if (root == NULL) {
    char *here = get_current_dir_name();
    if (here == NULL || asprintf(&root, "%s/%s", here, interpreter) < 0) root = NULL;
    free(here);
  }
  for (int i = 0; root != NULL && i < 2; i++) {
    char *end = strrchr(root, '/');
    if (end == NULL || end == root) {
      free(root);
      return NULL;
    }
    *end = '\0';
  }
  return root;
}

static void activate(variables *of, const char *root, bool foreign)
{
  const bool venv = has(root, "pyvenv.cfg"), conda = has(root, "conda-meta");
  char *bin;
  if (!venv && !conda && !foreign) return;
  if (asprintf(&bin, "%s/bin", root) < 0) {
    of->failed = true;
    return;
  }
  set_first(of, "PATH", bin, "/usr/local/bin:/usr/bin:/bin");
  free(bin);
  if (venv) set(of, "VIRTUAL_ENV", "%s", root);
  if (!conda) return;
  set(of, "CONDA_PREFIX", "%s", root);
  set(of, "CONDA_DEFAULT_ENV", "%s", root);
  if (!foreign) return;
  char *lib;
  if (asprintf(&lib, "%s/lib", root) < 0) {
    of->failed = true;
    return;
  }
  /* For the interpreter, and not for the programs that it starts: the worker takes it back. */
  set_first(of, "LD_LIBRARY_PATH", lib, "");
  set(of, "TRITON_PY_LIBRARY_PATH", "%s", lib);
  free(lib);
}

char **py_environment_variables(const char *interpreter, bool foreign)
{
  /* The server's interpreter's, and its environment's. */
  static const char *const OTHERS[] = {"PYTHONHOME",   "PYTHONPATH",        "PYTHONEXECUTABLE",
                                       "PYTHONPLATLIBDIR", "VIRTUAL_ENV",   "CONDA_PREFIX",
                                       "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER", "CONDA_SHLVL"};
  enum { MOST_SET = 8 };
  variables made = {0};
  size_t count = 0;
  while (environ[count] != NULL) count++;
  made.entries = calloc(count + MOST_SET + 1, sizeof *made.entries);
  if (made.entries == NULL) return NULL;
  for (size_t i = 0; i < count; i++) {
    made.entries[made.count] = strdup(environ[i]);
    if (made.entries[made.count] != NULL)
      made.count++;
    else
      made.failed = true;
  }
  if (foreign) {
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) drop(&made, OTHERS[i]);
    /* Packages in the home of the server's user are no part of an environment. */
    set(&made, "PYTHONNOUSERSITE", "1");
  }
  char *root = environment_of(interpreter);
  if (root != NULL) activate(&made, root, foreign);
  free(root);
  if (!made.failed) return made.entries;
  py_environment_free_variables(made.entries);
  return NULL;
}

void py_environment_free_variables(char **variables)
{
  if (variables == NULL) return;
  for (char **entry = variables; *entry != NULL; entry++) free(*entry);
  free(variables);
}

/* ---- interpreters ---- */

typedef struct {
  int major, minor;
  char text[80];
} version;

static bool take_version(void *context, const char *line)
{
  version *found = context;
  if (found->major == 0 && sscanf(line, "version %d.%d", &found->major, &found->minor) == 2)
    snprintf(found->text, sizeof found->text, "%s", line + strlen("version "));
  return false;
}

TRITONSERVER_Error *py_environment_check(const char *interpreter, char **variables)
{
  version found = {0};
  int status = 0;
  /* That even old ones understand. */
  char *const arguments[] = {(char *)interpreter, "-S", "-c",
                             "import sys\nprint('version ' + sys.version.split()[0])", NULL};
  const int failed = run(arguments, variables, take_version, &found, &status);
  if (failed != 0)
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "can't start '%s': %s", interpreter, strerror(failed));
  if (found.major == 0)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "'%s' is no Python that works: asked for its version, it ended with %s %d", interpreter,
                    WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  if (found.major == 3 && found.minor >= OLDEST_MINOR) return NULL;
  return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                  "'%s' is Python %s: models need 3.%d or newer, with numpy", interpreter, found.text,
                  OLDEST_MINOR);
}
