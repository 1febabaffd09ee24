/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The protocol: a line each way.  Requests of a connection are done in the
 * order in which they come, and answered in that order; a client may send more
 * before it has read the answers.
 *
 *   PING            OK
 *   GET key         OK value          0, if there is no such key
 *   SET key value   OK value
 *   ADD key value   OK sum
 *   WAIT key value  OK value          when it is at least that much
 *   SLEEP ms        OK                when that time is over
 *   STATS           STATS name=value ...
 *   QUIT            OK, and the connection is closed
 *
 * Instead of OK there may be
 *
 *   BUSY            too much to do: not done, and may be sent again
 *   ERR stopping    the server goes down: not done
 *   ERR deadline    not done in time
 *   ERR cancelled   given up: the server goes down at once
 *   ERR ...         what is wrong with the request
 */
#ifndef SERVER_PROTOCOL_H
#define SERVER_PROTOCOL_H

#include <stdint.h>

#define KEY_MAX 24
#define REQUEST_MAX 128 /* of a request, with its newline */
#define ANSWER_MAX 256  /* of an answer, with its newline and a zero */

enum verb { PING, GET, SET, ADD, WAIT, SLEEP, STATS, QUIT };

struct command {
    enum verb verb;
    char key[KEY_MAX + 1];
    int64_t value;
};

/* What the line (without newline) says.  NULL, or the answer to nonsense. */
const char *command_parse(struct command *command, const char *line);

#endif
