/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * gnuplot, with the look that all plots of the page share: one colour and
 * one mark for each contestant, the legend above, dark on white.
 */
#ifndef WEIR_BENCH_GNUPLOT_H
#define WEIR_BENCH_GNUPLOT_H

#include <string>
#include <vector>

namespace wbench {

struct Point {
    double x = 0;
    double y = 0;
    double low = 0;
    double high = 0;
    std::string label = {}; /* above a bar */
};

struct Series {
    std::string name;
    int rank = 0; /* of the contestant: chooses colour and mark */
    std::vector<Point> points;
};

struct Tick {
    double place;
    std::string label;
};

struct Chart {
    std::string id; /* distinguishes the parts of inlined drawings */
    std::string x_label;
    std::string y_label;
    std::vector<Series> series;
    std::vector<Tick> x_ticks; /* empty: gnuplot's own */
    std::vector<Tick> y_ticks;
    bool x_log = false;
    bool y_log = false;
    int width = 600;
    int height = 360;
    double bar_width = 0.2;
    std::string extra; /* further gnuplot commands, before the plot */
};

/* Lines through the points, with whiskers from low to high. */
std::string draw_lines(const Chart &chart);
/* Bars of bar_width at each x, with whiskers and labels. */
std::string draw_bars(const Chart &chart);
/* Marks at (x, y), with horizontal whiskers from low to high. */
std::string draw_dots(const Chart &chart);

std::string colour_of(int rank);

} // namespace wbench

#endif
