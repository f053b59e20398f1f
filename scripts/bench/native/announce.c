// A program that says when it began, and does nothing more.
//
//   announce FILE
//
// Appends a line `PID MS` (CLOCK_MONOTONIC) to FILE and waits to be ended.
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (argc != 2) return fprintf(stderr, "announce FILE\n"), 2;
  const int out = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) return perror(argv[1]), 1;
  dprintf(out, "%d %.3f\n", getpid(), now.tv_sec * 1e3 + now.tv_nsec / 1e6);
  close(out);
  for (;;) pause();
}
