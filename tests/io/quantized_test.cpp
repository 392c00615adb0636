// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <lowp/io/quantized.hpp>

#include "support/catch.hpp"

namespace quantized_test {

namespace {

namespace st = lowp::safetensors;

std::vector<float> numbers(std::size_t n) {
  std::vector<float> x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(static_cast<float>(static_cast<int>(i * 71 % 199) - 99) * 0.017F);
  return x;
}

bool same(lowp::any_quantized_matrix const& a, lowp::any_quantized_matrix const& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && a.codes() == b.codes() && a.scale_codes() == b.scale_codes() &&
         a.outer_scales() == b.outer_scales() && a.zero_points() == b.zero_points() &&
         a.offset_codes() == b.offset_codes();
}

/// A file with one matrix, whose parts and description the caller may spoil.
struct parts {
  std::vector<st::tensor> tensors;
  st::metadata_list metadata;
  std::vector<std::vector<std::byte>> storage;

  st::file file() const {
    static std::vector<std::byte> bytes;
    bytes = st::serialize(tensors, metadata);
    return st::parse(bytes);
  }
  lowp::error_code failure(std::string const& words) const {
    auto const f = file();
    auto const q = st::try_load_quantized(f, "w");
    REQUIRE_FALSE(q);
    INFO(q.error().what());
    CHECK(std::string(q.error().what()).find(words) != std::string::npos);
    return q.error().code();
  }
};

}  // namespace

TEST_CASE("every recipe comes back from a file as it went in") {
  std::vector<float> const x = numbers(5 * 172);
  for (auto const& entry : lowp::scheme_catalog()) {
    INFO(entry.name);
    auto const q = lowp::quantize(entry.scheme, {x.data(), 5, 172});
    st::quantized_writer writer;
    writer.add("a", q);
    writer.add("b", lowp::quantize(entry.scheme, {x.data(), 0, 172}));
    auto const bytes = writer.serialize();
    auto const file = st::parse(bytes);
    CHECK(st::quantized_names(file) == std::vector<std::string>{"a", "b"});
    CHECK(same(st::load_quantized(file, "a"), q));
    CHECK(st::load_quantized(file, "b").rows() == 0);
  }
  // More than eight bits, and scales in a type that files have no name for.
  for (char const* text : {"bfloat16/row", "float16/g32/bf16", "int4/g32/ue4m3", "int8/g16/binary8p3se"}) {
    INFO(text);
    auto const q = lowp::quantize(lowp::parse_scheme(text), {x.data(), 5, 172});
    st::quantized_writer writer;
    writer.add("a", q);
    auto const bytes = writer.serialize();
    CHECK(same(st::load_quantized(st::parse(bytes), "a"), q));
  }
  // Scales that are negative, NaN, 0 or the least of their type, where the scheme may store such; and tiles.
  std::vector<float> special = x;
  special[3] = std::numeric_limits<float>::quiet_NaN();
  std::fill_n(special.begin() + 172, 64, 0.0F);
  for (char const* text :
       {"int4/g32/bf16:signed", "e2m1fn/g32/e8m0:nan-block:zero-least", "e4m3fn/g32/f32:nan-block:zero-least",
        "e2m1fn/g16/e4m3fn:nan-block:zero-zero+f32", "int8/t1x1x2x30@1x5/f16"}) {
    INFO(text);
    auto const q = lowp::quantize(lowp::parse_scheme(text), {special.data(), 5, 172}, lowp::nan::zero{});
    st::quantized_writer writer;
    writer.add("a", q);
    auto const bytes = writer.serialize();
    CHECK(same(st::load_quantized(st::parse(bytes), "a"), q));
    // A scheme that stores no such scale refuses them.
    auto metadata = writer.metadata();
    std::string& described = metadata[0].second;
    std::size_t const flags = described.find(":nan-block");
    if (flags != std::string::npos) {
      described.erase(flags, std::min(described.find('+'), described.find(' ')) - flags);
      auto const spoilt = st::serialize(writer.tensors(), metadata);
      auto const file = st::parse(spoilt);
      auto const refused = st::try_load_quantized(file, "a");
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == lowp::error_code::value);
    }
  }
}

TEST_CASE("a matrix of a scheme type goes through a file and comes back as that type, or as no other") {
  std::vector<float> const x = numbers(3 * 100);
  auto const q = lowp::quantize<lowp::nvfp4>({x.data(), 3, 100});
  st::quantized_writer writer;
  writer.add("w", q);
  auto const bytes = writer.serialize();
  auto const any = st::load_quantized(st::parse(bytes), "w");
  auto const back = lowp::as_quantized<lowp::nvfp4>(any);
  CHECK(back.codes() == q.codes());
  CHECK(back.scales() == q.scales());
  CHECK(back.outer_scales() == q.outer_scales());
  CHECK_THROWS_AS(lowp::as_quantized<lowp::mxfp4>(any), lowp::error);
  CHECK_THROWS_AS(lowp::as_quantized<lowp::nvfp4_ue5m3>(any), lowp::error);
  CHECK_THROWS_AS(
      (lowp::as_quantized<lowp::scheme<lowp::e2m1fn, lowp::per_group<16>, lowp::scale::absmax<lowp::e4m3fn>>>(any)),
      lowp::error);
  auto const affine = lowp::quantize<lowp::int4_g32_affine>({x.data(), 3, 100});
  auto const again = lowp::as_quantized<lowp::int4_g32_affine>(lowp::as_any_quantized(affine));
  CHECK(again.zero_points() == affine.zero_points());
  CHECK(again.codes() == affine.codes());
}

TEST_CASE("a file that does not hold together is refused, part by part") {
  std::vector<float> const x = numbers(4 * 64);
  st::quantized_writer writer;
  writer.add("w", lowp::quantize(lowp::parse_scheme("uint4/g32/f16:minmax"), {x.data(), 4, 64}));
  parts const good{writer.tensors(), writer.metadata(), {}};
  REQUIRE(st::try_load_quantized(good.file(), "w"));
  auto const f = good.file();
  CHECK(st::try_load_quantized(f, "v").error().code() == lowp::error_code::name);

  for (std::size_t k = 0; k < 3; ++k) {
    parts bad = good;
    bad.tensors.erase(bad.tensors.begin() + static_cast<std::ptrdiff_t>(k));
    CHECK(bad.failure("the file has no tensor w.") == lowp::error_code::name);
    bad = good;
    bad.tensors[k].shape = {bad.tensors[k].shape[1], bad.tensors[k].shape[0]};
    CHECK(bad.failure("expected") == lowp::error_code::shape);
  }
  for (char const* text :
       {"uint4/g32/f16:minmax", "uint4/g32/f16:minmax 4", "uint4/g32/f16:minmax 4x", "4x64", "uint4/g32/f16:minmax x64",
        "uint4/g32/f16:minmax -4x64", "", "uint4/g32/f16:minmax 4x64x1"}) {
    parts bad = good;
    bad.metadata[0].second = text;
    auto const file = bad.file();
    INFO(text);
    CHECK_FALSE(st::try_load_quantized(file, "w"));
  }
  // Another size than the parts have, and sizes that nothing could hold.
  for (char const* text : {"uint4/g32/f16:minmax 4x63", "uint4/g32/f16:minmax 5x64", "uint4/g31/f16:minmax 4x64",
                           "uint4/g32/bf16:minmax 4x64", "uint4/g32/f16:minmax 2147483647x2147483647"}) {
    parts bad = good;
    bad.metadata[0].second = text;
    auto const file = bad.file();
    auto const q = st::try_load_quantized(file, "w");
    INFO(text);
    // 63 columns take as many bytes and blocks as 64.
    CHECK(q.has_value() == (std::string(text).find("4x63") != std::string::npos));
  }
  // Scales that are none, zero points that the format does not have.
  parts bad = good;
  bad.storage.emplace_back(bad.tensors[1].data.begin(), bad.tensors[1].data.end());
  bad.storage.back()[2] = std::byte{0};
  bad.storage.back()[3] = std::byte{0x7c};  // infinity
  bad.tensors[1].data = bad.storage.back();
  CHECK(bad.failure("scale 1 is no positive normal") == lowp::error_code::value);
  bad = good;
  bad.storage.emplace_back(8, std::byte{16});
  bad.tensors[2].data = bad.storage.back();
  CHECK(bad.failure("zero point 0 is no code") == lowp::error_code::value);
}

}  // namespace quantized_test
