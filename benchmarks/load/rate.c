// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause
//
// An open loop: requests at a fixed rate, whatever becomes of those before them.
//
//   rate_client --protocol http|grpc --host H --port P --path PATH --body FILE --rate R
//               [--header 'Name: value'] ... [--connections N] [--seconds S] [--warmup S]
//
// Request i is due at i/R. Its latency is counted from that time, not from when it could be sent: a
// server that stops for a second makes all requests that were due in it late, and they count as late
// (what leaves them out is called coordinated omission). HTTP/1.1 has one request at a time on a
// connection, gRPC as many as the server allows.
//
// Prints one line of JSON: requests, how many failed, how late the client itself was at worst in
// sending what could be sent, latencies. What a gRPC trailer says is not read; whoever starts this
// asks the server afterwards how many requests succeeded. Exit status: 0; 1 for a connection that
// can't be had or ends; 2 for wrong arguments.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "latency.h"

enum { MAX_CONNECTIONS = 1024, MAX_STREAMS = 100, FRAME_HEAD = 9, MAX_HEADERS = 16 };

static _Noreturn void fail(int status, const char* format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fputs("rate_client: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(status);
}

static uint64_t now_ns(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// --- arguments -------------------------------------------------------------------------------

static struct {
  bool grpc;
  const char *host, *port, *path, *body_file;
  const char* headers[MAX_HEADERS];
  unsigned header_count, connections;
  double rate, seconds, warmup;
  char* body;
  size_t body_size;
} options = {.host = "127.0.0.1", .connections = 8, .seconds = 3, .warmup = 1};

static double number(const char* flag, const char* text, double least, double most)
{
  char* end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most))
    fail(2, "%s %s: expected a number from %g to %g", flag, text, least, most);
  return value;
}

static void parse(int argc, char** argv)
{
  const char* protocol = "http";
  for (int i = 1; i < argc; i += 2) {
    const char *flag = argv[i], *value = argv[i + 1];
    if (value == NULL) fail(2, "%s needs a value", flag);
    if (strcmp(flag, "--protocol") == 0) protocol = value;
    else if (strcmp(flag, "--host") == 0) options.host = value;
    else if (strcmp(flag, "--port") == 0) options.port = value;
    else if (strcmp(flag, "--path") == 0) options.path = value;
    else if (strcmp(flag, "--body") == 0) options.body_file = value;
    else if (strcmp(flag, "--rate") == 0) options.rate = number(flag, value, 0.01, 1e7);
    else if (strcmp(flag, "--seconds") == 0) options.seconds = number(flag, value, 0, 3600);
    else if (strcmp(flag, "--warmup") == 0) options.warmup = number(flag, value, 0, 3600);
    else if (strcmp(flag, "--connections") == 0)
      options.connections = (unsigned)number(flag, value, 1, MAX_CONNECTIONS);
    else if (strcmp(flag, "--header") == 0) {
      if (options.header_count == MAX_HEADERS) fail(2, "more than %d headers", MAX_HEADERS);
      if (strchr(value, ':') == NULL) fail(2, "--header is 'Name: value', not '%s'", value);
      options.headers[options.header_count++] = value;
    } else fail(2, "unknown argument '%s'", flag);
  }
  if (!options.port || !options.path || !options.body_file || options.rate == 0)
    fail(2, "--port, --path, --body and --rate are needed");
  if (strcmp(protocol, "grpc") == 0) options.grpc = true;
  else if (strcmp(protocol, "http") != 0) fail(2, "--protocol is http or grpc, not '%s'", protocol);
  FILE* file = fopen(options.body_file, "rb");
  if (file == NULL) fail(2, "%s: %s", options.body_file, strerror(errno));
  fseek(file, 0, SEEK_END);
  options.body_size = (size_t)ftell(file);
  rewind(file);
  options.body = malloc(options.body_size + 1);
  if (options.body == NULL || fread(options.body, 1, options.body_size, file) != options.body_size)
    fail(1, "can't read %s", options.body_file);
  fclose(file);
}

// --- growing bytes ---------------------------------------------------------------------------

typedef struct {
  char* data;  // owned
  size_t size, capacity;
} Bytes;

static char* room(Bytes* bytes, size_t size)
{
  if (bytes->capacity - bytes->size < size) {
    bytes->capacity = (bytes->size + size) * 2;
    bytes->data = realloc(bytes->data, bytes->capacity);
    if (bytes->data == NULL) fail(1, "no memory");
  }
  return bytes->data + bytes->size;
}

static void put(Bytes* bytes, const void* data, size_t size)
{
  memcpy(room(bytes, size), data, size);
  bytes->size += size;
}

static void drop_front(Bytes* bytes, size_t size)
{
  memmove(bytes->data, bytes->data + size, bytes->size - size);
  bytes->size -= size;
}

// --- connections -----------------------------------------------------------------------------

typedef struct {
  int fd;
  Bytes in, out;
  bool wants_write;
  unsigned open;  // requests
  // HTTP/1.1: when the request that is open was due.
  uint64_t due_ns;
  // HTTP/2.
  uint32_t next_stream, stream_limit;
  int64_t window, stream_window;  // what may still be sent, on the connection and on a new stream
  uint64_t consumed;
  struct {
    uint32_t id;
    uint64_t due_ns;
  } streams[MAX_STREAMS];
} Connection;

static Connection connections[MAX_CONNECTIONS];
static int poller;
static Bytes request;  // HTTP/1.1: all of it; HTTP/2: its header block
static Latencies latencies;
static uint64_t measured_from, finished, failed, open_requests;

static void watch(Connection* c, bool write)
{
  if (write == c->wants_write) return;
  c->wants_write = write;
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void flush(Connection* c)
{
  size_t sent = 0;
  while (sent < c->out.size) {
    const ssize_t n = send(c->fd, c->out.data + sent, c->out.size - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0 && errno != EINTR) fail(1, "send: %s", strerror(errno));
    if (n > 0) sent += (size_t)n;
  }
  drop_front(&c->out, sent);
  watch(c, c->out.size != 0);
}

static void finish(uint64_t due_ns, bool success)
{
  --open_requests;
  if (due_ns < measured_from) return;
  ++finished;
  if (!success) ++failed;
  latencies_add(&latencies, (double)(now_ns() - due_ns) / 1000.0);
}

// --- HTTP/1.1 --------------------------------------------------------------------------------

static void http_prepare(void)
{
  char line[512];
  int n = snprintf(line, sizeof line, "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Length: %zu\r\n",
                   options.path, options.host, options.port, options.body_size);
  put(&request, line, (size_t)n);
  for (unsigned i = 0; i < options.header_count; ++i) {
    put(&request, options.headers[i], strlen(options.headers[i]));
    put(&request, "\r\n", 2);
  }
  put(&request, "\r\n", 2);
  put(&request, options.body, options.body_size);
}

static bool http_receive(Connection* c)
{
  char* end = memmem(c->in.data, c->in.size, "\r\n\r\n", 4);
  if (end == NULL) return false;
  const size_t head = (size_t)(end - c->in.data) + 4;
  size_t length = SIZE_MAX;
  for (char* line = c->in.data; line < end;) {
    if (strncasecmp(line, "content-length:", 15) == 0) length = strtoull(line + 15, NULL, 10);
    char* next = memmem(line, (size_t)(end - line) + 2, "\r\n", 2);
    line = next + 2;
  }
  if (length == SIZE_MAX) fail(1, "an answer without Content-Length");
  if (c->in.size < head + length) return false;
  const bool success = c->in.size > 12 && memcmp(c->in.data + 9, "200", 3) == 0;
  drop_front(&c->in, head + length);
  c->open = 0;
  finish(c->due_ns, success);
  return true;
}

// --- HTTP/2 ----------------------------------------------------------------------------------

static void frame(Bytes* to, size_t size, uint8_t type, uint8_t flags, uint32_t stream)
{
  const uint8_t head[FRAME_HEAD] = {
      (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size, type, flags,
      (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
  put(to, head, sizeof head);
}

static void field(const char* name, size_t name_size, const char* value, size_t value_size)
{
  // A literal that nobody is to keep, with both strings as they are: no table on our side.
  if (name_size > 126 || value_size > 126) fail(2, "a header of more than 126 characters");
  const char kind = 0x10, sizes[2] = {(char)name_size, (char)value_size};
  put(&request, &kind, 1);
  put(&request, &sizes[0], 1);
  put(&request, name, name_size);
  put(&request, &sizes[1], 1);
  put(&request, value, value_size);
}

static void grpc_prepare(void)
{
  char authority[256];
  snprintf(authority, sizeof authority, "%s:%s", options.host, options.port);
  field(":method", 7, "POST", 4);
  field(":scheme", 7, "http", 4);
  field(":path", 5, options.path, strlen(options.path));
  field(":authority", 10, authority, strlen(authority));
  field("te", 2, "trailers", 8);
  field("content-type", 12, "application/grpc", 16);
  for (unsigned i = 0; i < options.header_count; ++i) {
    const char* colon = strchr(options.headers[i], ':');
    const char* value = colon + 1 + strspn(colon + 1, " ");
    field(options.headers[i], (size_t)(colon - options.headers[i]), value, strlen(value));
  }
}

static uint32_t big_endian(const char* at)
{
  const uint8_t* b = (const uint8_t*)at;
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void grpc_open(Connection* c)
{
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  put(&c->out, preface, sizeof preface - 1);
  const char settings[] = {0, 4, 0x7f, (char)0xff, 0, 0};  // INITIAL_WINDOW_SIZE
  frame(&c->out, sizeof settings, 4, 0, 0);
  put(&c->out, settings, sizeof settings);
  const char more[] = {0x3f, 0, 0, 0};  // of the connection's window
  frame(&c->out, sizeof more, 8, 0, 0);
  put(&c->out, more, sizeof more);
  c->next_stream = 1;
  c->stream_limit = MAX_STREAMS;
  c->window = c->stream_window = 65535;
  flush(c);
}

static void end_stream(Connection* c, uint32_t id, bool success)
{
  for (unsigned i = 0; i < MAX_STREAMS; ++i) {
    if (c->streams[i].id != id) continue;
    c->streams[i].id = 0;
    --c->open;
    finish(c->streams[i].due_ns, success);
    return;
  }
}

static void settings(Connection* c, const char* at, size_t size)
{
  for (; size >= 6; at += 6, size -= 6) {
    const unsigned id = (unsigned)(uint8_t)at[0] << 8 | (uint8_t)at[1];
    const uint32_t value = big_endian(at + 2);
    if (id == 3 && value < c->stream_limit) c->stream_limit = value;
    if (id == 4) c->stream_window = value;
  }
  frame(&c->out, 0, 4, 1, 0);
}

static bool grpc_receive(Connection* c)
{
  if (c->in.size < FRAME_HEAD) return false;
  const char* head = c->in.data;
  const size_t size = big_endian(head) >> 8;
  if (c->in.size < FRAME_HEAD + size) return false;
  const uint8_t type = (uint8_t)head[3], flags = (uint8_t)head[4];
  const uint32_t stream = big_endian(head + 5) & 0x7fffffff;
  const char* payload = head + FRAME_HEAD;
  if (type == 0) c->consumed += size;
  if (c->consumed > 1 << 20) {
    const uint32_t n = (uint32_t)c->consumed;
    const char more[] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    frame(&c->out, 4, 8, 0, 0);
    put(&c->out, more, 4);
    c->consumed = 0;
  }
  if (type <= 1 && (flags & 1)) end_stream(c, stream, true);
  else if (type == 3) end_stream(c, stream, false);
  else if (type == 4 && !(flags & 1)) settings(c, payload, size);
  else if (type == 6 && !(flags & 1)) {
    frame(&c->out, size, 6, 1, 0);
    put(&c->out, payload, size);
  } else if (type == 7) fail(1, "the server ended the connection, error %u", big_endian(payload + 4));
  else if (type == 8 && stream == 0) c->window += big_endian(payload) & 0x7fffffff;
  drop_front(&c->in, FRAME_HEAD + size);
  return true;
}

// --- sending ---------------------------------------------------------------------------------

static bool can_send(const Connection* c)
{
  if (!options.grpc) return c->open == 0;
  const int64_t size = (int64_t)options.body_size;
  return c->open < c->stream_limit && c->window >= size && c->stream_window >= size;
}

static void send_request(Connection* c, uint64_t due_ns)
{
  ++open_requests;
  ++c->open;
  if (!options.grpc) {
    c->due_ns = due_ns;
    put(&c->out, request.data, request.size);
  } else {
    unsigned free = 0;
    while (c->streams[free].id != 0) ++free;
    c->streams[free].id = c->next_stream;
    c->streams[free].due_ns = due_ns;
    frame(&c->out, request.size, 1, 4, c->next_stream);
    put(&c->out, request.data, request.size);
    for (size_t sent = 0; sent < options.body_size;) {
      const size_t left = options.body_size - sent, n = left < 16384 ? left : 16384;
      frame(&c->out, n, 0, n == left, c->next_stream);
      put(&c->out, options.body + sent, n);
      sent += n;
    }
    c->window -= (int64_t)options.body_size;
    c->next_stream += 2;
  }
  flush(c);
}

static void receive(Connection* c)
{
  while (true) {
    const ssize_t n = recv(c->fd, room(&c->in, 65536), 65536, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) fail(1, "the server closed a connection: %s", n < 0 ? strerror(errno) : "end");
    c->in.size += (size_t)n;
    if (n < 65536) break;
  }
  while (options.grpc ? grpc_receive(c) : http_receive(c)) {}
  if (c->out.size != 0) flush(c);
}

static void connect_all(void)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *address;
  const int error = getaddrinfo(options.host, options.port, &hints, &address);
  if (error != 0) fail(1, "%s: %s", options.host, gai_strerror(error));
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (unsigned i = 0; i < options.connections; ++i) {
    Connection* c = &connections[i];
    c->fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (connect(c->fd, address->ai_addr, address->ai_addrlen) != 0)
      fail(1, "can't connect to %s:%s: %s", options.host, options.port, strerror(errno));
    const int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    if (options.grpc) grpc_open(c);
  }
  freeaddrinfo(address);
}

int main(int argc, char** argv)
{
  parse(argc, argv);
  if (options.grpc) grpc_prepare();
  else http_prepare();
  connect_all();

  const double gap_ns = 1e9 / options.rate;
  const uint64_t begin = now_ns();
  measured_from = begin + (uint64_t)(options.warmup * 1e9);
  const uint64_t end = measured_from + (uint64_t)(options.seconds * 1e9);
  const uint64_t give_up = end + 30000000000u;
  uint64_t next = 0, waited = UINT64_MAX, worst_late = 0;
  unsigned turn = 0;
  while (true) {
    uint64_t now = now_ns();
    uint64_t due = begin + (uint64_t)((double)next * gap_ns);
    bool blocked = false;
    while (due <= now && due < end) {
      unsigned tried = 0;
      while (tried < options.connections && !can_send(&connections[turn % options.connections]))
        ++turn, ++tried;
      if (tried == options.connections) {
        blocked = true;
        waited = next;
        break;
      }
      send_request(&connections[turn++ % options.connections], due);
      // Late by our own doing; a request that had to wait for a connection is the server's.
      if (waited != next && due >= measured_from && now - due > worst_late) worst_late = now - due;
      due = begin + (uint64_t)((double)++next * gap_ns);
      now = now_ns();
    }
    if (due >= end && open_requests == 0) break;
    if (now > give_up) fail(1, "%llu requests got no answer", (unsigned long long)open_requests);
    const uint64_t until = blocked || due >= end ? now + 100000000u : due;
    const uint64_t wait = until > now ? until - now : 0;
    const struct timespec timeout = {(time_t)(wait / 1000000000u), (long)(wait % 1000000000u)};
    struct epoll_event events[64];
    const int n = epoll_pwait2(poller, events, 64, &timeout, NULL);
    if (n < 0 && errno != EINTR) fail(1, "epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < n; ++i) {
      Connection* c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) flush(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
    }
  }
  printf("{\"requests\": %llu, \"failed\": %llu, \"seconds\": %.6f, \"late_us\": %.1f, "
         "\"histogram\": ",
         (unsigned long long)finished, (unsigned long long)failed, options.seconds,
         (double)worst_late / 1000.0);
  latencies_print(&latencies, stdout);
  puts("}");
  return 0;
}
