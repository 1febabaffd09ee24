# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# What scripts/test, scripts/bench and .ci/run share: saying what happens,
# installing what is missing, configuring and building a preset. Sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
missing=()
# One language for all messages, and an encoding that gnuplot can work in.
export LC_ALL=C.UTF-8

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need PACKAGE COMMAND...: PACKAGE is missing unless the command succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

has() { command -v "$1"; }
has_pc() { command -v pkg-config && pkg-config --exists "$1"; }

need_to_build() {
    need build-essential has cc
    need build-essential has c++
    need cmake has cmake
    need ninja-build has ninja
    need pkg-config has pkg-config
    need liburcu-dev has_pc liburcu-bp
}

need_to_test() {
    need check has_pc check
    need python3 has python3
    need clang-format has clang-format
    need clang has clang
    need strace has strace
    need spin has spin
    need relacy-dev test -e /usr/include/relacy/relacy.hpp
}

need_to_bench() {
    need libbenchmark-dev has_pc benchmark
    need gnuplot-nox has gnuplot
    # The peers: bench/peers/.
    need libnsync-dev test -e /usr/include/nsync.h
    need libabsl-dev has_pc absl_synchronization
    need libtbb-dev has_pc tbb
    need libconcurrentqueue-dev \
        test -e /usr/include/concurrentqueue/blockingconcurrentqueue.h
    need libboost-dev test -e /usr/include/boost/lockfree/spsc_queue.hpp
    need libck-dev has_pc ck
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "to install packages, run this as root or install sudo"
    fi
}

# Installs what need found missing; does nothing, and asks nobody, otherwise.
install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local packages
    mapfile -t packages < <(printf '%s\n' "${missing[@]}" | sort -u)
    missing=()
    say "Installing what is missing: ${packages[*]}"
    command -v apt-get >/dev/null ||
        die "there is no apt-get here; please install: ${packages[*]}"
    as_root apt-get -qq update ||
        die "apt-get update failed; please install: ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
        --no-install-recommends "${packages[@]}" ||
        die "apt-get could not install: ${packages[*]}"
}

# build PRESET: configure it, saying nothing unless it fails, and build it.
build() {
    local preset=$1 log
    { mkdir -p "$top/build" && [ -w "$top/build" ]; } 2>/dev/null ||
        die "cannot write to $top/build, where everything is built"
    log="$top/build/configure-$preset.log"
    say "Building build/$preset"
    (cd "$top" && cmake --preset "$preset") >"$log" 2>&1 || {
        cat "$log"
        die "configuring build/$preset failed, see above"
    }
    (cd "$top" && cmake --build --preset "$preset") ||
        die "building build/$preset failed, see above"
}
