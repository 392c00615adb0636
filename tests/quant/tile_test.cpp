// SPDX-License-Identifier: Apache-2.0
//
// Scales for tiles of flattened axes: which rows share one, against coordinates computed here; what quantize makes of a
// tile, against the tile alone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace tile_test {

namespace {

namespace qo = quantize_oracle;
using lowp::extents;
using lowp::matrix_view;
using lowp::per_tile;

/// Frames, lines and positions of a tile; lines and positions of a frame.
struct shape {
  std::size_t t, y, x, h, w;
};

lowp::block_shape block_of(shape const& s) { return {s.t * s.h * s.w, 7, {s.y, s.x, s.h, s.w}}; }

/// The rows of each tile by coordinates, tiles in the order time, height, width.
std::vector<std::vector<std::size_t>> rows_of_tiles(shape const& s, std::size_t frames) {
  std::vector<std::vector<std::size_t>> all;
  for (std::size_t t0 = 0; t0 < frames; t0 += s.t) {
    for (std::size_t y0 = 0; y0 < s.h; y0 += s.y) {
      for (std::size_t x0 = 0; x0 < s.w; x0 += s.x) {
        std::vector<std::size_t> rows;
        for (std::size_t t = t0; t < std::min(frames, t0 + s.t); ++t) {
          for (std::size_t y = y0; y < std::min(s.h, y0 + s.y); ++y) {
            for (std::size_t x = x0; x < std::min(s.w, x0 + s.x); ++x) rows.push_back((t * s.h + y) * s.w + x);
          }
        }
        all.push_back(rows);
      }
    }
  }
  return all;
}

std::vector<float> part_of(qo::matrix const& x, std::vector<std::size_t> const& rows, std::size_t first,
                           std::size_t count) {
  std::vector<float> part;
  for (std::size_t const r : rows) {
    for (std::size_t c = first; c < first + count; ++c) part.push_back(x.at(r, c));
  }
  return part;
}

/// q against each of its tiles quantized alone by `alone`, a scheme with one scale.
void check_tiles(lowp::any_quantized_matrix const& q, lowp::any_scheme const& alone, qo::matrix const& x,
                 shape const& s, std::size_t frames, std::size_t width) {
  std::vector<float> values(x.rows * x.cols);
  lowp::dequantize_into(q, matrix_view<float>(values.data(), x.rows, x.cols));
  auto const tiles = rows_of_tiles(s, frames);
  REQUIRE(q.size().block_rows == tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    for (std::size_t j = 0; j * width < x.cols; ++j) {
      std::size_t const count = std::min(width, x.cols - j * width);
      auto const part = part_of(x, tiles[i], j * width, count);
      auto const expected = lowp::quantize(alone, {part.data(), tiles[i].size(), count}, lowp::nan::zero{});
      std::vector<float> back(part.size());
      lowp::dequantize_into(expected, matrix_view<float>(back.data(), tiles[i].size(), count));
      INFO("tile " << i << ", columns from " << j * width);
      std::size_t const at = i * q.size().block_cols + j;
      REQUIRE(q.scale_codes()[at] == expected.scale_codes()[0]);
      REQUIRE((q.zero_points().empty() || q.zero_points()[at] == expected.zero_points()[0]));
      std::size_t wrong = 0;
      for (std::size_t r = 0; r < tiles[i].size(); ++r) {
        for (std::size_t c = 0; c < count; ++c) {
          std::size_t const col = j * width + c;
          wrong += q.code(tiles[i][r], col) != expected.code(r, c) ? 1 : 0;
          wrong += qo::bits_of({values[tiles[i][r] * x.cols + col]}) != qo::bits_of({back[r * count + c]}) ? 1 : 0;
        }
      }
      REQUIRE(wrong == 0);
    }
  }
}

template <class S>
lowp::any_quantized_matrix by_type(qo::matrix const& x) {
  auto const q = lowp::quantize<S>(qo::view_of(x), lowp::nan::zero{});
  // Element access and the view agree with the tiles that as_any_quantized carries over.
  auto const any = lowp::as_any_quantized(q);
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) {
      std::size_t const row = q.block().block_row_of(i);
      if (lowp::scale::value(q.scale(i, j)) != any.block_scale(row, j / q.block().cols)) FAIL(i << ", " << j);
    }
  }
  // The typed way back.
  std::vector<float> a(x.rows * x.cols);
  std::vector<float> b(x.rows * x.cols);
  lowp::dequantize_into(q, matrix_view<float>(a.data(), x.rows, x.cols));
  lowp::dequantize_into(any, matrix_view<float>(b.data(), x.rows, x.cols));
  CHECK(qo::bits_of(a) == qo::bits_of(b));
  CHECK(lowp::as_quantized<S>(any).codes() == q.codes());
  return any;
}

}  // namespace

TEST_CASE("a tile's rows are those of its positions, each row in one tile") {
  for (shape const& s : {shape{1, 1, 1, 1, 1},
                         {2, 2, 3, 4, 6},
                         {5, 6, 10, 12, 20},
                         {3, 2, 4, 5, 7},
                         {1, 9, 9, 4, 5},
                         {4, 1, 5, 3, 5},
                         {2, 3, 1, 3, 8}}) {
    for (std::size_t const frames : {std::size_t{0}, std::size_t{1}, s.t, s.t + 1, 3 * s.t}) {
      auto const tiles = rows_of_tiles(s, frames);
      auto const block = block_of(s);
      std::size_t const rows = frames * s.h * s.w;
      INFO(s.t << "x" << s.y << "x" << s.x << "@" << s.h << "x" << s.w << ", " << frames << " frames");
      REQUIRE(block.block_rows(rows) == tiles.size());
      for (std::size_t i = 0; i < tiles.size(); ++i) {
        REQUIRE(block.first_row_of(i) == tiles[i][0]);
        std::vector<std::size_t> walked;
        block.for_each_row(i, rows, [&](std::size_t row) { walked.push_back(row); });
        REQUIRE(walked == tiles[i]);
        for (std::size_t const row : tiles[i]) REQUIRE(block.block_row_of(row) == i);
      }
    }
  }
  // Without a tile, as ever.
  lowp::block_shape const plain{3, 4};
  CHECK(plain.block_rows(7) == 3);
  CHECK(plain.block_row_of(6) == 2);
  CHECK(plain.first_row_of(2) == 6);
}

TEST_CASE("quantize in tiles equals each tile alone, at run time and by type") {
  shape const s{2, 2, 3, 5, 7};
  std::size_t const frames = 5;
  std::uint64_t seed = 1;
  for (auto const kind : {qo::data::bell, qo::data::outlier, qo::data::infinities, qo::data::nans, qo::data::zero}) {
    qo::matrix const x = qo::make_matrix(kind, frames * 35, 37, 40, seed++);
    for (char const* rest : {"e4m3fn/T/f32", "int4/T/bf16:mse1", "uint4/T/bf16:minmax", "e2m1fn/T/e8m0",
                             "int8/T/f32:p99", "float16/T/bf16:deviation"}) {
      std::string const text = rest;
      std::size_t const at = text.find('T');
      auto const with = [&](char const* g) { return text.substr(0, at) + g + text.substr(at + 1); };
      auto const alone = lowp::parse_scheme(with("tensor"));
      INFO(text);
      auto const scheme = lowp::parse_scheme(with("t2x2x3@5x7"));
      check_tiles(lowp::quantize(scheme, qo::view_of(x), lowp::nan::zero{}), alone, x, s, frames, 37);
      auto const heads = lowp::parse_scheme(with("t2x2x3x16@5x7"));
      check_tiles(lowp::quantize(heads, qo::view_of(x), lowp::nan::zero{}), alone, x, s, frames, 16);
    }
    auto const alone = lowp::parse_scheme("e4m3fn/tensor");
    check_tiles(by_type<lowp::scheme<lowp::e4m3fn, per_tile<extents<2, 2, 3>, extents<5, 7>>>>(x), alone, x, s, frames,
                37);
    using searched = lowp::scheme<lowp::int4, per_tile<extents<2, 2, 3, 16>, extents<5, 7>>,
                                  lowp::scale::mse<lowp::scale::norm::absolute, 100, 80, lowp::bfloat16>>;
    check_tiles(by_type<searched>(x), lowp::parse_scheme("int4/tensor/bf16:mse1"), x, s, frames, 16);
    using affine =
        lowp::scheme<lowp::uint4, per_tile<extents<2, 2, 3>, extents<5, 7>>, lowp::scale::minmax<lowp::bfloat16>>;
    check_tiles(by_type<affine>(x), lowp::parse_scheme("uint4/tensor/bf16:minmax"), x, s, frames, 37);
  }
}

TEST_CASE("tiles as the outer of two scales, and inside one") {
  qo::matrix const x = qo::make_matrix(qo::data::heavy_tail, 3 * 35, 48, 48, 9);
  // Blocks of a row in units of their tile's float: each tile is a matrix of its own.
  using nested = lowp::scheme<lowp::e2m1fn, lowp::per_group<16>,
                              lowp::scale::two_level<lowp::scale::clamped<lowp::scale::absmax<lowp::e4m3fn>>,
                                                     per_tile<extents<2, 2, 3>, extents<5, 7>>>>;
  auto const q = lowp::quantize<nested>(qo::view_of(x));
  auto const twin = lowp::quantize(lowp::parse_scheme("e2m1fn/g16/e4m3fn+f32:t2x2x3@5x7"), qo::view_of(x));
  CHECK(q.codes() == twin.codes());
  CHECK(q.outer_scales() == twin.outer_scales());
  auto const tiles = rows_of_tiles({2, 2, 3, 5, 7}, 3);
  REQUIRE(q.outer_scales().size() == tiles.size());
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    auto const part = part_of(x, tiles[t], 0, 48);
    auto const alone = lowp::quantize<lowp::nvfp4>({part.data(), tiles[t].size(), 48});
    REQUIRE(alone.outer_scales()[0] == q.outer_scales()[t]);
    for (std::size_t r = 0; r < tiles[t].size(); ++r) {
      for (std::size_t c = 0; c < 48; ++c) {
        REQUIRE(to_bits(alone.code(r, c)) == to_bits(q.code(tiles[t][r], c)));
        REQUIRE(to_bits(alone.scale(r, c)) == to_bits(q.scale(tiles[t][r], c)));
      }
    }
  }
  auto const inside = lowp::quantize(lowp::parse_scheme("int8/t2x2x3@5x7/e4m3fn+f32"), qo::view_of(x));
  CHECK(inside.outer_scales().size() == 1);
  CHECK(inside.size().scale_count == tiles.size());
  auto const cut = lowp::try_quantize(lowp::parse_scheme("int8/3x16/e4m3fn+f32:t2x2x3@5x7"), qo::view_of(x));
  REQUIRE(!cut);
  CHECK(cut.error().code() == lowp::error_code::shape);
}

TEST_CASE("rows that are no whole frames are refused before anything is written") {
  using S = lowp::scheme<lowp::int8, per_tile<extents<1, 2, 2>, extents<4, 4>>>;
  std::vector<float> const x(20 * 3, 1.0F);
  std::vector<std::uint8_t> codes(60, 0xa5);
  std::vector<float> scales(lowp::quantized_size::of<S>(20, 3).scale_count, -1.0F);
  auto const before = std::pair(codes, scales);
  try {
    lowp::quantize_into<S>({x.data(), 20, 3}, {20, 3, codes.data(), scales.data()});
    FAIL("20 rows are no frames of 16");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::shape);
    CHECK(e.argument() == "x");
    CHECK(e.axis() == 0);
    CHECK(e.index() == 20);
    CHECK(std::string(e.what()).find("4 x 4") != std::string::npos);
  }
  CHECK(std::pair(codes, scales) == before);
  auto const bad = lowp::try_quantize(lowp::as_any_scheme<S>(), {x.data(), 20, 3});
  REQUIRE(!bad);
  CHECK(bad.error().code() == lowp::error_code::shape);
}

TEST_CASE("tiles as text and in a slice") {
  for (char const* name : {"t5x6x10@30x52", "t*x1x1@1x9", "t1x2x3x64@4x4"}) {
    std::string const text = std::string("e4m3fn/") + name + "/f32:absmax";
    CHECK(lowp::name_of(lowp::parse_scheme(text)) == text);
  }
  for (char const* name : {"t", "t5", "t5x6x10", "t5x6x10@", "t5x6x10@30", "t5x6x10@30x", "t5x6@30x52", "t0x6x10@30x52",
                           "t5x6x10x@30x52", "t5x6x10x64x2@30x52", "tx6x10@30x52", "t1x1x1@2147483647x2"}) {
    CHECK_FALSE(lowp::try_parse_scheme(std::string("int8/") + name));
  }
  using S = lowp::scheme<lowp::int8, per_tile<extents<2, 2, 2>, extents<4, 5>>>;
  CHECK(lowp::name_of(lowp::as_any_scheme<S>()) == "int8/t2x2x2@4x5/f32:absmax");
  qo::matrix const x = qo::make_matrix(qo::data::bell, 5 * 20, 32, 32, 3);
  auto const q = lowp::quantize<S>(qo::view_of(x));
  CHECK(q.bits_per_element() == 8 + 3 * 6 * 32 / 3200.0);
  // A slice: from frame 2 on; not from frame 1.
  auto const part = lowp::slice_rows(q.view(), 40, 60);
  std::vector<float> all(100 * 32);
  std::vector<float> some(60 * 32);
  lowp::dequantize_into(q, matrix_view<float>(all.data(), 100, 32));
  lowp::dequantize_into(part, matrix_view<float>(some.data(), 60, 32));
  CHECK(std::equal(some.begin(), some.end(), all.begin() + 40 * 32));
  CHECK_THROWS_AS(lowp::slice_rows(q.view(), 20, 80), lowp::error);
}

}  // namespace tile_test
