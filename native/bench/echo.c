// SPDX-License-Identifier: Apache-2.0
// The least a runtime could do, to measure the real one against: copies each line's id into a fixed answer, one write a
// batch of lines. It parses nothing, knows nobody and decides nothing.   Usage: echo SOCKET
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { most_clients = 64, line_bytes = 65536 };

static struct {
  char text[line_bytes];
  size_t length;
} pending[1024];  // by descriptor

// Copies the text between `before` and the next `end`.
static void copy_after(const char* line, const char* before, char end, char* out, size_t size) {
  const char* from = strstr(line, before);
  out[0] = '\0';
  if (!from) return;
  from += strlen(before);
  const char* to = strchr(from, end);
  if (!to || (size_t)(to - from) >= size) return;
  memcpy(out, from, (size_t)(to - from));
  out[to - from] = '\0';
}

static size_t answer_line(const char* line, char* answer, size_t size) {
  char id[32], nonce[64] = "";
  copy_after(line, "\"id\":", ',', id, sizeof id);
  if (id[0] == '1' && id[1] == '\0') copy_after(line, "\"nonce\":\"", '"', nonce, sizeof nonce);
  return (size_t)snprintf(answer, size,
                          "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"protocol\":1,\"nonce\":\"%s\",\"registered\":true,"
                          "\"token\":\"t\",\"agentId\":\"a\",\"decision\":\"allow\"}}\n",
                          id, nonce);
}

// 0 when the client is gone.
static int serve(int client) {
  static char answers[line_bytes * 2];
  char* text = pending[client].text;
  size_t* length = &pending[client].length;
  const ssize_t got = read(client, text + *length, line_bytes - 1 - *length);
  if (got <= 0) return 0;
  *length += (size_t)got;
  size_t start = 0, put = 0;
  for (char* end; (end = memchr(text + start, '\n', *length - start)); start = (size_t)(end - text) + 1) {
    *end = '\0';
    put += answer_line(text + start, answers + put, sizeof answers - put);
    if (put + 1024 < sizeof answers) continue;
    if (write(client, answers, put) != (ssize_t)put) return 0;
    put = 0;
  }
  memmove(text, text + start, *length - start);
  *length -= start;
  return put == 0 || write(client, answers, put) == (ssize_t)put;
}

int main(int argc, char** argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), poll = epoll_create1(EPOLL_CLOEXEC);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, most_clients) != 0) return 1;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[most_clients];
  if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) != 0) return 1;
  puts("listening");
  fflush(stdout);
  for (;;) {
    const int count = epoll_wait(poll, ready, most_clients, -1);
    for (int i = 0; i < count; i++) {
      if (ready[i].data.fd != listener) {
        if (!serve(ready[i].data.fd)) close(ready[i].data.fd);
        continue;
      }
      event.data.fd = accept(listener, NULL, NULL);
      if (event.data.fd < 0 || event.data.fd >= 1024) return 1;
      pending[event.data.fd].length = 0;
      if (epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event) != 0) return 1;
    }
  }
}
