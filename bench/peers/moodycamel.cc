/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * moodycamel::BlockingConcurrentQueue, which keeps an order for each producer
 * only, and has no bound; its semaphore; and the queue with the bound that a
 * second such semaphore gives it.
 */
#include "harness/enter.h"

#include <concurrentqueue/blockingconcurrentqueue.h>

namespace wbench {

namespace {

class MoodySem {
public:
    explicit MoodySem(unsigned value) : sem_(value) {}

    void post() { sem_.signal(); }
    void wait() { sem_.wait(); }

private:
    moodycamel::LightweightSemaphore sem_;
};

/* Never full: a put does not wait, however far behind the consumers are. */
template <std::size_t Size>
class MoodyQueue {
public:
    static constexpr bool fifo = false;

    explicit MoodyQueue(std::size_t capacity) : queue_(capacity) {}

    void put(const Element<Size> &e) { queue_.enqueue(e); }
    void get(Element<Size> &e) { queue_.wait_dequeue(e); }

private:
    moodycamel::BlockingConcurrentQueue<Element<Size>> queue_;
};

template <std::size_t Size>
class MoodyBoundedQueue {
public:
    static constexpr bool fifo = false;

    explicit MoodyBoundedQueue(std::size_t capacity)
        : room_(static_cast<std::ptrdiff_t>(capacity)), queue_(capacity)
    {
    }

    void put(const Element<Size> &e)
    {
        room_.wait();
        queue_.enqueue(e);
    }
    void get(Element<Size> &e)
    {
        queue_.wait_dequeue(e);
        room_.signal();
    }

private:
    alignas(kLine) moodycamel::LightweightSemaphore room_;
    alignas(kLine) moodycamel::BlockingConcurrentQueue<Element<Size>> queue_;
};

const bool entered = [] {
    Enter("moodycamel", 14,
          peer_traits(true, "inline", "no bound; order by producer only"))
        .queue<MoodyQueue>()
        .sem<MoodySem>(kFull);
    Enter("moodycamel-cap", 15,
          peer_traits(true, "inline",
                      "a semaphore of free places; order by "
                      "producer only"))
        .queue<MoodyBoundedQueue>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
