// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lab {

/// A tokenizer of llama2.c: pieces of text with scores, merged greedily. 0 unknown, 1 begin, 2 end, 3 to 258 raw bytes.
class tokenizer {
 public:
  static constexpr int begin = 1;
  static constexpr int end = 2;

  /// The file at `path`: the length of the longest piece, then for each of `vocabulary` ids score, length and bytes.
  ///
  /// Errors  lowp::error that names the file and what was expected: error_code::io, size, value (a length or a score that
  ///         makes no sense).
  tokenizer(std::string const& path, std::size_t vocabulary);

  /// `begin`, then the pieces of `text` with a space before it (of an empty text: nothing more).
  ///
  /// Meaning  an id for each code point of UTF-8, its bytes where there is none; then the neighbours whose joined piece has
  ///          the highest score are merged, the first of several, until no pair makes a piece.
  std::vector<int> encode(std::string_view text) const;

  /// The text of `id` when it comes after `before`.
  std::string decode(int before, int id) const;

 private:
  static constexpr int first_byte = 3;

  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_map<std::uint64_t, int> merged_;  // of two neighbours, the first in the upper half
};

}  // namespace lab
