// SPDX-License-Identifier: Apache-2.0
#include "input_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <memory>

namespace lab {

void refuse_file(lowp::error_code code, std::string const& path, std::string const& what, std::size_t index) {
  lowp::detail::raise(lowp::error(code, "file", -1, index, "networks: " + path + ": " + what));
}

std::vector<std::byte> read_file(std::string const& path, std::size_t most) {
  struct closing {
    void operator()(std::FILE* stream) const noexcept { std::fclose(stream); }
  };
  std::unique_ptr<std::FILE, closing> const stream(std::fopen(path.c_str(), "rb"));
  if (stream == nullptr) {
    refuse_file(lowp::error_code::io, path, "the file cannot be opened for reading");
  }
  // Grown by what has arrived: a file's claims about itself allocate nothing.
  std::vector<std::byte> bytes;
  constexpr std::size_t portion = std::size_t{1} << 20U;
  std::size_t got = 0;
  do {
    std::size_t const before = bytes.size();
    bytes.resize(before + portion);
    got = std::fread(bytes.data() + before, 1, portion, stream.get());
    bytes.resize(before + got);
    if (bytes.size() > most) {
      refuse_file(lowp::error_code::size, path,
                  "the file holds more than the " + std::to_string(most) + " bytes expected at most");
    }
  } while (got != 0);
  if (std::ferror(stream.get()) != 0) {
    refuse_file(lowp::error_code::io, path, "the file cannot be read to its end");
  }
  return bytes;
}

void byte_reader::need(std::size_t count, std::string_view what) const {
  if (left() < count) {
    refuse_file(lowp::error_code::size, path_,
                "the file ends after " + std::to_string(bytes_.size()) + " bytes, expected " + std::string(what) +
                    " at byte " + std::to_string(at_));
  }
}

std::uint32_t byte_reader::number(std::size_t count, std::string_view what) {
  need(count, what);
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= std::to_integer<std::uint32_t>(bytes_[at_ + i]) << (8 * i);
  }
  at_ += count;
  return value;
}

std::int32_t byte_reader::i32(std::string_view what) { return static_cast<std::int32_t>(number(4, what)); }

float byte_reader::f32(std::string_view what) { return std::bit_cast<float>(number(4, what)); }

std::string byte_reader::text(std::size_t count, std::string_view what) {
  need(count, what);
  std::string out(count, '\0');
  std::transform(bytes_.begin() + static_cast<std::ptrdiff_t>(at_),
                 bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + count), out.begin(),
                 [](std::byte b) { return static_cast<char>(b); });
  at_ += count;
  return out;
}

void byte_reader::skip(std::size_t count, std::string_view what) {
  need(count, what);
  at_ += count;
}

void check_finite(std::vector<float> const& values, std::string const& path, std::string const& tensor) {
  auto const bad = std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad != values.end()) {
    auto const index = static_cast<std::size_t>(bad - values.begin());
    refuse_file(lowp::error_code::value, path,
                "element " + std::to_string(index) + " of '" + tensor + "' is " +
                    (std::isnan(*bad) ? "NaN" : "infinite") + ", expected finite weights",
                index);
  }
}

}  // namespace lab
