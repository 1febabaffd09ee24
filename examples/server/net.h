/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Stream sockets, at "unix:PATH" or, on this machine, "tcp:PORT"; and lines
 * that come from them.  Of weir there is nothing in here.
 */
#ifndef SERVER_NET_H
#define SERVER_NET_H

#include <stddef.h>

#define ADDRESS_MAX 128

/* A listening socket, which does not block; -1: errno says why.  bound, of
 * ADDRESS_MAX, receives the address: "tcp:0" is given a port. */
int net_listen(const char *address, char *bound);
int net_connect(const char *address);

/* The next connection, or -1: there is none (any more), or no file left. */
int net_accept(int listener);

/* Close the listener, and remove its name. */
void net_unlisten(int listener, const char *bound);

/* Send all of it: 0, or -1 if the connection is broken. */
int net_send(int fd, const char *data, size_t size);

/* Say that no more will be sent, let the other side read, and close its end.
 * A close while there is something to read would have it lose the last. */
void net_finish(int fd);

/* What has come from a socket and not been used yet. */
struct lines {
    int fd;
    size_t begin, end;
    char buffer[512];
};

enum line_result { LINE_END, LINE_TOO_LONG, LINE_READ };

/* The next line, without its newline, shorter than max.  It is valid until the
 * next call.  A line that has no end when the connection ends is none. */
enum line_result lines_next(struct lines *lines, size_t max, char **line);

#endif
