/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * moodycamel::BlockingConcurrentQueue, which keeps an order for each producer
 * only, and has no bound; its semaphore; and the queue with the bound that a
 * second such semaphore gives it.
 */
#include "harness/enter.h"

#include <concurrentqueue/blockingconcurrentqueue.h>

#include <memory>
#include <mutex>
#include <vector>

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

/* Never full: a put does not wait, however far behind the consumers are.
 * Each thread has a token for either side, as the library advises; the cases
 * do not say which thread calls, so it keeps the tokens of a few queues. */
template <std::size_t Size>
class MoodyQueue {
public:
    static constexpr bool fifo = false;

    explicit MoodyQueue(std::size_t capacity)
        : number_(++made), queue_(capacity)
    {
    }

    void put(const Element<Size> &e) { queue_.enqueue(tokens().producer, e); }
    void get(Element<Size> &e) { queue_.wait_dequeue(tokens().consumer, e); }

private:
    using Queue = moodycamel::BlockingConcurrentQueue<Element<Size>>;

    struct Tokens {
        explicit Tokens(Queue &queue) : producer(queue), consumer(queue) {}

        moodycamel::ProducerToken producer;
        moodycamel::ConsumerToken consumer;
    };

    struct Kept {
        uint64_t number = 0; /* of the queue that they belong to */
        Tokens *tokens = nullptr;
    };

    Tokens &tokens()
    {
        thread_local Kept kept[4];
        Kept &mine = kept[number_ % 4];

        if (mine.number != number_)
            mine = {number_, make_tokens()};
        return *mine.tokens;
    }

    /* They go with the queue, since they must not outlive it. */
    Tokens *make_tokens()
    {
        const std::lock_guard<std::mutex> guard(mutex_);

        tokens_.push_back(std::make_unique<Tokens>(queue_));
        return tokens_.back().get();
    }

    static inline std::atomic<uint64_t> made{0};

    const uint64_t number_;
    Queue queue_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Tokens>> tokens_;
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
