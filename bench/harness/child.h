/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A second copy of this program, and the pipe through which it talks.
 */
#ifndef WEIR_BENCH_CHILD_H
#define WEIR_BENCH_CHILD_H

#include <cstddef>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wbench {

class Child {
public:
    enum class Event { message, silence, end };

    /* Starts this program with the arguments, and --worker-fd. */
    explicit Child(std::vector<std::string> arguments);
    /* Ends it, if it has not ended. */
    ~Child();
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    /* Reads exactly size bytes, unless none come for timeout_ms. */
    Event receive(void *message, std::size_t size, unsigned timeout_ms);

    /* Waits for its end and says how that came. */
    std::string wait();

    /* Kills it; returns how many of its threads ran and how many slept. */
    std::string kill_and_describe();

private:
    pid_t pid_ = -1;
    int fd_ = -1;
};

} // namespace wbench

#endif
