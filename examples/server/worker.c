/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "server.h"

static void answer_number(struct job *job, int64_t number)
{
    job->outcome = COUNT_OK;
    snprintf(job->answer, sizeof(job->answer), "OK %" PRId64, number);
}

static void answer_text(struct job *job, enum count outcome, const char *text)
{
    job->outcome = outcome;
    snprintf(job->answer, sizeof(job->answer), "%s", text);
}

/* The token is cancelled: by its own deadline, unless its parent is too. */
static void answer_given_up(struct job *job)
{
    answer_text(job, COUNT_FAILED,
                weir_token_is_cancelled(job->connection) ? "ERR cancelled"
                                                         : "ERR deadline");
}

static void answer_result(struct job *job, int error, int64_t number)
{
    if (error == 0)
        answer_number(job, number);
    else if (error == ECANCELED)
        answer_given_up(job);
    else
        answer_text(job, COUNT_FAILED,
                    error == ENOSPC ? "ERR too many keys" : "ERR no memory");
}

/* Sleep, but not for longer than anybody wants to know. */
static void nap(struct job *job)
{
    int64_t ms = job->command.value;
    int64_t ns = ms < 0 ? 0 : ms > 3600000 ? 3600000000000 : ms * 1000000;

    if (weir_token_wait_until(&job->token, weir_after(ns)) == ETIMEDOUT)
        answer_text(job, COUNT_OK, "OK");
    else
        answer_given_up(job);
}

void job_perform(struct store *store, struct job *job)
{
    const char *key = job->command.key;
    int64_t value = job->command.value;
    int error;

    if (weir_token_is_cancelled(&job->token)) {
        answer_given_up(job); /* it has been in the queue for too long */
        return;
    }
    switch (job->command.verb) {
    case GET: answer_number(job, store_get(store, key)); break;
    case SET:
        error = store_set(store, key, &value);
        answer_result(job, error, value);
        break;
    case ADD:
        error = store_add(store, key, &value);
        answer_result(job, error, value);
        break;
    case WAIT:
        error = store_wait(store, key, &value, &job->token);
        answer_result(job, error, value);
        break;
    case SLEEP: nap(job); break;
    default: answer_text(job, COUNT_OK, "OK"); break;
    }
}

void *worker_run(void *arg)
{
    struct server *server = arg;
    struct job *job;

    weir_latch_count_down(&server->ready, 1);
    while (weir_queue_get(server->jobs, &job) == 0) {
        atomic_fetch_add_explicit(&server->active, 1, memory_order_relaxed);
        job_perform(&server->store, job);
        atomic_fetch_sub_explicit(&server->active, 1, memory_order_relaxed);
        weir_event_set(&job->done); /* and *job may be gone */
    }
    return NULL;
}
