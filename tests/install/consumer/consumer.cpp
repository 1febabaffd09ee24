// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The weir authors
//
// consumer.c again as C++17: the same headers, the same inline paths.
#include <weir/weir.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

namespace {

constexpr std::uint64_t numbers = 1000;

weir_mutex_t mutex = WEIR_MUTEX_INIT;

int failed(const char *what)
{
    std::fprintf(stderr, "consumer.cpp: %s\n", what);
    return 1;
}

} // namespace

int main()
{
    weir_queue_t *queue = nullptr;
    weir_barrier_t barrier;
    bool locked_late = false;

    if (std::strcmp(weir_version(), WEIR_VERSION) != 0)
        return failed("header and library differ in version");
    if (weir_queue_create(&queue, 7, sizeof(std::uint64_t), 0) != 0)
        return failed("no queue");
    if (weir_barrier_init(&barrier, 2, 0) != 0)
        return failed("no barrier");
    weir_mutex_lock(&mutex);
    std::thread sender([&] {
        for (std::uint64_t number = 1; number <= numbers; number++)
            weir_queue_put(queue, &number);
        weir_barrier_wait(&barrier, nullptr);
        if (weir_mutex_lock_until(&mutex, weir_after(20000000000)) == 0) {
            locked_late = true;
            weir_mutex_unlock(&mutex);
        }
    });
    std::uint64_t sum = 0;
    for (std::uint64_t number; sum < numbers * (numbers + 1) / 2;) {
        if (weir_queue_get(queue, &number) != 0)
            return failed("get failed");
        sum += number;
    }
    weir_barrier_wait(&barrier, nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    weir_mutex_unlock(&mutex);
    sender.join();
    weir_queue_destroy(queue);
    if (!locked_late)
        return failed("the sleeping thread was not woken");
    std::puts("consumer.cpp: ok");
    return 0;
}
