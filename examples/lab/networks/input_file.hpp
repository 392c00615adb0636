// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a file that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <lowp/base/error.hpp>

namespace lab {

/// Raises a lowp::error about the file at `path`: "networks: <path>: <what>".
[[noreturn]] void refuse_file(lowp::error_code code, std::string const& path, std::string const& what,
                              std::size_t index = lowp::error::no_index);

/// The whole file.
///
/// Errors  error_code::io where it cannot be opened or read; error_code::size beyond `most` bytes.
std::vector<std::byte> read_file(std::string const& path, std::size_t most);

/// Takes numbers from bytes, little-endian, one after the other.
///
/// Errors  error_code::size where the bytes end before: the message names the file and what was expected.
class byte_reader {
 public:
  byte_reader(std::vector<std::byte> const& bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

  std::uint16_t u16(std::string_view what) { return static_cast<std::uint16_t>(number(2, what)); }
  std::uint32_t u32(std::string_view what) { return number(4, what); }
  std::int32_t i32(std::string_view what);
  float f32(std::string_view what);
  std::string text(std::size_t count, std::string_view what);
  void skip(std::size_t count, std::string_view what);

  std::string const& path() const noexcept { return path_; }
  std::size_t position() const noexcept { return at_; }
  std::size_t left() const noexcept { return bytes_.size() - at_; }

 private:
  std::uint32_t number(std::size_t count, std::string_view what);
  void need(std::size_t count, std::string_view what) const;

  std::vector<std::byte> const& bytes_;
  std::string path_;
  std::size_t at_ = 0;
};

/// Raises error_code::value for the first element that is NaN or infinite, by the name of its tensor.
void check_finite(std::vector<float> const& values, std::string const& path, std::string const& tensor);

}  // namespace lab
