/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Writes JSON: commas, indentation and escapes in one place.
 */
#ifndef WEIR_BENCH_JSON_WRITER_H
#define WEIR_BENCH_JSON_WRITER_H

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace wbench {

class JsonWriter {
public:
    JsonWriter &begin_object() { return open('{'); }
    JsonWriter &end_object() { return close('}'); }
    JsonWriter &begin_array() { return open('['); }
    JsonWriter &end_array() { return close(']'); }

    JsonWriter &key(const std::string &name)
    {
        separate();
        quote(name);
        text_ += ": ";
        after_key_ = true;
        return *this;
    }

    JsonWriter &value(const std::string &text)
    {
        separate();
        quote(text);
        return *this;
    }
    JsonWriter &value(const char *text) { return value(std::string(text)); }
    JsonWriter &value(bool truth) { return raw(truth ? "true" : "false"); }
    JsonWriter &value(unsigned n) { return raw(std::to_string(n)); }
    JsonWriter &value(std::size_t n) { return raw(std::to_string(n)); }

    /* Infinities and NaN have no place in JSON. */
    JsonWriter &value(double number)
    {
        char digits[40];

        if (!std::isfinite(number))
            return raw("null");
        snprintf(digits, sizeof digits, "%.9g", number);
        return raw(digits);
    }

    template <class T>
    JsonWriter &member(const std::string &name, const T &v)
    {
        return key(name).value(v);
    }

    const std::string &text() const { return text_; }

private:
    JsonWriter &open(char bracket)
    {
        separate();
        text_ += bracket;
        filled_.push_back(false);
        return *this;
    }

    JsonWriter &close(char bracket)
    {
        const bool filled = filled_.back();

        filled_.pop_back();
        if (filled)
            new_line();
        text_ += bracket;
        return *this;
    }

    JsonWriter &raw(const std::string &token)
    {
        separate();
        text_ += token;
        return *this;
    }

    void separate()
    {
        if (after_key_) {
            after_key_ = false;
            return;
        }
        if (filled_.empty())
            return;
        if (filled_.back())
            text_ += ',';
        filled_.back() = true;
        new_line();
    }

    void new_line()
    {
        text_ += '\n';
        text_.append(filled_.size(), ' ');
    }

    void quote(const std::string &text)
    {
        text_ += '"';
        for (const char c : text) {
            char code[8];

            if (c == '"' || c == '\\') {
                text_ += '\\';
                text_ += c;
            } else if (static_cast<unsigned char>(c) < 0x20) {
                snprintf(code, sizeof code, "\\u%04x", c);
                text_ += code;
            } else {
                text_ += c;
            }
        }
        text_ += '"';
    }

    std::string text_;
    std::vector<bool> filled_; /* for each open bracket */
    bool after_key_ = false;
};

} // namespace wbench

#endif
