// SPDX-License-Identifier: Apache-2.0
//
// Words of the command line: what the user may have meant.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace present {

/// The user asked for something that cannot be: one line that says what was expected. Exit code 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "; did you mean 'channel'?", or nothing where no candidate is near.
std::string did_you_mean(std::string_view given, std::span<std::string const> candidates);

/// The pieces between separators, empty ones included.
std::vector<std::string> split(std::string_view text, char separator);

/// "a, b, c".
std::string joined(std::span<std::string const> words);

/// The number that is the whole of `text`, within [least, most].
///
/// Errors   usage_error beginning with `what`.
std::size_t whole_number(std::string_view text, std::size_t least, std::size_t most, std::string const& what);

/// Whether `text` matches `pattern`, where '*' stands for any run of characters.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace present
