// Tells when processes end, without being their parent.
//
//   watch-gone PID...
//
// Prints `watching` once it holds them all, then `PID MS` (CLOCK_MONOTONIC) as
// each ends, and ends with the last. One that has ended before is `PID 0`.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct pollfd *watched = calloc(argc, sizeof *watched);
  int left = 0;
  for (int i = 1; i < argc; i++) {
    watched[i].events = POLLIN;
    watched[i].fd = syscall(SYS_pidfd_open, atoi(argv[i]), 0);
    if (watched[i].fd >= 0) {
      left++;
    } else if (errno == ESRCH) {
      printf("%s 0\n", argv[i]);
    } else {
      fprintf(stderr, "watch-gone: pid %s: %s\n", argv[i], strerror(errno));
      return 1;
    }
  }
  puts("watching");
  fflush(stdout);
  while (left > 0) {
    // A pidfd of -1 is passed over by poll.
    if (poll(watched + 1, argc - 1, -1) < 0) continue;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (int i = 1; i < argc; i++) {
      if (watched[i].fd < 0 || !watched[i].revents) continue;
      printf("%s %.3f\n", argv[i], now.tv_sec * 1e3 + now.tv_nsec / 1e6);
      close(watched[i].fd);
      watched[i].fd = -1;
      left--;
    }
    fflush(stdout);
  }
}
