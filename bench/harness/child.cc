/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/child.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace wbench {

namespace {

constexpr char kThisProgram[] = "/proc/self/exe";

/* The third field of stat, behind a name that may hold anything. */
char state_of(const std::filesystem::path &task)
{
    std::ifstream file(task / "stat");
    std::string line;

    std::getline(file, line);
    const std::size_t end = line.rfind(") ");
    return end == std::string::npos ? '?' : line[end + 2];
}

} // namespace

Child::Child(std::vector<std::string> arguments)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        throw std::runtime_error(std::string("pipe: ") + strerror(errno));
    fcntl(ends[1], F_SETFD, 0); /* the child keeps its end */
    fd_ = ends[0];
    arguments.insert(arguments.begin(), "weir-bench");
    arguments.insert(arguments.end(), {"--worker-fd", std::to_string(ends[1])});

    std::vector<char *> argv;
    for (std::string &argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int error = posix_spawn(&pid_, kThisProgram, nullptr, nullptr,
                                  argv.data(), environ);
    close(ends[1]);
    if (error != 0)
        throw std::runtime_error(std::string("cannot start a worker: ") +
                                 strerror(error));
}

Child::~Child()
{
    close(fd_);
    if (pid_ <= 0)
        return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

Child::Event Child::receive(void *message, std::size_t size,
                            unsigned timeout_ms)
{
    char *bytes = static_cast<char *>(message);

    while (size > 0) {
        pollfd watched = {fd_, POLLIN, 0};
        const int ready = poll(&watched, 1, static_cast<int>(timeout_ms));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return Event::silence;
        const ssize_t got = read(fd_, bytes, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return Event::end;
        bytes += got;
        size -= static_cast<std::size_t>(got);
    }
    return Event::message;
}

std::string Child::wait()
{
    int status = 0;

    waitpid(pid_, &status, 0);
    pid_ = -1;
    if (WIFSIGNALED(status))
        return std::string("ended by signal: ") + strsignal(WTERMSIG(status));
    return "exit status " + std::to_string(WEXITSTATUS(status));
}

std::string Child::kill_and_describe()
{
    const std::filesystem::path tasks =
        "/proc/" + std::to_string(pid_) + "/task";
    std::error_code ignored;
    unsigned running = 0, asleep = 0;

    for (const auto &task :
         std::filesystem::directory_iterator(tasks, ignored)) {
        if (task.path().filename() == std::to_string(pid_))
            continue; /* the main thread only waits for the others */
        if (state_of(task.path()) == 'R')
            running++;
        else
            asleep++;
    }
    kill(pid_, SIGKILL);
    wait();
    return std::to_string(running) + " running, " + std::to_string(asleep) +
           " asleep";
}

} // namespace wbench
