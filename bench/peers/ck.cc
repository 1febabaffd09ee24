/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Concurrency Kit: its ring for any number of producers and consumers, which
 * only tries, so that whoever finds it full or empty spins; and its central
 * barrier, which spins as well.
 */
#include "harness/enter.h"
#include "peers/ck_calls.h"
#include "peers/spin.h"

#include <new>

namespace wbench {

namespace {

template <class T>
T *must_have(T *made)
{
    if (made == nullptr)
        throw std::bad_alloc();
    return made;
}

template <std::size_t Size>
class CkQueue {
public:
    static constexpr bool fifo = true;

    explicit CkQueue(std::size_t capacity)
        : ring_(must_have(ck_calls_ring_new(capacity, Size)))
    {
    }
    ~CkQueue() { ck_calls_ring_free(ring_); }
    CkQueue(const CkQueue &) = delete;
    CkQueue &operator=(const CkQueue &) = delete;

    void put(const Element<Size> &e)
    {
        spin_until([this, &e] { return ck_calls_ring_try_put(ring_, &e); });
    }
    void get(Element<Size> &e)
    {
        spin_until([this, &e] { return ck_calls_ring_try_get(ring_, &e); });
    }

private:
    ck_calls_ring *ring_;
};

/* Each thread keeps its sense of the barrier; here by itself, since the cases
 * do not say who waits.  Barriers are numbered, and a thread that comes to a
 * new one starts anew. */
class CkBarrier {
public:
    explicit CkBarrier(unsigned parties)
        : barrier_(must_have(ck_calls_barrier_new(parties))), number_(++made)
    {
    }
    ~CkBarrier() { ck_calls_barrier_free(barrier_); }
    CkBarrier(const CkBarrier &) = delete;
    CkBarrier &operator=(const CkBarrier &) = delete;

    void wait()
    {
        thread_local Sense mine;

        if (mine.number != number_)
            mine = {number_, 0};
        ck_calls_barrier_wait(barrier_, &mine.sense);
    }

private:
    struct Sense {
        uint64_t number = 0;
        unsigned sense = 0;
    };

    static std::atomic<uint64_t> made;

    ck_calls_barrier *barrier_;
    uint64_t number_;
};

std::atomic<uint64_t> CkBarrier::made{0};

const bool entered = [] {
    Enter("ck", 17, peer_traits(false, "call", "spins; ring and barrier"))
        .queue<CkQueue>(kFull)
        .barrier<CkBarrier>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
