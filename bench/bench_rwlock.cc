/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the read-write lock: reading, with more and more threads;
 * writing alone; and both, with a share of writes.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case reading(unsigned threads)
{
    Case c{"rwlock/read/t" + std::to_string(threads),
           Kind::rwlock_read,
           {},
           kFull,
           true,
           {}};

    c.shape.threads = threads;
    if (threads > 2)
        return c;
    c.levels |= kSmoke | kDefault;
    /* Flat: two threads may cost 1.2 times what one may. */
    c.targets = {{Unit::rmw, threads == 1 ? 1.3 : 1.3 * 1.2},
                 {Unit::times_rival, 2.0}};
    return c;
}

Case writing()
{
    Case c{"rwlock/write", Kind::rwlock_write, {}, kDefault | kFull, false, {}};

    c.targets = {{Unit::times_rival, 1.0}};
    return c;
}

Case mixed(unsigned threads, unsigned one_in)
{
    Case c{"rwlock/mixed/t" + std::to_string(threads) + "/1in" +
               std::to_string(one_in),
           Kind::rwlock_mixed,
           {},
           kFull,
           false,
           {}};

    c.shape.threads = threads;
    c.shape.one_in = one_in;
    if (threads != 4)
        return c;
    c.levels |= kDefault;
    /* Against the same policy. */
    c.targets = {{Unit::times_rival, 1.0, "weir", "glibc-writers"},
                 {Unit::times_rival, 1.0, "weir-readers", "glibc"}};
    return c;
}

} // namespace

std::vector<Case> rwlock_cases()
{
    std::vector<Case> list;

    for (const unsigned threads : {1u, 2u, 4u, 16u})
        list.push_back(reading(threads));
    list.push_back(writing());
    for (const unsigned one_in : {100u, 10u, 2u})
        for (const unsigned threads : {2u, 4u, 16u})
            list.push_back(mixed(threads, one_in));
    return list;
}

} // namespace wbench
