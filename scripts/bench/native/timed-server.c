// A server whose first moment is known.
//
//   timed-server PORT START_MS FILE
//
// START_MS after its own start it listens on 127.0.0.1:PORT, writes the time at
// which it began to (CLOCK_MONOTONIC, ms) to FILE, and answers every request
// with a small page until it is ended.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char BODY[] = "<!doctype html><title>timed</title><p>It answers.</p>\n";

static int fail(const char *what) {
  fprintf(stderr, "timed-server: %s: %s\n", what, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  if (argc != 4) return fprintf(stderr, "timed-server PORT START_MS FILE\n"), 2;
  const double start_ms = atof(argv[2]);
  const long long ns = at.tv_nsec + (long long)(start_ms * 1e6);
  at.tv_sec += ns / 1000000000;
  at.tv_nsec = ns % 1000000000;

  // Opened before the time that counts.
  FILE *out = fopen(argv[3], "w");
  if (!out) return fail(argv[3]);
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);

  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0) return fail("bind");
  if (listen(server, 64) != 0) return fail("listen");
  clock_gettime(CLOCK_MONOTONIC, &at);
  fprintf(out, "%.3f\n", at.tv_sec * 1e3 + at.tv_nsec / 1e6);
  fclose(out);

  char answer[512];
  const int length = snprintf(answer, sizeof answer,
                              "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n"
                              "Connection: close\r\n\r\n%s",
                              sizeof BODY - 1, BODY);
  for (;;) {
    const int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    // A bare connect says nothing; one that is silent must not keep the others waiting.
    const struct timeval patience = {.tv_usec = 200000};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char head[4096];
    if (recv(client, head, sizeof head, 0) > 0) {
      send(client, answer, length, MSG_NOSIGNAL);
      shutdown(client, SHUT_WR);
      while (recv(client, head, sizeof head, 0) > 0) {
      }
    }
    close(client);
  }
}
