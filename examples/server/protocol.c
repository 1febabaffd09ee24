/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "protocol.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool key, value;
} verbs[] = {
    [PING] = {"PING", false, false},   [GET] = {"GET", true, false},
    [SET] = {"SET", true, true},       [ADD] = {"ADD", true, true},
    [WAIT] = {"WAIT", true, true},     [SLEEP] = {"SLEEP", false, true},
    [STATS] = {"STATS", false, false}, [QUIT] = {"QUIT", false, false},
};

/* The word at *text, which is moved behind it and the space after. */
static size_t next_word(const char **text, const char **word)
{
    size_t length = strcspn(*text, " ");

    *word = *text;
    *text += length;
    if (**text == ' ')
        (*text)++;
    return length;
}

static bool parse_verb(struct command *command, const char **text)
{
    const char *word;
    size_t length = next_word(text, &word);

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strlen(verbs[i].name) == length &&
            memcmp(verbs[i].name, word, length) == 0) {
            command->verb = (enum verb)i;
            return true;
        }
    return false;
}

static bool parse_key(struct command *command, const char **text)
{
    const char *word;
    size_t length = next_word(text, &word);

    if (length == 0 || length > KEY_MAX)
        return false;
    memcpy(command->key, word, length);
    command->key[length] = '\0';
    return true;
}

static bool parse_value(struct command *command, const char **text)
{
    const char *word;
    char *end;

    if (next_word(text, &word) == 0)
        return false;
    errno = 0;
    command->value = strtoll(word, &end, 10);
    return errno == 0 && end != word && (*end == '\0' || *end == ' ');
}

const char *command_parse(struct command *command, const char *line)
{
    if (!parse_verb(command, &line))
        return "ERR no such command";
    if (verbs[command->verb].key && !parse_key(command, &line))
        return "ERR bad key";
    if (verbs[command->verb].value && !parse_value(command, &line))
        return "ERR bad value";
    return *line == '\0' ? NULL : "ERR too many words";
}
