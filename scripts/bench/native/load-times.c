// Watches every WebKitGTK page load of a program from outside (LD_PRELOAD).
//
// Appends a line `MS EVENT URL` (CLOCK_MONOTONIC) to the file that LOAD_TIMES
// names: EVENT is asked (the view is given an address), started, redirected,
// committed or finished. So an app and the bare window beside it are measured by
// the same means, and neither by itself. Berth's log line about its server's
// `ready` event is EVENT ready.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <gtk/gtk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <webkit2/webkit2.h>

static int out = -1;

static void note(const char *event, const char *url) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  dprintf(out, "%.3f %s %s\n", now.tv_sec * 1e3 + now.tv_nsec / 1e6, event, url ? url : "-");
}

static gboolean on_load(GSignalInvocationHint *hint, guint count, const GValue *values, gpointer nothing) {
  (void)hint, (void)count, (void)nothing;
  static const char *const NAMES[] = {"started", "redirected", "committed", "finished"};
  note(NAMES[g_value_get_enum(&values[1]) & 3], webkit_web_view_get_uri(g_value_get_object(&values[0])));
  return TRUE;
}

static void watch(void) {
  const char *file = getenv("LOAD_TIMES");
  if (!file || out >= 0) return;
  out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) return;
  // The class must exist before its signal can be looked up.
  g_type_class_ref(WEBKIT_TYPE_WEB_VIEW);
  const guint signal = g_signal_lookup("load-changed", WEBKIT_TYPE_WEB_VIEW);
  g_signal_add_emission_hook(signal, 0, on_load, NULL, NULL);
}

// Both ways to begin with GTK: C programs take the first, bindings the second.
void gtk_init(int *argc, char ***argv) {
  void (*real)(int *, char ***) = dlsym(RTLD_NEXT, "gtk_init");
  real(argc, argv);
  watch();
}

gboolean gtk_init_check(int *argc, char ***argv) {
  gboolean (*real)(int *, char ***) = dlsym(RTLD_NEXT, "gtk_init_check");
  const gboolean worked = real(argc, argv);
  if (worked) watch();
  return worked;
}

void webkit_web_view_load_uri(WebKitWebView *view, const char *url) {
  void (*real)(WebKitWebView *, const char *) = dlsym(RTLD_NEXT, "webkit_web_view_load_uri");
  note("asked", url);
  real(view, url);
}

// A line of the log is one write: `[secs] ready at URL after MS ms`.
ssize_t write(int fd, const void *bytes, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  static const char READY[] = "] ready at ";
  if (out >= 0 && fd != out && size > 32 && *(const char *)bytes == '[' && memmem(bytes, 32, READY, strlen(READY)))
    note("ready", NULL);
  return real(fd, bytes, size);
}

// Web processes and servers that the program starts are no concern of this.
__attribute__((constructor)) static void stay_alone(void) { unsetenv("LD_PRELOAD"); }
