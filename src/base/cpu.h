/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How many CPUs this process can really use.
 */
#ifndef WEIR_BASE_CPU_H
#define WEIR_BASE_CPU_H

/* CPUs that the process may run on, by affinity and by the quota of its
 * control groups (rounded up); at least 1.  Asked once, when the library is
 * loaded; wait-free. */
unsigned weir_usable_cpus_(void);

/* Ask again.  The affinity is that of the calling thread. */
unsigned weir_usable_cpus_refresh_(void);

/* CPUs' worth of time in the text of a cgroup v2 cpu.max file, rounded up;
 * 0 for no limit or text that is not understood. */
unsigned weir_quota_cpus_(const char *text);

#endif
