// SPDX-License-Identifier: Apache-2.0
// The least a runtime could do, to measure the real one against: reads a line, copies its id into a fixed answer.
// It parses nothing, knows nobody and decides nothing. One client.   Usage: echo SOCKET
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Copies the text between `before` and the next '"' (or, for numbers, the next ',').
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

int main(int argc, char** argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 1) != 0) return 1;
  puts("listening");
  fflush(stdout);
  const int client = accept(listener, NULL, NULL);
  static char line[65536];
  for (;;) {
    const ssize_t got = read(client, line, sizeof line - 1);
    if (got <= 0) return 0;
    line[got] = '\0';
    char id[32], nonce[64] = "", answer[512];
    copy_after(line, "\"id\":", ',', id, sizeof id);
    if (id[0] == '1' && id[1] == '\0') copy_after(line, "\"nonce\":\"", '"', nonce, sizeof nonce);
    const int length = snprintf(answer, sizeof answer,
                                "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"protocol\":1,\"nonce\":\"%s\",\"registered\":true,"
                                "\"token\":\"t\",\"agentId\":\"a\",\"decision\":\"allow\"}}\n",
                                id, nonce);
    if (write(client, answer, (size_t)length) != length) return 1;
  }
}
