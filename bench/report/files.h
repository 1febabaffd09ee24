/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Whole files, read and written; std::runtime_error says what went wrong.
 */
#ifndef WEIR_BENCH_FILES_H
#define WEIR_BENCH_FILES_H

#include <filesystem>
#include <string>

namespace wbench {

std::string read_file(const std::filesystem::path &path);

/* Makes the folder if it is not there. */
void write_file(const std::filesystem::path &path, const std::string &text);

/* Throws now what write_file would throw after minutes of measuring. */
void check_writable(const std::filesystem::path &path);

} // namespace wbench

#endif
