/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Boost.Lockfree's ring for one producer and one consumer.  It only tries, so
 * whoever finds it full or empty spins: what the best ring can do that never
 * has to wake anybody.
 */
#include "harness/enter.h"
#include "peers/spin.h"

#include <boost/lockfree/spsc_queue.hpp>

namespace wbench {

namespace {

template <std::size_t Size>
class BoostSpsc {
public:
    static constexpr bool fifo = true;

    explicit BoostSpsc(std::size_t capacity) : ring_(capacity) {}

    void put(const Element<Size> &e)
    {
        spin_until([this, &e] { return ring_.push(e); });
    }
    void get(Element<Size> &e)
    {
        spin_until([this, &e] { return ring_.pop(e); });
    }

private:
    boost::lockfree::spsc_queue<Element<Size>> ring_;
};

const bool entered = [] {
    Enter("boost-spsc", 16,
          peer_traits(false, "inline", "one producer, one consumer; spins"))
        .queue_one_to_one<BoostSpsc>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
