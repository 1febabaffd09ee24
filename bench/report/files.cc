/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/files.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace wbench {

namespace {

void make_folder_of(const std::filesystem::path &path)
{
    std::error_code error;

    if (!path.parent_path().empty())
        std::filesystem::create_directories(path.parent_path(), error);
    if (error)
        throw std::runtime_error("cannot make " + path.parent_path().string() +
                                 ": " + error.message());
}

} // namespace

std::string read_file(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;

    text << file.rdbuf();
    if (!file)
        throw std::runtime_error("cannot read " + path.string());
    return text.str();
}

void write_file(const std::filesystem::path &path, const std::string &text)
{
    make_folder_of(path);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);

    file << text;
    file.flush();
    if (!file)
        throw std::runtime_error("cannot write " + path.string());
}

void check_writable(const std::filesystem::path &path)
{
    make_folder_of(path);
    if (!std::ofstream(path, std::ios::binary | std::ios::app))
        throw std::runtime_error("cannot write " + path.string());
}

} // namespace wbench
