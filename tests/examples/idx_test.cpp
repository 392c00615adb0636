// SPDX-License-Identifier: Apache-2.0
#include "../../examples/format_compare/idx.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

using lowp::error_code;

namespace {

std::string const models = LOWP_SOURCE_DIR "/examples/models";

// An idx file of bytes: the extents, then 0, 1, 2 ...
std::vector<std::uint8_t> idx_file(std::vector<std::uint32_t> const& shape, std::size_t elements) {
  std::vector<std::uint8_t> out = {0, 0, 8, static_cast<std::uint8_t>(shape.size())};
  for (std::uint32_t const extent : shape) {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      out.push_back(static_cast<std::uint8_t>(extent >> (shift - 8) & 0xffU));
    }
  }
  for (std::size_t i = 0; i < elements; ++i) {
    out.push_back(static_cast<std::uint8_t>(i & 0xffU));
  }
  return out;
}

error_code fault_of(std::vector<std::uint8_t> const& bytes) {
  auto const got = fashion::try_parse_idx(bytes, "name");
  REQUIRE(!got);
  CHECK(std::string(got.error().what()).rfind("idx: name: ", 0) == 0);
  return got.error().code();
}

// Not the same in two runs at a time.
std::string temporary_path(std::string const& name) {
  static std::string const run = std::to_string(std::random_device{}());
  char const* const folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/lowp_idx_test_" + run + "_" + name;
}

void write_all(std::string const& path, std::vector<std::uint8_t> const& bytes) {
  std::FILE* const stream = std::fopen(path.c_str(), "wb");
  REQUIRE(stream != nullptr);
  REQUIRE((bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size()));
  REQUIRE(std::fclose(stream) == 0);
}

}  // namespace

TEST_CASE("idx files are read in big-endian order", "[examples]") {
  auto const images = fashion::try_parse_idx(idx_file({2, 3, 4}, 24), "name");
  REQUIRE(images);
  CHECK(images->shape == std::vector<std::size_t>{2, 3, 4});
  CHECK(images->values.size() == 24);
  CHECK(images->values[23] == 23);
  auto const labels = fashion::try_parse_idx(idx_file({300}, 300), "name");
  REQUIRE(labels);
  CHECK(labels->shape == std::vector<std::size_t>{300});
  auto const none = fashion::try_parse_idx(idx_file({0, 28, 28}, 0), "name");
  REQUIRE(none);
  CHECK(none->values.empty());
}

TEST_CASE("idx files that are none are refused", "[examples]") {
  CHECK(fault_of({}) == error_code::syntax);
  CHECK(fault_of({0, 0, 8}) == error_code::syntax);
  CHECK(fault_of({0, 0, 8, 0}) == error_code::syntax);
  CHECK(fault_of({0, 0, 8, 4}) == error_code::syntax);
  CHECK(fault_of({0, 0, 13, 1, 0, 0, 0, 0}) == error_code::syntax);  // floats
  CHECK(fault_of({0x1f, 0x8b, 8, 0, 0, 0}) == error_code::syntax);   // a .gz that was not unpacked
  CHECK(fault_of({0, 0, 8, 1, 0, 0, 0}) == error_code::size);
  CHECK(fault_of(idx_file({4}, 3)) == error_code::size);
  CHECK(fault_of(idx_file({4}, 5)) == error_code::size);
  CHECK(fault_of(idx_file({0}, 1)) == error_code::size);
  CHECK(fault_of(idx_file({2, 3, 4}, 23)) == error_code::size);
  // Products that wrap to what is there: 2^32 * 2^32, and (2^31 + 1) * 2 in 32 bits.
  CHECK(fault_of(idx_file({0x8000'0000, 0x8000'0000, 4}, 0)) == error_code::size);
  CHECK(fault_of(idx_file({0x8000'0001, 2}, 2)) == error_code::size);
  CHECK(fault_of(idx_file({0xffff'ffff, 0xffff'ffff, 0xffff'ffff}, 8)) == error_code::size);
  // Every shortening of a good one.
  std::vector<std::uint8_t> const good = idx_file({2, 2}, 4);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(fashion::try_parse_idx(std::span(good).first(size), "name"));
  }
}

TEST_CASE("images and labels must belong together", "[examples]") {
  std::string const images = temporary_path("images");
  std::string const labels = temporary_path("labels");
  auto const code = [&](std::vector<std::uint8_t> const& i, std::vector<std::uint8_t> const& l) {
    write_all(images, i);
    write_all(labels, l);
    auto const got = fashion::try_read_images(images, labels);
    REQUIRE(!got);
    return got.error().code();
  };
  CHECK(code(idx_file({2, 3, 4}, 24), idx_file({3}, 3)) == error_code::shape);
  CHECK(code(idx_file({2, 12}, 24), idx_file({2}, 2)) == error_code::shape);
  CHECK(code(idx_file({2, 3, 4}, 24), idx_file({2, 1}, 2)) == error_code::shape);
  CHECK(code(idx_file({0, 3, 4}, 0), idx_file({0}, 0)) == error_code::shape);
  CHECK(code(idx_file({2, 3, 4}, 24), {1, 2, 3}) == error_code::syntax);
  write_all(labels, idx_file({2}, 2));
  auto const good = fashion::try_read_images(images, labels);
  REQUIRE(good);
  CHECK(good->count == 2);
  CHECK(good->image(1).front() == 12);
  CHECK(good->image(1).size() == 12);
  std::remove(labels.c_str());
  auto const absent = fashion::try_read_images(images, labels);
  REQUIRE(!absent);
  CHECK(absent.error().code() == error_code::io);
  CHECK(std::string(absent.error().what()).find(labels) != std::string::npos);
  std::remove(images.c_str());
  CHECK_FALSE(fashion::try_read_images(models, models));  // a folder
}

TEST_CASE("packed files need zlib, and may not be cut short", "[examples]") {
#if defined(LOWP_EXAMPLES_HAVE_ZLIB)
  std::string const path = temporary_path("packed.gz");
  gzFile const stream = gzopen(path.c_str(), "wb");
  REQUIRE(stream != nullptr);
  std::vector<std::uint8_t> const bytes = idx_file({100, 100}, 10000);
  REQUIRE(gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(stream) == Z_OK);
  auto const got = fashion::try_read_idx(path);
  REQUIRE(got);
  CHECK(got->values.size() == 10000);
  // Cut at every place, flipped in the middle.
  std::FILE* const packed_stream = std::fopen(path.c_str(), "rb");
  std::vector<std::uint8_t> packed(20000);
  packed.resize(std::fread(packed.data(), 1, packed.size(), packed_stream));
  std::fclose(packed_stream);
  REQUIRE(packed.size() > 100);
  for (std::size_t size = 0; size < packed.size(); size += 1 + size / 20) {
    write_all(path, {packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)});
    CHECK_FALSE(fashion::try_read_idx(path));
  }
  std::remove(path.c_str());
#else
  auto const got = fashion::try_read_idx("some.gz");
  REQUIRE(!got);
  CHECK(got.error().code() == error_code::io);
  CHECK(std::string(got.error().what()).find("zlib") != std::string::npos);
#endif
}

TEST_CASE("the bundled images", "[examples]") {
  auto const set = fashion::try_read_images(models + "/fashion-mnist-t10k-first1000-images.idx3-ubyte",
                                            models + "/fashion-mnist-t10k-first1000-labels.idx1-ubyte");
  REQUIRE(set);
  CHECK(set->count == 1000);
  CHECK(set->rows == 28);
  CHECK(set->cols == 28);
  CHECK(set->labels[0] == 9);  // a boot
  CHECK(set->labels[1] == 2);  // a pullover
  auto const any = fashion::try_test_images(models);
  REQUIRE(any);
  CHECK((any->count == 1000 || any->count == 10000));
  CHECK(any->image(999).size() == 784);
  CHECK(any->labels[1] == 2);
}
