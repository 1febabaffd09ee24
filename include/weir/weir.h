/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * All of weir.
 */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/annotate.h>
#include <weir/barrier.h>
#include <weir/base.h>
#include <weir/cond.h>
#include <weir/event.h>
#include <weir/latch.h>
#include <weir/mutex.h>
#include <weir/once.h>
#include <weir/queue.h>
#include <weir/rmutex.h>
#include <weir/rwlock.h>
#include <weir/sem.h>
#include <weir/seqlock.h>
#include <weir/thread.h>
#include <weir/timer.h>
#include <weir/token.h>
#include <weir/trace.h>
#include <weir/wait.h>

#endif
