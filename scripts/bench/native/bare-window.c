// The least that a window with a web page can be: the floor for Berth's own.
//
//   bare-window LOCAL_URL [PORT]
//
// Shows LOCAL_URL; with PORT, goes to http://localhost:PORT/ once it answers.
#include <arpa/inet.h>
#include <gtk/gtk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <webkit2/webkit2.h>

static WebKitWebView *view;
static int port;

static gboolean answers(int family) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v6.sin6_addr = in6addr_loopback;
  const struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
  char byte;
  const gboolean yes = connect(fd, address, family == AF_INET ? sizeof v4 : sizeof v6) == 0 &&
                       send(fd, request, strlen(request), MSG_NOSIGNAL) > 0 && recv(fd, &byte, 1, 0) == 1;
  close(fd);
  return yes;
}

static gboolean go_there(gpointer nothing) {
  (void)nothing;
  char url[64];
  snprintf(url, sizeof url, "http://localhost:%d/", port);
  webkit_web_view_load_uri(view, url);
  return G_SOURCE_REMOVE;
}

static gpointer wait_for_server(gpointer nothing) {
  while (!answers(AF_INET) && !answers(AF_INET6)) g_usleep(2000);
  g_idle_add(go_there, NULL);
  return nothing;
}

int main(int argc, char **argv) {
  gtk_init(&argc, &argv);
  if (argc < 2) return 2;
  if (argc > 2) {
    port = atoi(argv[2]);
    g_thread_unref(g_thread_new("wait", wait_for_server, NULL));
  }
  GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
  gtk_window_set_default_size(GTK_WINDOW(window), 1100, 760);
  view = WEBKIT_WEB_VIEW(webkit_web_view_new());
  gtk_container_add(GTK_CONTAINER(window), GTK_WIDGET(view));
  webkit_web_view_load_uri(view, argv[1]);
  gtk_widget_show_all(window);
  gtk_main();
}
