/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A histogram of latencies in fixed memory: eight buckets to each power of
 * two of nanoseconds, so a percentile is right to within an eighth.  It has
 * no pointers and can be sent through a pipe as it is.
 */
#ifndef WEIR_BENCH_HISTOGRAM_H
#define WEIR_BENCH_HISTOGRAM_H

#include <cstdint>

namespace wbench {

class Histogram {
public:
    static constexpr unsigned kExact = 16;
    static constexpr unsigned kPerOctave = 8;
    static constexpr unsigned kOctaves = 36;
    static constexpr unsigned kBuckets = kExact + kPerOctave * kOctaves;

    void add(int64_t ns)
    {
        const uint64_t value = ns < 0 ? 0 : static_cast<uint64_t>(ns);

        counts_[bucket(value)]++;
        if (value > max_)
            max_ = value;
    }

    void merge(const Histogram &other)
    {
        for (unsigned i = 0; i < kBuckets; i++)
            counts_[i] += other.counts_[i];
        if (other.max_ > max_)
            max_ = other.max_;
    }

    uint64_t samples() const
    {
        uint64_t sum = 0;

        for (const uint32_t count : counts_)
            sum += count;
        return sum;
    }

    uint64_t max() const { return max_; }

    /* The middle of the bucket that holds the given part of the samples. */
    double percentile(double part) const
    {
        const double wanted = part * static_cast<double>(samples());
        double seen = 0;

        for (unsigned i = 0; i < kBuckets; i++) {
            seen += counts_[i];
            if (counts_[i] > 0 && seen >= wanted)
                return middle(i);
        }
        return 0;
    }

private:
    static unsigned bucket(uint64_t value)
    {
        if (value < kExact)
            return static_cast<unsigned>(value);
        const unsigned log2 =
            63u - static_cast<unsigned>(__builtin_clzll(value));
        const unsigned octave = log2 - 4;

        if (octave >= kOctaves)
            return kBuckets - 1;
        return kExact + octave * kPerOctave +
               static_cast<unsigned>((value >> (log2 - 3)) & 7);
    }

    static double middle(unsigned index)
    {
        if (index < kExact)
            return index;
        const unsigned octave = (index - kExact) / kPerOctave;
        const unsigned part = (index - kExact) % kPerOctave;
        const double width = static_cast<double>(uint64_t{2} << octave);

        return width * (kPerOctave + part) + width / 2;
    }

    uint32_t counts_[kBuckets] = {};
    uint64_t max_ = 0;
};

} // namespace wbench

#endif
