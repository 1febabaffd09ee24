/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of the queue cases.  A contestant is a class template
 * Q<Size> with
 *
 *   static constexpr bool fifo;           one order for all producers
 *   explicit Q(std::size_t capacity);
 *   void put(const Element<Size> &e);     blocks while full
 *   void get(Element<Size> &e);           blocks while empty
 *
 * Nothing else is asked of a queue: a slice ends with one token for each
 * consumer, not with a close.
 */
#ifndef WEIR_BENCH_CASES_QUEUE_H
#define WEIR_BENCH_CASES_QUEUE_H

#include "harness/team.h"

#include <cinttypes>

namespace wbench {

/* Producer and number in the first word, the complement in the last, so
 * that an element that was copied in two halves is seen. */
template <std::size_t Size>
struct Element {
    static_assert(Size >= 8 && Size % 8 == 0, "whole words");
    static constexpr std::size_t kWords = Size / 8;

    uint64_t words[kWords] = {};

    void set(uint64_t tag)
    {
        words[0] = tag;
        if constexpr (kWords > 1)
            words[kWords - 1] = ~tag;
    }
    uint64_t tag() const { return words[0]; }
    bool whole() const { return kWords == 1 || words[kWords - 1] == ~words[0]; }
};

inline constexpr uint64_t kEndToken = UINT64_MAX;
inline constexpr unsigned kProducerShift = 48;
inline constexpr uint64_t kNumberMask = (uint64_t{1} << kProducerShift) - 1;

/* What one side of a queue has moved. */
struct alignas(kLine) Account {
    uint64_t messages = 0;
    uint64_t sum = 0;
    uint64_t wrong = 0; /* torn, out of order, or from nobody */
};

/* Checks what one consumer sees: numbers of one producer only go up. */
class Checker {
public:
    Checker(unsigned producers, Account &account)
        : last_(producers, 0), account_(account)
    {
    }

    template <std::size_t Size>
    void see(const Element<Size> &e)
    {
        const uint64_t producer = e.tag() >> kProducerShift;
        const uint64_t number = e.tag() & kNumberMask;

        if (producer >= last_.size() || number <= last_[producer] ||
            !e.whole()) {
            account_.wrong++;
            return;
        }
        last_[producer] = number;
        messages_++;
        sum_ += number;
    }

    uint64_t messages() const { return messages_; }

    ~Checker()
    {
        account_.messages = messages_;
        account_.sum = sum_;
    }

private:
    std::vector<uint64_t> last_;
    Account &account_;
    uint64_t messages_ = 0;
    uint64_t sum_ = 0;
};

template <template <std::size_t> class Q, std::size_t Size>
class Flow {
public:
    Flow(const Shape &shape)
        : shape_(shape), queue_(std::make_unique<Q<Size>>(shape.capacity)),
          accounts_(shape.producers + shape.consumers),
          producing_(shape.producers)
    {
        touch_memory();
    }

    Slice run(int64_t slice_ns)
    {
        Team team(shape_, shape_.producers + shape_.consumers);

        team.run(slice_ns,
                 [this](unsigned index, Tally &tally, const StopFlag &stop) {
                     if (index < shape_.producers)
                         produce(index, tally, stop);
                     else
                         consume(index, tally);
                 });
        Slice slice = team.sum();
        verify(slice);
        Team::set_rate(slice);
        slice.fairness =
            std::min(team.fairness(0, shape_.producers),
                     team.fairness(shape_.producers, shape_.consumers));
        return slice;
    }

private:
    /* Page faults belong to nobody's slice. */
    void touch_memory()
    {
        Element<Size> e;

        for (unsigned i = 0; i < 2 * shape_.capacity + 2; i++) {
            queue_->put(e);
            queue_->get(e);
        }
    }

    void produce(unsigned index, Tally &tally, const StopFlag &stop)
    {
        const uint64_t base = uint64_t{index} << kProducerShift;
        uint64_t number = 0;
        Element<Size> e;

        do {
            for (unsigned i = 0; i < kBatch; i++) {
                e.set(base | ++number);
                queue_->put(e);
            }
        } while (!stop());
        tally.ops = number;
        accounts_[index].messages = number;
        accounts_[index].sum = number * (number + 1) / 2;
        if (producing_.fetch_sub(1) == 1) {
            e.set(kEndToken);
            for (unsigned i = 0; i < shape_.consumers; i++)
                queue_->put(e);
        }
    }

    void consume(unsigned index, Tally &tally)
    {
        Checker checker(shape_.producers, accounts_[index]);
        Element<Size> e;

        for (queue_->get(e); e.tag() != kEndToken; queue_->get(e))
            checker.see(e);
        tally.ops = checker.messages();
    }

    /* A message counts once, when it has come out. */
    void verify(Slice &slice)
    {
        Account in, out;

        for (unsigned i = 0; i < accounts_.size(); i++) {
            Account &side = i < shape_.producers ? in : out;
            side.messages += accounts_[i].messages;
            side.sum += accounts_[i].sum;
            side.wrong += accounts_[i].wrong;
        }
        slice.ops = static_cast<double>(out.messages);
        if constexpr (!Q<Size>::fifo)
            take_overtaken(in, out);
        if (out.wrong != 0)
            slice.fail("%" PRIu64 " messages were torn or out of order",
                       out.wrong);
        if (in.messages != out.messages || in.sum != out.sum)
            slice.fail("%" PRIu64 " messages went in, %" PRIu64 " came out",
                       in.messages, out.messages);
    }

    /* Without one order for all producers the end tokens may overtake. */
    void take_overtaken(const Account &in, Account &out)
    {
        Element<Size> e;

        while (out.messages + out.wrong < in.messages) {
            queue_->get(e);
            out.messages++;
            out.sum += e.tag() & kNumberMask;
        }
    }

    const Shape shape_;
    std::unique_ptr<Q<Size>> queue_;
    std::vector<Account> accounts_;
    alignas(kLine) std::atomic<unsigned> producing_;
};

/* Calls run(std::integral_constant<Size>) for the size of the shape. */
template <class Run>
Slice for_size(const Shape &shape, Run run)
{
    switch (shape.elem_size) {
    case 8: return run(std::integral_constant<std::size_t, 8>());
    case 64: return run(std::integral_constant<std::size_t, 64>());
    case 1024: return run(std::integral_constant<std::size_t, 1024>());
    default: break;
    }
    Slice slice;
    slice.fail("elements of %u bytes are not compiled in", shape.elem_size);
    return slice;
}

template <template <std::size_t> class Q>
Slice queue_flow(const Shape &shape, int64_t slice_ns)
{
    return for_size(shape, [&](auto size) {
        return std::make_unique<Flow<Q, decltype(size)::value>>(shape)->run(
            slice_ns);
    });
}

/* One op is a round trip: there through one queue, back through another. */
template <template <std::size_t> class Q>
Slice queue_pingpong(const Shape &shape, int64_t slice_ns)
{
    const auto there = std::make_unique<Q<8>>(shape.capacity);
    const auto back = std::make_unique<Q<8>>(shape.capacity);
    uint64_t wrong = 0;
    Team team(shape, 2);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();
        Element<8> e;

        if (index == 1) {
            do {
                there->get(e);
                back->put(e);
            } while (e.tag() != kEndToken);
            return;
        }
        uint64_t number = 0;
        const auto trip = [&] {
            e.set(++number);
            there->put(e);
            back->get(e);
            wrong += e.tag() != number;
        };
        run_batches(tally, stop, 0, trip, [&] {
            const int64_t before = now_ns();
            trip();
            return now_ns() - before - overhead;
        });
        e.set(kEndToken);
        there->put(e);
        back->get(e);
    });

    Slice slice = team.sum();
    if (wrong != 0)
        slice.fail("%" PRIu64 " answers did not match their question", wrong);
    return slice;
}

/* One op is a put and a get by one thread. */
template <template <std::size_t> class Q>
Slice queue_self(const Shape &shape, int64_t slice_ns)
{
    const auto queue = std::make_unique<Q<8>>(shape.capacity);
    uint64_t number = 0;
    uint64_t wrong = 0;
    Element<8> e;

    Slice slice = run_chunks(slice_ns, 1024, [&] {
        e.set(++number);
        queue->put(e);
        queue->get(e);
        wrong += e.tag() != number;
    });
    if (wrong != 0)
        slice.fail("%" PRIu64 " elements were not the ones put in", wrong);
    return slice;
}

} // namespace wbench

#endif
