// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The least that answering an inference over HTTP can cost: the socket, and one copy of the tensor.
//
//   floor_server PORT
//
// It answers each POST with the tensors that came behind the request's JSON, copied once from one
// buffer to another, both of which are kept from request to request; any GET with the statistics that
// the benchmark's runner asks for. It knows no model, checks nothing, and is no server for any other
// purpose. One thread for each connection, blocking.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEAD_ROOM = 65536 };

static atomic_ullong answered;

typedef struct {
  char* data;  // owned
  size_t capacity;
} Room;

static char* room(Room* r, size_t size)
{
  if (r->capacity < size) {
    free(r->data);
    r->data = malloc(size);
    r->capacity = size;
    if (r->data == NULL) {
      fprintf(stderr, "floor_server: no memory for %zu bytes\n", size);
      exit(1);
    }
  }
  return r->data;
}

// Of a header's field, in the head up to its end; `otherwise` where there is none.
static size_t field(const char* head, const char* name, size_t otherwise)
{
  const size_t length = strlen(name);
  for (const char* line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, length) == 0 && line[length] == ':')
      return strtoull(line + length + 1, NULL, 10);
  }
  return otherwise;
}

static int send_all(int fd, struct iovec* parts, int count)
{
  while (count > 0) {
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    while (count > 0 && (size_t)n >= parts->iov_len) {
      n -= (ssize_t)parts->iov_len;
      ++parts, --count;
    }
    if (count > 0) {
      parts->iov_base = (char*)parts->iov_base + n;
      parts->iov_len -= (size_t)n;
    }
  }
  return 0;
}

static int answer(int fd, const char* head, Room* in, size_t size, Room* out)
{
  char text[512], body[256] = "";
  size_t length;
  struct iovec parts[2] = {{.iov_base = text}};
  if (strncmp(head, "POST", 4) == 0) {
    const size_t json = field(head, "Inference-Header-Content-Length", 0);
    length = json < size ? size - json : 0;
    parts[1].iov_base = memcpy(room(out, length + 1), in->data + (json < size ? json : 0), length);
    atomic_fetch_add(&answered, 1);
  } else {
    length = (size_t)snprintf(
        body, sizeof body,
        "{\"model_stats\":[{\"inference_stats\":{\"success\":{\"count\":%llu},\"fail\":{\"count\":0}}}]}",
        (unsigned long long)atomic_load(&answered));
    parts[1].iov_base = body;
  }
  parts[1].iov_len = length;
  parts[0].iov_len = (size_t)snprintf(
      text, sizeof text,
      "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nInference-Header-Content-Length: 0\r\n\r\n", length);
  return send_all(fd, parts, 2);
}

static void* serve(void* argument)
{
  const int fd = (int)(intptr_t)argument;
  char* head = malloc(HEAD_ROOM + 1);
  Room in = {0}, out = {0};
  size_t have = 0;
  while (head != NULL) {
    char* end = NULL;
    head[have] = '\0';
    while ((end = strstr(head, "\r\n\r\n")) == NULL && have < HEAD_ROOM) {
      const ssize_t n = recv(fd, head + have, HEAD_ROOM - have, 0);
      if (n <= 0) goto done;
      have += (size_t)n;
      head[have] = '\0';
    }
    if (end == NULL) break;
    const size_t begin = (size_t)(end - head) + 4;
    const size_t size = field(head, "Content-Length", 0);
    size_t got = have - begin < size ? have - begin : size;
    memcpy(room(&in, size + 1), head + begin, got);
    while (got < size) {
      const ssize_t n = recv(fd, in.data + got, size - got, 0);
      if (n <= 0) goto done;
      got += (size_t)n;
    }
    const size_t used = begin + (have - begin < size ? have - begin : size);
    *end = '\0';
    if (answer(fd, head, &in, size, &out) != 0) break;
    have -= used;
    memmove(head, head + used, have);
  }
done:
  free(head);
  free(in.data);
  free(out.data);
  close(fd);
  return NULL;
}

int main(int argc, char** argv)
{
  const int port = argc == 2 ? atoi(argv[1]) : 0;
  if (port <= 0 || port > 65535) {
    fprintf(stderr, "usage: floor_server PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (const struct sockaddr*)&where, sizeof where) != 0 ||
      listen(listener, 512) != 0) {
    fprintf(stderr, "floor_server: port %d: %s\n", port, strerror(errno));
    return 1;
  }
  while (1) {
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void*)(intptr_t)fd) != 0) close(fd);
    else pthread_detach(thread);
  }
}
