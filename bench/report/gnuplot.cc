/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/gnuplot.h"
#include "report/files.h"
#include "report/format.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace wbench {

namespace {

/* Okabe and Ito's palette, which colour-blind readers can tell apart. */
constexpr const char *kColours[] = {
    "#0072B2",
    "#56B4E9",
    "#D55E00",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#555555",
    "#7A4FBF",
    "#8A6D00",
    "#A0A0A0",
    /* Peers: darker, and told apart by their marks as well. */
    "#004060",
    "#803F00",
    "#00543F",
    "#803060",
    "#6E5A00",
    "#303030",
    "#4B2F7A",
    "#C04000",
};
constexpr int kMarks[] = {7,  6,  5, 9, 13, 11, 4, 8, 12,
                          10, 15, 3, 2, 1,  14, 6, 4, 8};
static_assert(sizeof kMarks / sizeof *kMarks ==
              sizeof kColours / sizeof *kColours);

std::size_t style(int rank)
{
    return static_cast<std::size_t>(rank) % (sizeof kMarks / sizeof *kMarks);
}

/* A folder of our own for one drawing, gone when it is done. */
class ScratchFolder {
public:
    ScratchFolder()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "weir-bench-XXXXXX")
                .string();

        if (mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("cannot make a temporary folder");
        path_ = pattern;
    }
    ~ScratchFolder()
    {
        std::error_code ignored;

        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;

    const std::filesystem::path &path() const { return path_; }

private:
    std::filesystem::path path_;
};

void run_gnuplot(const std::string &script)
{
    std::string name = "gnuplot", file = script;
    char *const argv[] = {name.data(), file.data(), nullptr};
    pid_t pid = -1;
    int status = 0;

    const int error =
        posix_spawnp(&pid, "gnuplot", nullptr, nullptr, argv, environ);
    if (error == ENOENT)
        throw std::runtime_error("gnuplot is not installed");
    if (error != 0)
        throw std::runtime_error(std::string("gnuplot: ") + strerror(error));
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error("gnuplot could not draw a plot");
}

/* Text between double quotes, where gnuplot knows escapes. */
std::string quoted(const std::string &text)
{
    std::string result = "\"";

    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        if (c == '\n')
            result += "\\n";
        else
            result += c;
    }
    return result + "\"";
}

std::string tick_list(char axis, const std::vector<Tick> &ticks)
{
    std::string text = format("set %ctics (", axis);

    for (std::size_t i = 0; i < ticks.size(); i++)
        text += (i > 0 ? ", " : "") + quoted(ticks[i].label) +
                format(" %.9g", ticks[i].place);
    return text + ")\n";
}

std::string data_blocks(const Chart &chart)
{
    std::string text;

    for (std::size_t i = 0; i < chart.series.size(); i++) {
        text += format("$d%zu << EOD\n", i);
        for (const Point &p : chart.series[i].points)
            text += format("%.9g %.9g %.9g %.9g ", p.x, p.y, p.low, p.high) +
                    quoted(p.label) + "\n";
        text += "EOD\n";
    }
    return text;
}

std::string preamble(const Chart &chart)
{
    std::string text =
        format("set terminal svg size %d,%d dynamic name \"%s\" "
               "font \"sans-serif,14\" linewidth 1.2 background \"white\"\n",
               chart.width, chart.height, chart.id.c_str());

    text += "set encoding utf8\nset termoption noenhanced\n"
            "set border 3 lc rgb '#444444'\nset tics nomirror\n"
            "set grid xtics ytics lc rgb '#e4e4e4' lt 1 lw 0.6\n"
            "set key outside top left horizontal Left reverse samplen 1.6 "
            "font \",13\"\nset format '%g'\n";
    text += "set xlabel " + quoted(chart.x_label) + "\n";
    text += "set ylabel " + quoted(chart.y_label) + "\n";
    if (chart.x_log)
        text += "set logscale x\n";
    if (chart.y_log)
        text += "set logscale y\n";
    if (!chart.x_ticks.empty())
        text += tick_list('x', chart.x_ticks);
    if (!chart.y_ticks.empty())
        text += tick_list('y', chart.y_ticks);
    return text + chart.extra + data_blocks(chart);
}

/* An XML declaration has no place inside a page. */
std::string draw(const std::string &script)
{
    ScratchFolder folder;
    const std::filesystem::path source = folder.path() / "plot.gp";
    const std::filesystem::path drawing = folder.path() / "plot.svg";

    write_file(source, "set output " + quoted(drawing.string()) + "\n" +
                           script + "\nunset output\n");
    run_gnuplot(source.string());
    const std::string text = read_file(drawing);
    const std::size_t start = text.find("<svg");
    if (start == std::string::npos)
        throw std::runtime_error("gnuplot drew nothing");
    return text.substr(start);
}

std::string join(const std::vector<std::string> &parts)
{
    std::string text;

    for (const std::string &part : parts)
        text += (text.empty() ? "plot " : ", \\\n     ") + part;
    return text;
}

std::string colour_clause(const Series &series)
{
    return format("lc rgb '%s'", colour_of(series.rank).c_str());
}

} // namespace

std::string colour_of(int rank)
{
    return kColours[style(rank)];
}

std::string draw_lines(const Chart &chart)
{
    std::vector<std::string> parts;

    for (std::size_t i = 0; i < chart.series.size(); i++) {
        const Series &series = chart.series[i];
        parts.push_back(format("$d%zu using 1:2:3:4 with yerrorlines %s lw 1.8 "
                               "pt %d ps 0.8 title %s",
                               i, colour_clause(series).c_str(),
                               kMarks[style(series.rank)],
                               quoted(series.name).c_str()));
    }
    return draw(preamble(chart) + join(parts));
}

std::string draw_bars(const Chart &chart)
{
    std::vector<std::string> parts;

    for (std::size_t i = 0; i < chart.series.size(); i++) {
        const Series &series = chart.series[i];
        parts.push_back(format("$d%zu using 1:2:(%.4f) with boxes %s fill "
                               "solid 0.9 noborder title %s",
                               i, chart.bar_width * 0.92,
                               colour_clause(series).c_str(),
                               quoted(series.name).c_str()));
        parts.push_back(format("$d%zu using 1:3:(0):($4-$3) with vectors "
                               "heads size graph 0.004,90 lc rgb '#222222' "
                               "lw 0.9 notitle",
                               i));
        parts.push_back(format("$d%zu using 1:4:5 with labels offset 0,0.7 "
                               "font \",11\" notitle",
                               i));
    }
    return draw(preamble(chart) + join(parts));
}

std::string draw_dots(const Chart &chart)
{
    std::vector<std::string> parts;

    for (std::size_t i = 0; i < chart.series.size(); i++) {
        const Series &series = chart.series[i];
        parts.push_back(format("$d%zu using 1:2:3:4 with xerrorbars %s lw 1.8 "
                               "pt %d ps 0.8 title %s",
                               i, colour_clause(series).c_str(),
                               kMarks[style(series.rank)],
                               quoted(series.name).c_str()));
    }
    return draw(preamble(chart) + join(parts));
}

} // namespace wbench
