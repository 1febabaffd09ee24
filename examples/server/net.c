/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        struct sockaddr_in in;
    };
    socklen_t size;
};

static int parse(struct address *a, const char *text)
{
    memset(a, 0, sizeof(*a));
    if (strncmp(text, "unix:", 5) == 0 &&
        strlen(text + 5) < sizeof(a->un.sun_path)) {
        a->un.sun_family = AF_UNIX;
        memcpy(a->un.sun_path, text + 5, strlen(text + 5));
        a->size = sizeof(a->un);
        return 0;
    }
    if (strncmp(text, "tcp:", 4) == 0) {
        a->in.sin_family = AF_INET;
        a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        a->in.sin_port = htons((in_port_t)atoi(text + 4));
        a->size = sizeof(a->in);
        return 0;
    }
    errno = EINVAL;
    return -1;
}

static void switch_on(int fd, int level, int option)
{
    int on = 1;

    (void)setsockopt(fd, level, option, &on, sizeof(on));
}

/* Answers are short, and wait for nothing. */
static void send_at_once(int fd)
{
    switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
}

/* Whoever was there before is gone, whatever is left of it. */
static void take_over(int fd, const struct address *a)
{
    if (a->any.sa_family == AF_UNIX)
        unlink(a->un.sun_path);
    else
        switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
}

static int close_failed(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

static int name(int fd, const struct address *a, const char *text, char *bound)
{
    struct address got = *a;

    if (a->any.sa_family == AF_UNIX) {
        snprintf(bound, ADDRESS_MAX, "%s", text);
        return 0;
    }
    if (getsockname(fd, &got.any, &got.size) != 0)
        return -1;
    snprintf(bound, ADDRESS_MAX, "tcp:%u", (unsigned)ntohs(got.in.sin_port));
    return 0;
}

int net_listen(const char *address, char *bound)
{
    struct address a;
    int fd;

    if (parse(&a, address) != 0)
        return -1;
    fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    take_over(fd, &a);
    if (bind(fd, &a.any, a.size) != 0 || listen(fd, 128) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        name(fd, &a, address, bound) != 0)
        return close_failed(fd);
    return fd;
}

int net_connect(const char *address)
{
    struct address a;
    int fd;

    if (parse(&a, address) != 0)
        return -1;
    fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, &a.any, a.size) != 0)
        return close_failed(fd);
    if (a.any.sa_family == AF_INET)
        send_at_once(fd);
    return fd;
}

int net_accept(int listener)
{
    struct address a = {.size = sizeof(a.un)};
    int fd;

    do
        fd = accept(listener, &a.any, &a.size);
    while (fd < 0 && errno == EINTR);
    if (fd >= 0 && a.any.sa_family == AF_INET)
        send_at_once(fd);
    return fd;
}

void net_unlisten(int listener, const char *bound)
{
    close(listener);
    if (strncmp(bound, "unix:", 5) == 0)
        unlink(bound + 5);
}

int net_send(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

        if (sent >= 0) {
            data += sent;
            size -= (size_t)sent;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

void net_finish(int fd)
{
    char ignored[512];
    ssize_t got;

    shutdown(fd, SHUT_WR);
    do
        got = recv(fd, ignored, sizeof(ignored), 0);
    while (got > 0 || (got < 0 && errno == EINTR));
}

/* More, behind what is there.  0 at the end. */
static size_t fill(struct lines *lines)
{
    ssize_t got;

    memmove(lines->buffer, lines->buffer + lines->begin,
            lines->end - lines->begin);
    lines->end -= lines->begin;
    lines->begin = 0;
    do
        got = recv(lines->fd, lines->buffer + lines->end,
                   sizeof(lines->buffer) - lines->end, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return 0;
    lines->end += (size_t)got;
    return (size_t)got;
}

enum line_result lines_next(struct lines *lines, size_t max, char **line)
{
    for (;;) {
        char *begin = lines->buffer + lines->begin;
        size_t there = lines->end - lines->begin;
        char *newline = memchr(begin, '\n', there < max ? there : max);

        if (newline != NULL) {
            *newline = '\0';
            *line = begin;
            lines->begin += (size_t)(newline - begin) + 1;
            return LINE_READ;
        }
        if (there >= max)
            return LINE_TOO_LONG;
        if (fill(lines) == 0)
            return LINE_END;
    }
}
