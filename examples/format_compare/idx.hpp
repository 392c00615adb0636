// SPDX-License-Identifier: Apache-2.0
//
// Labelled images from idx files, the format of MNIST and its descendants: big-endian, 00 00, a type (08: bytes), the
// number of extents, the extents as 32-bit integers, the elements. With LOWP_EXAMPLES_HAVE_ZLIB also from .gz files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>

#if defined(LOWP_EXAMPLES_HAVE_ZLIB)
#include <zlib.h>
#endif

namespace fashion {

/// An array of bytes with its extents, the slowest first.
struct idx_array {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> values;
};

/// Grey images of one size, row by row, each with the number of its class.
struct labelled_images {
  std::size_t count = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<std::uint8_t> pixels;  // count x rows x cols
  std::vector<std::uint8_t> labels;  // count
  std::string source;                // where they come from, for a reader

  std::span<std::uint8_t const> image(std::size_t i) const noexcept {
    return std::span(pixels).subspan(i * rows * cols, rows * cols);
  }
};

namespace detail {

inline lowp::error idx_error(lowp::error_code code, std::string const& path, std::string const& what) {
  return {code, "path", "idx: " + path + ": " + what};
}

// More than any file of this family holds unpacked (the 60,000 training images take 47 MB), so that neither a wrong file
// nor a few bytes of .gz that unpack to terabytes fill the memory.
inline constexpr std::size_t max_file_bytes = std::size_t{1} << 28U;

/// Calls read(buffer, size), which returns how many bytes it has put there, until it returns 0 or too much has come.
template <class Read>
bool read_pieces(std::vector<std::uint8_t>& out, Read read) {
  std::uint8_t buffer[65536];
  for (;;) {
    std::size_t const got = read(buffer, sizeof buffer);
    if (got == 0) {
      return true;
    }
    if (got > max_file_bytes - out.size()) {
      return false;
    }
    out.insert(out.end(), buffer, buffer + got);
  }
}

inline lowp::result<std::vector<std::uint8_t>> read_bytes(std::string const& path) {
  std::vector<std::uint8_t> out;
  bool fits = false;
  bool broken = false;
  if (path.ends_with(".gz")) {
#if defined(LOWP_EXAMPLES_HAVE_ZLIB)
    gzFile const stream = gzopen(path.c_str(), "rb");
    if (stream == nullptr) {
      return idx_error(lowp::error_code::io, path, "the file cannot be opened for reading");
    }
    fits = read_pieces(out, [&](std::uint8_t* to, std::size_t size) {
      int const got = gzread(stream, to, static_cast<unsigned>(size));
      broken = broken || got < 0;
      return got > 0 ? static_cast<std::size_t>(got) : std::size_t{0};
    });
    // A stream that was cut short shows only on closing.
    broken = (gzclose_r(stream) != Z_OK && fits) || broken;
#else
    return idx_error(lowp::error_code::io, path, "this program was built without zlib and cannot unpack it");
#endif
  } else {
    std::FILE* const stream = std::fopen(path.c_str(), "rb");
    if (stream == nullptr) {
      return idx_error(lowp::error_code::io, path, "the file cannot be opened for reading");
    }
    fits = read_pieces(out, [&](std::uint8_t* to, std::size_t size) { return std::fread(to, 1, size, stream); });
    broken = std::ferror(stream) != 0;
    std::fclose(stream);
  }
  if (broken) {
    return idx_error(lowp::error_code::io, path, "the file cannot be read to its end");
  }
  if (!fits) {
    return idx_error(lowp::error_code::size, path,
                     "the file holds more than the " + std::to_string(max_file_bytes) + " bytes expected at most");
  }
  return out;
}

}  // namespace detail

/// The array that `bytes` hold, an idx file of bytes; `path` is for messages.
///
/// Errors  error_code::syntax for anything but bytes of 1 to 3 extents; error_code::size where the file does not hold as
///         many elements as its extents say.
inline lowp::result<idx_array> try_parse_idx(std::span<std::uint8_t const> bytes, std::string const& path) {
  using detail::idx_error;
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] < 1 || bytes[3] > 3) {
    return idx_error(lowp::error_code::syntax, path,
                     "expected an idx file of bytes: 00 00 08 and 01, 02 or 03 at its start");
  }
  std::size_t const header = 4 + std::size_t{4} * bytes[3];
  if (bytes.size() < header) {
    return idx_error(
        lowp::error_code::size, path,
        "the file has " + std::to_string(bytes.size()) + " bytes, expected a header of " + std::to_string(header));
  }
  idx_array out;
  std::size_t const elements = bytes.size() - header;
  std::size_t product = 1;
  bool fits = true;
  std::string shape;
  for (std::size_t at = 4; at < header; at += 4) {
    std::size_t const extent = std::size_t{bytes[at]} << 24U | std::size_t{bytes[at + 1]} << 16U |
                               std::size_t{bytes[at + 2]} << 8U | std::size_t{bytes[at + 3]};
    fits = fits && (product == 0 || extent <= elements / product);
    product = fits ? product * extent : product;
    shape += (shape.empty() ? "" : " x ") + std::to_string(extent);
    out.shape.push_back(extent);
  }
  if (!fits || product != elements) {
    return idx_error(lowp::error_code::size, path,
                     "the file has " + std::to_string(elements) + " elements, expected " + shape);
  }
  out.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return out;
}

/// The array in the idx file at `path`.
inline lowp::result<idx_array> try_read_idx(std::string const& path) {
  lowp::result<std::vector<std::uint8_t>> const bytes = detail::read_bytes(path);
  if (!bytes) {
    return bytes.error();
  }
  return try_parse_idx(*bytes, path);
}

/// Images and their labels from two idx files.
///
/// Errors  as try_parse_idx; error_code::io where a file cannot be read; error_code::shape where the two do not hold
///         `count x rows x cols` pixels and `count` labels, or none.
inline lowp::result<labelled_images> try_read_images(std::string const& images_path, std::string const& labels_path) {
  lowp::result<idx_array> images = try_read_idx(images_path);
  if (!images) {
    return images.error();
  }
  lowp::result<idx_array> labels = try_read_idx(labels_path);
  if (!labels) {
    return labels.error();
  }
  if (images->shape.size() != 3 || images->values.empty()) {
    return detail::idx_error(lowp::error_code::shape, images_path, "expected images: count x rows x columns");
  }
  if (labels->shape.size() != 1 || labels->shape[0] != images->shape[0]) {
    return detail::idx_error(
        lowp::error_code::shape, labels_path,
        "expected " + std::to_string(images->shape[0]) + " labels, one for each image of " + images_path);
  }
  return labelled_images{images->shape[0],          images->shape[1],          images->shape[2],
                         std::move(images->values), std::move(labels->values), images_path};
}

/// Where Debian's package dataset-fashion-mnist puts its files.
inline constexpr std::string_view debian_folder = "/usr/share/datasets/fashion-mnist";

/// The test images of Fashion-MNIST: all 10,000 where Debian's package is installed (and zlib was there for the build),
/// else the first 1,000, which lie in `models_folder`.
inline lowp::result<labelled_images> try_test_images(std::string const& models_folder) {
  std::string whole(debian_folder);
  whole += "/t10k-";
  if (lowp::result<labelled_images> all =
          try_read_images(whole + "images-idx3-ubyte.gz", whole + "labels-idx1-ubyte.gz")) {
    all->source = "Fashion-MNIST, all " + std::to_string(all->count) + " test images (package dataset-fashion-mnist)";
    return all;
  }
  std::string const first = models_folder + "/fashion-mnist-t10k-first1000-";
  lowp::result<labelled_images> some = try_read_images(first + "images.idx3-ubyte", first + "labels.idx1-ubyte");
  if (some) {
    some->source = "Fashion-MNIST, the first " + std::to_string(some->count) + " test images";
  }
  return some;
}

}  // namespace fashion
